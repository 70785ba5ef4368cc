import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import type { Movement } from '../ledger/movement.ts'
import { adjustOnHand, lockItem } from './change_on_hand.ts'

export const REASONS = ['correction', 'return', 'damaged', 'loss', 'promotion'] as const

export interface Adjustment {
  sku: string
  /** Units to add, or to remove when negative: at most 1,000,000 either way, not 0. */
  delta: number
  reason: (typeof REASONS)[number]
  note?: string | null
}

/**
 * Corrects on hand by a number of units and records the reason.
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
