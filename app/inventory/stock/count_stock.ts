import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { MOST_AT_ONCE } from '../ledger/balance.ts'
import { movements } from '../ledger/find_movements.ts'
import type { Movement } from '../ledger/movement.ts'
import { adjustOnHand, lockItem } from './change_on_hand.ts'
import { countTooFar, stockMoved } from './exceptions.ts'

export interface StockCount {
  sku: string
  /** Units on the shelf, reserved ones included. */
  counted: number
  /** On hand when the count began. */
  expectedOnHand: number
  note?: string | null
}

/**
 * Sets on hand to the counted number. A count that agrees with the books is recorded too, as a
 * movement that changes nothing.
 *
 * @throws Problem 404 for an unknown SKU · 409 `stock_moved` when stock has moved since the count
 *   began, `reserved_exceeds`, `on_hand_too_large` · 422 when it changes more than 1,000,000 units
 */
export async function countStock(
  trx: TransactionClientContract,
  { sku, counted, expectedOnHand, note = null }: StockCount,
  actor: Actor
): Promise<Movement> {
  const item = await lockItem(trx, sku)
  const { onHand } = item.balance
  if (onHand !== expectedOnHand) {
    throw stockMoved(expectedOnHand, onHand, await lastChange(trx, sku))
  }
  const onHandDelta = counted - onHand
  if (Math.abs(onHandDelta) > MOST_AT_ONCE) throw countTooFar(onHand)
  return adjustOnHand(trx, item, { kind: 'count', onHandDelta, note, actor })
}

/** The newest movement that changed on hand. */
function lastChange(trx: TransactionClientContract, sku: string): Promise<Movement | null> {
  return movements(trx).where({ sku }).whereNot('on_hand_delta', 0).orderBy('id', 'desc').first()
}
