import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpContext } from '@adonisjs/core/http'
import { mailDir } from '#config/mail'
import { notFound } from '#http/problem'
import type { FiledMail } from '#mail/file_transport'

const NEWEST = 100

/** Mails that were written to files instead of sent, for development. */
export default class DevMailsController {
  async index({ view }: HttpContext) {
    const files = await readdir(mailDir).catch(() => [] as string[])
    const newest = files
      .filter((name) => name.endsWith('.json'))
      .sort()
      .reverse()
      .slice(0, NEWEST)
    const mails = await Promise.all(newest.map((name) => readMail(name.slice(0, -'.json'.length))))
    return view.render('operations::dev_mails', { mails, mailDir })
  }

  async show({ params, response }: HttpContext) {
    const mail = await readMail(params.id)
    response.header(
      'content-security-policy',
      `default-src 'none'; style-src 'unsafe-inline'; sandbox`
    )
    return response.header('content-type', 'text/html; charset=utf-8').send(mail.html)
  }

  async text({ params, response }: HttpContext) {
    const mail = await readMail(params.id)
    return response.header('content-type', 'text/plain; charset=utf-8').send(mail.text)
  }
}

/** @throws Problem 404 */
async function readMail(id: string): Promise<FiledMail> {
  if (!/^[\w.-]+$/.test(id)) throw notFound('mail')
  const content = await readFile(join(mailDir, `${id}.json`), 'utf8').catch(() => {
    throw notFound('mail')
  })
  return JSON.parse(content)
}
