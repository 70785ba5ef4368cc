import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { adjustOnHand, lockItem } from './change_on_hand.ts'
import { countTooFar, stockMoved } from './exceptions.ts'
import type { Movement } from './ledger.ts'
import { movementBody, type MovementRow } from './transformers/movement_body.ts'

export interface StockCount {
  sku: string
  /** Pieces that lie there. */
  counted: number
  /** On hand when the counting began: what has moved since is not known to whoever counted. */
  expectedOnHand: number
  note?: string | null
}

const MOST_AT_ONCE = 1_000_000

/**
 * Sets on hand to what was counted. A count that finds what the books say is a movement too: somebody
 * has looked.
 *
 * @throws Problem 404 for an unknown SKU · 409 `stock_moved`, `reserved_exceeds`, `on_hand_too_large` ·
 *   422 when it changes more than 1,000,000 pieces
 */
export async function countStock(
  trx: TransactionClientContract,
  { sku, counted, expectedOnHand, note = null }: StockCount,
  actor: Actor
): Promise<Movement> {
  const item = await lockItem(trx, sku)
  const { onHand } = item.balance
  if (onHand !== expectedOnHand) throw stockMoved(expectedOnHand, onHand, await last(trx, sku))
  const onHandDelta = counted - onHand
  if (Math.abs(onHandDelta) > MOST_AT_ONCE) throw countTooFar(onHand)
  return adjustOnHand(trx, item, { kind: 'count', onHandDelta, note, actor })
}

/** The newest movement that changed what is on hand. */
async function last(trx: TransactionClientContract, sku: string) {
  const row: MovementRow | null = await trx
    .from('movements')
    .where({ sku })
    .whereNot('on_hand_delta', 0)
    .orderBy('id', 'desc')
    .first()
  return row && movementBody(row)
}
