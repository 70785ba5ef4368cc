/*
 * The list of orders for staff.
 */
import db from '@adonisjs/lucid/services/db'
import type { Infer } from '@vinejs/vine/types'
import type { Slice } from '#admin/pagination'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { timesOfDays } from '#http/list_parameters'
import { invalidCursor } from '#http/pagination'
import { COUNT_LIMIT } from '#postgres/bounded_count'
import { filteredOrders, likeReference, type OrderFilters } from '../../queries/find_orders.ts'
import { recordOf, type OrderRecord } from '../../store/order.ts'
import { STATUSES } from '../../order_state_machine.ts'
import { countOrders, countOrdersWithWaitingMail } from '../../store/order_counts.ts'
import type { deskFilterValidator } from '../validators.ts'

export type DeskFilter = Infer<typeof deskFilterValidator>

/** Up to `limit` + 1 rows in the direction of the slice; forwards means from newest to oldest. */
export async function listForDesk(
  reader: SignedIn,
  filter: DeskFilter,
  { from, backwards, limit }: Slice,
  zone: string
): Promise<OrderRecord[]> {
  const { q } = filter
  const query = filteredOrders(reader, await filtersOf(filter, zone))
  if (q && isUuid(q)) query.where('id', q)
  if (from) {
    if (!isUuid(from[0])) throw invalidCursor()
    query.where('id', backwards ? '>' : '<', from[0])
  }
  const rows: Record<string, unknown>[] = await query
    .orderBy('id', backwards ? 'asc' : 'desc')
    .limit(limit + 1)
  return rows.map(recordOf)
}

/** At most this many new orders are counted. */
export const NEW_LIMIT = 100

/** The number of orders of a list that are newer than `since`, an order id; up to `NEW_LIMIT`. */
export async function countNewer(
  reader: SignedIn,
  filter: DeskFilter,
  since: string,
  zone: string
): Promise<number> {
  const query = filteredOrders(reader, await filtersOf(filter, zone))
  const newer = await query.clearSelect().select('id').where('id', '>', since).limit(NEW_LIMIT)
  return newer.length
}

async function filtersOf(
  { q, status, attention, mail, fulfilled, from, to }: DeskFilter,
  zone: string
) {
  const placed = timesOfDays(from, to, zone)
  const shipped = timesOfDays(fulfilled, fulfilled, zone)
  const filters: OrderFilters = {
    status: status && [status],
    attention: attention && true,
    mailWaits: mail && true,
    placedAfter: placed.from,
    placedBefore: placed.before,
    fulfilledAfter: shipped.from,
    fulfilledBefore: shipped.before,
  }
  return q && !isUuid(q) ? { ...filters, ...(await filtersFor(q)) } : filters
}

/** Interprets a search text as a number, an e-mail, a reference or an SKU, whichever matches first. */
async function filtersFor(q: string): Promise<OrderFilters> {
  if (/^Q-\d{1,15}$/i.test(q)) return { number: q }
  if (q.includes('@')) return { email: q }
  const number = /^\d{1,15}$/.test(q) ? q : null
  const orders = db.connection('orders')
  const [numbered, referred] = await Promise.all([
    number ? orders.from('orders').where({ number }).limit(1) : [],
    orders.from('orders').whereRaw(likeReference, [q]).limit(1),
  ])
  if (numbered.length > 0) return { number: q }
  return referred.length > 0 ? { referenceLike: q } : { sku: q.toUpperCase() }
}

/** The number of all orders and of each list, each up to `COUNT_LIMIT`. */
export async function countLists() {
  const [counts, mail] = await Promise.all([countOrders(), countOrdersWithWaitingMail()])
  const all = STATUSES.reduce((sum, status) => sum + counts[status], 0)
  return { ...counts, mail, all: Math.min(all, COUNT_LIMIT) }
}
