import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { outbox } from '#messaging/outbox/outbox'
import { earlierRestock, type Booking } from '../ledger/bookings.ts'
import type { Movement } from '../ledger/movement.ts'
import { changeOnHand, lockItem, restockedMessage } from './change_on_hand.ts'

export interface Restock {
  sku: string
  /** Units received, 1 to 1,000,000. */
  quantity: number
  /** For example the purchase order number. */
  reference?: string | null
}

/**
 * Records goods received and publishes `stock_restocked`.
 *
 * @param check - receives the earlier booking of the SKU with the same reference; when it throws, nothing is recorded
 * @throws Problem 404 for an unknown SKU · 409 `on_hand_too_large` · errors of `check`
 */
export async function restock(
  trx: TransactionClientContract,
  { sku, quantity, reference = null }: Restock,
  actor: Actor,
  check: (earlier: Booking | null) => void = () => {}
): Promise<Movement> {
  const item = await lockItem(trx, sku)
  check(reference === null ? null : await earlierRestock(trx, sku, reference))
  const movement = await changeOnHand(trx, item, {
    ...{ kind: 'restock', onHandDelta: quantity, actor, reference },
  })
  await outbox.add(trx, [restockedMessage(movement)])
  return movement
}
