import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { stockRestocked } from '#contracts/inventory'
import { outbox } from '#messaging/outbox'
import { changeOnHand, lockItem } from './change_on_hand.ts'
import type { Movement } from './ledger.ts'

export interface Restock {
  sku: string
  /** Pieces, 1 to 1,000,000. */
  quantity: number
  /** For example the number of the purchase order. */
  reference?: string | null
}

/**
 * Goods received: on hand grows.
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
  const { onHand, reserved } = movement
  await outbox.add(trx, [stockRestocked.about(sku, { sku, quantity, onHand, reserved, reference })])
  return movement
}
