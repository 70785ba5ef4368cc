import db from '@adonisjs/lucid/services/db'
import type { Infer } from '@vinejs/vine/types'
import { uuidv7 } from 'uuidv7'
import type { SignedIn } from '#contracts/actor'
import {
  storedResponse,
  inProgress,
  type StoredResponse,
  type IdempotencyScope,
} from '#http/idempotency'
import { Problem, unprocessable } from '#http/problem'
import {
  assertLinesWithinLimit,
  assertOwnWords,
  loadExceeded,
  loadLimits,
} from './customer_limits.ts'
import { assertExpectedTotal, assertOwnPrices } from './exceptions.ts'
import type { OrderRecord } from '../store/order.ts'
import { insertPlacedOrder } from '../store/placement.ts'
import { priceLines, type PricedLines } from './price_list.ts'
import type { placeOrderValidator } from './validators.ts'

export type Placement = Infer<typeof placeOrderValidator>

/**
 * Places an order at current prices. It is `pending` until inventory replies.
 *
 * @param accepted - builds the response from the order; it is stored under the key
 * @returns this response, with the number of the order, or the earlier response under the same key
 * @throws Problem 403, 409 `request_in_progress`, `price_changed`, 422 `idempotency_key_reused`,
 *   `order_limit_exceeded`, `email_not_yours`, and those of `priceLines`
 */
export async function placeOrder(
  placement: Placement,
  account: SignedIn,
  scope: IdempotencyScope,
  accepted: (order: OrderRecord) => StoredResponse
): Promise<StoredResponse> {
  const client = db.connection('orders')
  assertOwnPrices(placement.lines, account)
  try {
    // `insertPlacedOrder` finds only keys that are stored under the canonical path.
    const former = scope.requestedPath ? await storedResponse(client, scope) : null
    if (former) return former
    const order = newOrder(placement, account, await priceLines(client, placement.lines))
    assertOwnWords(order, account)
    assertLinesWithinLimit(placement.lines, account)
    assertExpectedTotal(placement.expectedTotal, order)
    const response = accepted(order)
    const placed = await insertPlacedOrder(
      client,
      order,
      account,
      loadLimits(account),
      scope,
      response
    )
    if (!placed) throw inProgress()
    if (placed.number === null) throw loadExceeded(placed, order.lines)
    return { ...response, body: { ...(response.body as object), number: placed.number } }
  } catch (error) {
    // A repeated request gets its first response, even if the catalogue or the limits have changed since.
    const earlier = error instanceof Problem ? await storedResponse(client, scope) : null
    if (earlier) return earlier
    throw error
  }
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

/** An order for another account must name the contact, so that its mails do not go to the staff. */
function contactOf({ email, name, customerId }: Placement, account: SignedIn) {
  const own = !customerId || customerId === account.id
  return {
    email: email ?? (own ? account.email : null) ?? missing('email', own),
    name: name ?? (own ? account.name : missing('name', own)),
  }
}

/** Customers order for themselves; staff and services for the account they name, or for a guest. */
function customerOf({ customerId }: Placement, account: SignedIn) {
  if (account.role !== 'customer') return customerId ?? null
  if (customerId && customerId !== account.id) {
    throw new Problem(
      'not_your_account',
      'Customers can order only for themselves. Leave customerId out.'
    )
  }
  return account.id
}

function missing(field: string, own: boolean): never {
  const detail = own
    ? `is required, because your account has no ${field}`
    : 'is required with customerId'
  throw unprocessable('invalid_fields', `/${field} ${detail}.`, [
    { pointer: `/${field}`, code: 'required', detail },
  ])
}
