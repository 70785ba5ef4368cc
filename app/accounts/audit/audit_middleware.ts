import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import { sentFields } from '#admin/notices'

/** Of what was sent, in characters: enough to tell what it was about. */
const MOST_DETAIL = 4_000
/** An index holds it. */
const MOST_THING = 200

/**
 * Writes down what people of the staff do, by page or by API. The row is there before the act, so that no
 * act is without one; how it ended is added after it.
 */
export default class AuditMiddleware {
  async handle(ctx: HttpContext, next: NextFn) {
    const { account, request, response } = ctx
    const isStaff = account && ['clerk', 'operator', 'admin'].includes(account.role)
    if (!isStaff || ['GET', 'HEAD'].includes(request.method())) return next()
    const id = uuidv7()
    await accounts()
      .table('audit_entries')
      .insert({ id, ...whoDoesWhat(ctx) })
    try {
      return await next()
    } finally {
      const status = ctx.refusedWith ?? response.getStatus()
      await accounts().from('audit_entries').where('id', id).update({ status })
    }
  }
}

function accounts() {
  return db.connection('accounts')
}

function whoDoesWhat({ account, params, request, route }: HttpContext) {
  return {
    account_id: account.id,
    account_name: account.name,
    role: account.role,
    act: route!.name,
    path: textual(request.url()),
    thing: thingOf(params),
    detail: detailOf(request.body()),
    address: request.ip(),
    request_id: request.id(),
  }
}

/** The first that the address names; what else it names is in the path. */
function thingOf(params: Record<string, string>) {
  const [thing] = Object.values(params)
  return thing === undefined ? null : textual(thing.slice(0, MOST_THING))
}

/** An address may hold what PostgreSQL cannot hold in text. */
function textual(text: string) {
  return text.replaceAll('\0', '').toWellFormed()
}

function detailOf(sent: Record<string, unknown> = {}) {
  const detail = JSON.stringify(sentFields(sent))
  return storable(
    detail.length <= MOST_DETAIL ? detail : JSON.stringify({ begins: detail.slice(0, MOST_DETAIL) })
  )
}

/** What it cannot hold in jsonb, NUL and half a surrogate pair, JSON writes as an escape. */
function storable(json: string) {
  return json.replaceAll(/\\(\\|u0000|ud[89a-f][\da-f]{2})/g, (escape) =>
    escape === '\\\\' ? escape : '\\ufffd'
  )
}
