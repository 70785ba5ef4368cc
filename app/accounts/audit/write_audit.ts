import type { HttpContext } from '@adonisjs/core/http'
import { uuidv7 } from 'uuidv7'
import { sentFields } from '#admin/notices'
import { isStaff, type SignedIn } from '#contracts/actor'
import { accounts } from '../database.ts'

/** Maximum length of the stored input, in characters. */
const MOST_DETAIL = 4_000
/** Maximum length of an object's id, because an index holds it. */
const MOST_THING = 200

/** Stores an entry before the action. @returns the id of the entry */
export async function beginEntry(ctx: HttpContext): Promise<string> {
  const [thing] = Object.values<string>(ctx.params)
  const detail = detailOf(ctx.request.body())
  return insert(ctx, ctx.account, { thing: thing === undefined ? null : named(thing), detail })
}

/** Adds the status, and the canonical object if the handler has set one. */
export async function endEntry(ctx: HttpContext, id: string) {
  const status = ctx.refusedWith ?? ctx.response.getStatus()
  const [thing, ...also] = [ctx.auditSubject ?? []].flat().map(named)
  const things = thing === undefined ? {} : { thing, also: also.length > 0 ? also : null }
  await accounts()
    .from('audit_entries')
    .where('id', id)
    .update({ status, ...things })
}

/** Audits a sign-in or sign-out of staff, without the input, which holds passwords. */
export async function auditSignIn(
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

function named(thing: string) {
  return textual(thing.slice(0, MOST_THING))
}

/** A URL may contain characters that PostgreSQL text cannot hold. */
function textual(text: string) {
  return text.replaceAll('\0', '').toWellFormed()
}

function detailOf(sent: Record<string, unknown> = {}) {
  const detail = JSON.stringify(sentFields(sent))
  return storable(
    detail.length <= MOST_DETAIL ? detail : JSON.stringify({ begins: detail.slice(0, MOST_DETAIL) })
  )
}

/** PostgreSQL's jsonb cannot hold NUL and lone surrogates, which JSON writes as escapes. */
function storable(json: string) {
  return json.replaceAll(/\\(\\|u0000|ud[89a-f][\da-f]{2})/g, (escape) =>
    escape === '\\\\' ? escape : '\\ufffd'
  )
}
