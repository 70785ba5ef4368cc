/*
 * Reading orders. `customerId` alone decides who may see one, never the e-mail.
 */
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#http/fields'
import { idAfter, invalidCursor, type Page } from '#http/pages'
import { notFound } from '#http/problem'
import Order from './models/order.ts'
import type { StepRow } from './transformers/step_body.ts'

/** @throws Problem 404, also when it is another customer's */
export async function findOrder(id: string, reader: SignedIn): Promise<Order> {
  const order = isUuid(id) ? await visibleTo(reader).where('id', id).preload('lines').first() : null
  if (!order) throw notFound('order')
  return order
}

/** Newest first: ids are UUIDv7. One row more than the page holds. */
export async function listOrders(reader: SignedIn, page: Page): Promise<Order[]> {
  const after = idAfter(page)
  const query = visibleTo(reader)
    .preload('lines')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  return after ? query.where('id', '<', after) : query
}

/** Oldest first, as they happened. */
export async function listSteps(order: Order, { limit, after }: Page): Promise<StepRow[]> {
  const sequence = after?.[0] ?? '0'
  if (!/^\d{1,9}$/.test(sequence)) throw invalidCursor()
  return db
    .connection('orders')
    .from('timeline_steps')
    .where('order_id', order.id)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(limit + 1)
}

function visibleTo({ role, id }: SignedIn) {
  return role === 'customer' ? Order.query().where('customer_id', id) : Order.query()
}
