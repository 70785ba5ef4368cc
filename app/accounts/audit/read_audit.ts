/*
 * Audit entries, newest first. Ids are UUIDv7, so a time is a position in the order of the ids.
 */
import { auditNamesOf } from '#admin/audit_labels'
import type { Slice } from '#admin/pagination'
import { isUuid } from '#runtime/uuid'
import { invalidCursor } from '#http/pagination'
import { firstIdAt } from '#postgres/run'
import { accounts } from '../database.ts'

export interface AuditRow {
  id: string
  at: Date
  account_id: string
  account_name: string
  role: string
  /** Route name. */
  act: string
  path: string
  thing: string | null
  /** Further objects of an action on several. */
  also: string[] | null
  detail: Record<string, unknown>
  address: string
  request_id: string
  /** HTTP status; null while in progress, or if the process crashed. */
  status: number | null
}

export interface AuditFilter {
  person?: string
  acts?: string[]
  thing?: string
  from?: Date
  before?: Date
}

/** Up to `limit` + 1 rows in the direction of the slice. @throws Problem 422 `invalid_cursor` */
export async function readAudit(
  { person, acts, thing, from: since, before }: AuditFilter,
  { from, backwards, limit }: Slice
): Promise<AuditRow[]> {
  const query = accounts()
    .from('audit_entries')
    .orderBy('id', backwards ? 'asc' : 'desc')
    .limit(limit + 1)
  if (person) query.where('account_id', person)
  if (acts) query.whereIn('act', acts)
  if (thing) query.whereRaw('(thing = ? or also @> array[?]::text[])', [thing, thing])
  if (since) query.where('id', '>=', firstIdAt(since.getTime()))
  if (before) query.where('id', '<', firstIdAt(before.getTime()))
  if (from) {
    if (!isUuid(from[0])) throw invalidCursor()
    query.where('id', backwards ? '>' : '<', from[0])
  }
  return query
}

/** Staff to filter by, in alphabetical order, up to 500. */
export async function listStaff(): Promise<{ id: string; name: string }[]> {
  return accounts()
    .from('accounts')
    .whereRaw(`role in ('clerk', 'operator', 'admin') and role <> 'customer'`)
    .orderByRaw('lower(name), id')
    .limit(500)
    .select('id', 'name')
}

/** The names of the accounts, and of the objects that modules name, among these ids. */
export async function namesOf(things: (string | null)[]): Promise<Map<string, string>> {
  const ids = things.filter((thing): thing is string => thing !== null && isUuid(thing))
  const [named, rows] = await Promise.all([
    auditNamesOf(ids),
    accounts()
      .from('accounts')
      .whereIn('id', [...new Set(ids)])
      .select('id', 'name'),
  ])
  return new Map([...named, ...rows.map(({ id, name }): [string, string] => [id, name])])
}
