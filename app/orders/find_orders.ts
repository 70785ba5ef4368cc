/*
 * Reading orders. `customerId` alone decides who may see one, never the e-mail.
 */
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { idAfter, invalidCursor, type Page } from '#http/pages'
import { orderColumns, ownerFilter, readOrder, recordOf, type OrderRecord } from './models/order.ts'
import type { StepRow } from './models/step_row.ts'

/** @throws Problem 404, also when it is another customer's */
export async function findOrder(id: string, reader: SignedIn): Promise<OrderRecord> {
  return readOrder(orders(), id, reader)
}

/** Newest first: ids are UUIDv7. One row more than the page holds. */
export async function listOrders(reader: SignedIn, page: Page): Promise<OrderRecord[]> {
  const after = idAfter(page)
  const owner = ownerFilter(reader)
  const rows: Record<string, unknown>[] = await orders()
    .from('orders')
    .select(orders().raw(orderColumns))
    .if(owner, (query) => query.where('customer_id', owner!))
    .if(after, (query) => query.where('id', '<', after!))
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  return rows.map(recordOf)
}

/** Oldest first, as they happened. */
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

/** The highest id of any step. */
export async function newestStep(): Promise<number> {
  const [{ id }] = await orders().from('timeline_steps').max('id as id')
  return id ?? 0
}

function orders() {
  return db.connection('orders')
}
