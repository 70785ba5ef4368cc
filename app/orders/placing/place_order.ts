import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import {
  storedResponse,
  inProgress,
  type StoredResponse,
  type IdempotencyScope,
} from '#http/idempotency'
import { Problem } from '#http/problem'
import { CoalescedPlacements } from './coalesced_placements.ts'
import { CoalescedPrices } from './coalesced_prices.ts'
import {
  assertLinesWithinLimit,
  assertOwnWords,
  loadExceeded,
  loadLimits,
} from './customer_limits.ts'
import { assertExpectedTotal, assertOwnPrices } from './exceptions.ts'
import type { OrderRecord } from '../store/order.ts'
import { insertOrders } from '../store/placement.ts'
import { targetMessage } from '../store/target.ts'
import { newOrder, type Placement } from './new_order.ts'
import { findPrices, priceLines } from './price_list.ts'

const placements = new CoalescedPlacements((orders) =>
  insertOrders(db.connection('orders'), orders)
)
const prices = new CoalescedPrices((skus) => findPrices(db.connection('orders'), skus))
const find = (skus: string[]) => prices.find(skus)

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
    // A placement finds only keys that are stored under the canonical path.
    const former = scope.requestedPath ? await storedResponse(client, scope) : null
    if (former) return former
    const order = newOrder(placement, account, await priceLines(find, placement.lines))
    assertOwnWords(order, account)
    assertLinesWithinLimit(placement.lines, account)
    assertExpectedTotal(placement.expectedTotal, order)
    const response = accepted(order)
    const placed = await placements.place({
      order,
      account,
      limits: loadLimits(account),
      scope,
      response,
      message: { ...targetMessage(order, order.lines), time: order.placedAt },
    })
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
