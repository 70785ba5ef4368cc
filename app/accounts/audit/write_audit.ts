import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import { sentFields } from '#admin/notices'
import { isStaff, type SignedIn } from '#contracts/actor'

/** Of what was sent, in characters: enough to tell what it was about. */
const MOST_DETAIL = 4_000
/** An index holds it. */
const MOST_THING = 200

/** Before the act, so that none is without a row. @returns the id of the row */
export async function writeDown(ctx: HttpContext): Promise<string> {
  const [thing] = Object.values<string>(ctx.params)
  const detail = detailOf(ctx.request.body())
  return insert(ctx, ctx.account, { thing: thing === undefined ? null : named(thing), detail })
}

/** How it ended, and what it was done to where the act has said so: by then that has the name that counts. */
export async function writeDownTheEnd(ctx: HttpContext, id: string) {
  const status = ctx.refusedWith ?? ctx.response.getStatus()
  const [thing, ...also] = [ctx.thing ?? []].flat().map(named)
  const things = thing === undefined ? {} : { thing, also: also.length > 0 ? also : null }
  await accounts()
    .from('audit_entries')
    .where('id', id)
    .update({ status, ...things })
}

/**
 * That somebody of the staff comes, or goes. Nothing of a customer is written down. What was sent is not:
 * these forms hold passwords.
 */
export async function writeDownPassage(
  ctx: HttpContext,
  account: Pick<SignedIn, 'id' | 'name' | 'role'>,
  status: number
) {
  if (isStaff(account.role)) await insert(ctx, account, { thing: account.id, detail: '{}', status })
}

async function insert(
  { request, route }: HttpContext,
  account: Pick<SignedIn, 'id' | 'name' | 'role'>,
  more: { thing: string | null; detail: string; status?: number }
) {
  const id = uuidv7()
  await accounts()
    .table('audit_entries')
    .insert({
      ...{ id, account_id: account.id, account_name: account.name, role: account.role },
      ...{ act: route!.name, path: textual(request.url()), ...more },
      ...{ address: request.ip(), request_id: request.id() },
    })
  return id
}

function accounts() {
  return db.connection('accounts')
}

function named(thing: string) {
  return textual(thing.slice(0, MOST_THING))
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
