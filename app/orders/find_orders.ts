/*
 * Reading orders. `customerId` alone decides who may see one, never the e-mail.
 */
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import type { Page } from '#http/pages'
import { notFound, Problem } from '#http/problem'
import Order from './models/order.ts'
import type { StepRow } from './transformers/step_body.ts'

/** @throws Problem 404, also when it is another customer's */
export async function findOrder(id: string, reader: SignedIn): Promise<Order> {
  const order = isUuid(id) ? await visibleTo(reader).where('id', id).preload('lines').first() : null
  if (!order) throw notFound('order')
  return order
}

/** Newest first: ids are UUIDv7. One row more than the page holds. */
export async function listOrders(reader: SignedIn, { limit, after }: Page): Promise<Order[]> {
  const query = visibleTo(reader)
    .preload('lines')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (!after) return query
  const [id] = after
  if (!isUuid(id)) throw new Problem(422, 'invalid_cursor', 'The cursor is not one of this list.')
  return query.where('id', '<', id)
}

/** Oldest first, as they happened. */
export async function listSteps(order: Order, { limit, after }: Page): Promise<StepRow[]> {
  const sequence = Number(after?.[0] ?? 0)
  if (!Number.isInteger(sequence)) {
    throw new Problem(422, 'invalid_cursor', 'The cursor is not one of this list.')
  }
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

function isUuid(text: string | undefined) {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? '')
}
