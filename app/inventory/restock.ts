import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { stockRestocked } from '#contracts/inventory'
import { notFound } from '#http/problem'
import { outbox } from '#messaging/outbox'
import { tooMuchOnHand } from './exceptions.ts'
import { lockStock, writeLedger, type Movement } from './ledger.ts'

export interface Restock {
  sku: string
  /** Pieces, 1 to 1,000,000. */
  quantity: number
  /** For example the number of the purchase order. */
  reference?: string | null
}

const MOST_ON_HAND = 2_000_000_000

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
  const balances = await lockStock(trx, [sku])
  const balance = balances.get(sku)
  if (!balance) throw notFound('stock item')
  if (balance.onHand + quantity > MOST_ON_HAND) throw tooMuchOnHand(balance.onHand)
  const [movement] = await writeLedger(trx, balances, [
    { sku, kind: 'restock', onHandDelta: quantity, reservedDelta: 0, actor, reference },
  ])
  const { onHand, reserved } = movement
  await outbox.add(trx, [stockRestocked.about(sku, { sku, quantity, onHand, reserved, reference })])
  return movement
}
