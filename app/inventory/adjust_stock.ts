import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { adjustOnHand, lockItem } from './change_on_hand.ts'
import type { Movement } from './ledger.ts'

export const REASONS = ['correction', 'return', 'damaged', 'loss', 'promotion'] as const

export interface Adjustment {
  sku: string
  /** Pieces more or fewer, up to 1,000,000; not 0. */
  delta: number
  reason: (typeof REASONS)[number]
  note?: string | null
}

/**
 * Pieces turn up, or are gone: on hand moves by so many, and the ledger says why.
 *
 * @throws Problem 404 for an unknown SKU · 409 `on_hand_too_large`, `reserved_exceeds`
 */
export async function adjustStock(
  trx: TransactionClientContract,
  { sku, delta, reason, note = null }: Adjustment,
  actor: Actor
): Promise<Movement> {
  const item = await lockItem(trx, sku)
  return adjustOnHand(trx, item, { kind: 'adjust', onHandDelta: delta, reason, note, actor })
}
