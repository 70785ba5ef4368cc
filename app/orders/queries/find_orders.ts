/*
 * Reads orders. Access depends on `customerId`, never on the e-mail.
 */
import db from '@adonisjs/lucid/services/db'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import { idAfter, invalidCursor, type Page } from '#http/pagination'
import { notFound } from '#http/problem'
import { IS_WAITING } from '#mail/operators/mail_lists'
import { firstIdAt } from '#postgres/run'
import { orderColumns, ownerFilter, readOrder, recordOf, type OrderRecord } from '../store/order.ts'
import type { StepRow } from '../store/timeline.ts'
import type { orderListParameters } from './list_parameters.ts'

/** @throws Problem 404, also for another customer's order */
export async function findOrder(id: string, reader: SignedIn): Promise<OrderRecord> {
  return existing(await readOrder(orders(), id, reader))
}

/** @throws Problem 404 if the order was not found */
export function existing(order: OrderRecord | null): OrderRecord {
  if (!order) throw notFound('order')
  return order
}

export type OrderFilters = Omit<Infer<typeof orderListParameters>, 'limit' | 'cursor'> & {
  /** A reference; case, accents and kinds of whitespace are ignored. */
  referenceLike?: string
  fulfilledAfter?: Date
  fulfilledBefore?: Date
  /** Orders with a mail that is late or held. */
  mailWaits?: boolean
}

/** The orders with these ids, in the order of the ids; unknown ids are skipped. For staff. */
export async function findOrders(ids: string[]): Promise<OrderRecord[]> {
  const rows: Record<string, unknown>[] = await orders()
    .from('orders')
    .select(orders().raw(orderColumns))
    .whereIn('id', ids)
  const found = new Map(rows.map((row) => [row.id, recordOf(row)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** Newest first, because ids are UUIDv7. Returns one row more than the page holds, if there are more. */
export async function listOrders(
  reader: SignedIn,
  page: Page<OrderFilters>
): Promise<OrderRecord[]> {
  const after = idAfter(page)
  const query = filteredOrders(reader, page.filters)
  if (after) query.where('id', '<', after)
  const rows: Record<string, unknown>[] = await query.orderBy('id', 'desc').limit(page.limit + 1)
  return rows.map(recordOf)
}

/** A query for rows of `recordOf`, unordered. */
export function filteredOrders(reader: SignedIn, filters: OrderFilters) {
  const owner = ownerFilter(reader)
  const { status, customerId, email, number, reference, referenceLike, sku, attention } = filters
  const { placedAfter, placedBefore, updatedAfter, fulfilledAfter, fulfilledBefore } = filters
  const { mailWaits } = filters
  const query = orders().from('orders').select(orders().raw(orderColumns))
  if (owner) query.where('customer_id', owner)
  if (status) query.whereIn('status', status)
  if (customerId) query.where('customer_id', customerId)
  if (email) query.whereRaw('lower(email) = lower(?)', [email])
  if (number) query.where('number', number.replace(/^Q-/i, ''))
  if (reference) query.whereRaw(hasReference, { reference })
  if (referenceLike) query.whereRaw(likeReference, [referenceLike])
  if (sku) query.whereRaw(`id in (${ordersWith})`, [sku]).whereRaw(linesHold, [sku])
  if (attention !== undefined) query.whereRaw(attention ? 'attention' : 'not attention')
  if (mailWaits) query.whereRaw(`id in (${ordersWithWaitingMail})`)
  if (placedAfter)
    query.where('placed_at', '>=', placedAfter).where('id', '>', idAt(placedAfter, -1))
  if (placedBefore)
    query.where('placed_at', '<', placedBefore).where('id', '<', idAt(placedBefore, 1))
  if (updatedAfter) query.where('updated_at', '>=', updatedAfter)
  if (fulfilledAfter) query.where('fulfilled_at', '>=', fulfilledAfter)
  if (fulfilledBefore) query.where('fulfilled_at', '<', fulfilledBefore)
  return query
}

/** Must match the expression of the index. */
export const likeReference = 'reference is not null and search_text(reference) = search_text(?)'

/** Earlier releases stored references without Unicode normalization. */
const hasReference = `reference is not null and search_text(reference) = search_text(:reference)
  and normalize(reference, NFC) = normalize(:reference, NFC)`

const ordersWithWaitingMail = `select order_id from notifications where ${IS_WAITING}`

/** Implied by `linesHold`; lets PostgreSQL start from the lines if few orders have the SKU. */
const ordersWith = 'select order_id from order_lines where sku = ?'

/** The SKU is among the lines in force or the requested lines. */
const linesHold = /* sql */ `
  exists (
    select from order_lines as line
    where line.order_id = orders.id and line.sku = ? and (
      line.revision = coalesce(held_revision, (select max(revision) from order_lines where order_id = orders.id))
      or (status in ('pending', 'updating') and line.revision = orders.revision)))`

/** Ids begin with a timestamp, so a range of ids with a tolerance for clock skew can use the primary key. */
const CLOCK_SKEW_MS = 60_000

function idAt(time: Date, direction: 1 | -1) {
  return firstIdAt(time.getTime() + direction * CLOCK_SKEW_MS)
}

/** Oldest first. Returns one row more than the page holds, if there are more. */
export async function listSteps(order: OrderRecord, { limit, after }: Page): Promise<StepRow[]> {
  const sequence = after?.[0] ?? '0'
  if (!/^\d{1,9}$/.test(sequence)) throw invalidCursor()
  return orders()
    .from('timeline_steps')
    .where('order_id', order.id)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(limit + 1)
}

/** The highest id of any step; 0 if there are none. */
export async function newestStep(): Promise<number> {
  const [{ id }] = await orders().from('timeline_steps').max('id as id')
  return id ?? 0
}

function orders() {
  return db.connection('orders')
}
