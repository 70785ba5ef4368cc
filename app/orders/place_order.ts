import db from '@adonisjs/lucid/services/db'
import type { Infer } from '@vinejs/vine/types'
import { uuidv7 } from 'uuidv7'
import { actorOf, type SignedIn } from '#contracts/actor'
import { earlierAnswer, type Answer, type IdempotencyScope } from '#http/idempotency'
import { Problem, unprocessable } from '#http/problem'
import { priceChanged, priceNotYours } from './exceptions.ts'
import type { OrderRecord } from './models/order.ts'
import { insertPlacedOrder } from './models/placement.ts'
import { priceLines, type PricedLines } from './price_list.ts'
import { orderBody, type OrderBody } from './transformers/order_body.ts'
import type { placeOrderValidator } from './validators/order.ts'

export type Placement = Infer<typeof placeOrderValidator>

/**
 * Places an order at today's prices: it is `pending` until inventory has answered.
 *
 * @returns 202 with the order, or the earlier answer under the same key
 * @throws Problem 403, 409 `request_in_progress`, `price_changed`, 422 as `priceLines` says
 */
export async function placeOrder(
  placement: Placement,
  account: SignedIn,
  scope: IdempotencyScope
): Promise<Answer> {
  const client = db.connection('orders')
  if (account.role !== 'service' && placement.lines.some(({ unitPrice }) => unitPrice)) {
    throw priceNotYours()
  }
  try {
    const order = newOrder(placement, account, await priceLines(client, placement.lines))
    assertExpected(placement.expectedTotal, orderBody(order))
    return await insertPlacedOrder(client, order, actorOf(account), scope, {
      status: 202,
      headers: { Location: `/api/v1/orders/${order.id}`, ETag: `"${order.version}"` },
      body: orderBody(order),
    })
  } catch (error) {
    // What was accepted once is answered the same again, whatever has changed in the catalogue since.
    const earlier = error instanceof Problem ? await earlierAnswer(client, scope) : null
    if (earlier) return earlier
    throw error
  }
}

/** @throws Problem 409 `price_changed` with today's lines */
function assertExpected(expected: Placement['expectedTotal'], order: OrderBody) {
  const { lines, total } = order
  if (!expected) return
  if (expected.amount === total.amount && expected.currency === total.currency) return
  throw priceChanged({ lines, total })
}

function newOrder(
  placement: Placement,
  account: SignedIn,
  { lines, currency }: PricedLines
): OrderRecord {
  const now = new Date().toISOString()
  return {
    id: uuidv7(),
    number: null,
    reference: placement.reference ?? null,
    customerId: customerOf(placement, account),
    status: 'pending',
    revision: 1,
    heldRevision: null,
    version: 1,
    editedVersion: 1,
    attention: false,
    ...contactOf(placement, account),
    shipTo: placement.shipTo ?? null,
    currency,
    lines,
    requestedLines: null,
    shortages: [],
    placedAt: now,
    updatedAt: now,
    confirmedAt: null,
    rejectedAt: null,
    cancelledAt: null,
    cancelReason: null,
    fulfilledAt: null,
    stockReleasedAt: null,
    stockDeductedAt: null,
    carrier: null,
    trackingNumber: null,
    trackingUrl: null,
  }
}

/** Whoever places for somebody else says who that is: mails must not go to the staff. */
function contactOf({ email, name, customerId }: Placement, account: SignedIn) {
  const own = !customerId || customerId === account.id
  return {
    email: email ?? (own ? account.email : null) ?? missing('email', own),
    name: name ?? (own ? account.name : missing('name', own)),
  }
}

/** Customers place for themselves; staff and services for whom they say, or for a guest. */
function customerOf({ customerId }: Placement, account: SignedIn) {
  if (account.role !== 'customer') return customerId ?? null
  if (customerId && customerId !== account.id) {
    throw new Problem(
      403,
      'not_your_account',
      'Customers place orders for themselves: leave customerId out.'
    )
  }
  return account.id
}

function missing(field: string, own: boolean): never {
  const detail = own ? 'is required: this account has none' : 'is required with customerId'
  throw unprocessable('invalid_fields', `/${field} ${detail}.`, [
    { pointer: `/${field}`, code: 'required', detail },
  ])
}
