import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpContext, HttpRequest as Request } from '@adonisjs/core/http'
import { mailDir } from '#config/mail'
import { notFound } from '#http/problem'
import type { FiledMail } from '#mail/file_transport'

const NEWEST = 100

/** `localhost` and loopback addresses, with an optional port. Pages of other names could be an attacker's (DNS rebinding). */
const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i
const LOCAL_ADDRESS = /^(::ffff:)?127\.|^::1$/
const PASSED_ON = ['x-forwarded-for', 'forwarded', 'via']

/** The token signs in as the invited person. */
const INVITATION = /(\/admin\/invitation\?token=)[^\s"'<]+/g

/**
 * Mails that were written to files instead of sent, for development. Another Host than localhost gets 404. Who does not
 * connect from this machine sees no invitation links.
 */
export default class DevMailsController {
  async index({ request, view }: HttpContext) {
    assertLocalHost(request)
    const files = await readdir(mailDir).catch(() => [] as string[])
    const newest = files
      .filter((name) => name.endsWith('.json'))
      .sort()
      .reverse()
      .slice(0, NEWEST)
    const mails = await Promise.all(newest.map((name) => readMail(name.slice(0, -'.json'.length))))
    return view.render('operations::dev_mails', { mails, mailDir })
  }

  async show({ params, request, response }: HttpContext) {
    assertLocalHost(request)
    const mail = await readMail(params.id)
    response.header(
      'content-security-policy',
      `default-src 'none'; style-src 'unsafe-inline'; sandbox`
    )
    return response
      .header('content-type', 'text/html; charset=utf-8')
      .send(shown(mail.html, request))
  }

  async text({ params, request, response }: HttpContext) {
    assertLocalHost(request)
    const mail = await readMail(params.id)
    return response
      .header('content-type', 'text/plain; charset=utf-8')
      .send(shown(mail.text, request))
  }
}

/** @throws Problem 404 */
function assertLocalHost(request: Request) {
  if (!LOCAL_HOST.test(request.header('host') ?? '')) throw notFound('page')
}

function shown(content: string, request: Request) {
  const isPassedOn = PASSED_ON.some((name) => request.header(name))
  const isLocal = !isPassedOn && LOCAL_ADDRESS.test(request.request.socket.remoteAddress ?? '')
  return isLocal ? content : content.replace(INVITATION, '$1hidden')
}

/** @throws Problem 404 */
async function readMail(id: string): Promise<FiledMail> {
  if (!/^[\w.-]+$/.test(id)) throw notFound('mail')
  const content = await readFile(join(mailDir, `${id}.json`), 'utf8').catch(() => {
    throw notFound('mail')
  })
  return JSON.parse(content)
}
