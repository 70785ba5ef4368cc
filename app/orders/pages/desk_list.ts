/*
 * The list of orders as the desk reads it.
 */
import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import type { Infer } from '@vinejs/vine/types'
import type { Slice } from '#admin/slices'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#http/fields'
import { invalidCursor } from '#http/pages'
import { run } from '#messaging/sql'
import { filteredOrders, type OrderFilters } from '../find_orders.ts'
import { recordOf, type OrderRecord } from '../models/order.ts'
import { STATUSES, type Status } from '../order_status.ts'
import { counted, MOST } from './counted.ts'
import type { deskFilterValidator } from './validators.ts'

export type DeskFilter = Infer<typeof deskFilterValidator>

/** Up to `limit` + 1 rows in the direction of the slice, forwards towards the oldest. */
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

/** Days are those of the person who asks. */
async function filtersOf({ q, status, attention, fulfilled, from, to }: DeskFilter, zone: string) {
  const midnight = (day: string) => DateTime.fromISO(day, { zone })
  const filters: OrderFilters = {
    status: status && [status],
    attention: attention && true,
    placedAfter: from ? midnight(from).toJSDate() : undefined,
    placedBefore: to ? midnight(to).plus({ days: 1 }).toJSDate() : undefined,
    fulfilledAfter: fulfilled ? midnight(fulfilled).toJSDate() : undefined,
    fulfilledBefore: fulfilled ? midnight(fulfilled).plus({ days: 1 }).toJSDate() : undefined,
  }
  return q && !isUuid(q) ? { ...filters, ...(await meantBy(q)) } : filters
}

/** What somebody types into the one field: a number, an e-mail, a reference, or an SKU; the first that there is. */
async function meantBy(q: string): Promise<OrderFilters> {
  if (/^Q-\d{1,15}$/i.test(q)) return { number: q }
  if (q.includes('@')) return { email: q }
  const number = /^\d{1,15}$/.test(q) ? q : null
  const orders = db.connection('orders')
  const there = (column: string, value: string | null) =>
    orders.from('orders').where(column, value!).limit(1)
  const [numbered, referred] = await Promise.all([
    number ? there('number', number) : [],
    there('reference', q),
  ])
  if (numbered.length > 0) return { number: q }
  return referred.length > 0 ? { reference: q } : { sku: q.toUpperCase() }
}

export type DeskCounts = Record<Status | 'all' | 'attention', number>

/** Of all orders; exact up to 10,000, then one more than that. */
export async function countOrders(): Promise<DeskCounts> {
  const [counts] = await run<DeskCounts>(db.connection('orders'), countStatement, [])
  const all = STATUSES.reduce((sum, status) => sum + counts[status], 0)
  return { ...counts, all: Math.min(all, MOST) }
}

const countStatement = {
  name: 'desk_counts',
  text: `select ${counted('attention', 'attention')},
    ${STATUSES.map((status) => counted(status, `status = '${status}'`)).join(', ')}`,
}
