import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { outbox } from '#messaging/outbox/outbox'
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
 * @throws Problem 404 for an unknown SKU · 409 `on_hand_too_large`
 */
export async function restock(
  trx: TransactionClientContract,
  { sku, quantity, reference = null }: Restock,
  actor: Actor
): Promise<Movement> {
  const item = await lockItem(trx, sku)
  const movement = await changeOnHand(trx, item, {
    ...{ kind: 'restock', onHandDelta: quantity, actor, reference },
  })
  await outbox.add(trx, [restockedMessage(movement)])
  return movement
}
