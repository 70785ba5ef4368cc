import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import { moveRefused } from './exceptions.ts'
import { lockOrder, stateOf, type OrderRecord } from './models/order.ts'
import { move } from './order_status.ts'
import { recordMove } from './record_move.ts'
import { assertUnedited, type SeenVersion } from './seen_version.ts'
import type { cancelOrderValidator } from './validators/order.ts'

export type Cancellation = Infer<typeof cancelOrderValidator>

/**
 * Cancels an order at once: a release cannot be refused. One that is cancelled already stays as it is.
 *
 * @throws Problem 404 · 409 `order_not_open` · 412 `version_moved`
 */
export async function cancelOrder(
  trx: TransactionClientContract,
  id: string,
  { reason = null }: Cancellation,
  by: SignedIn,
  seen: SeenVersion = null
): Promise<OrderRecord> {
  const before = await lockOrder(trx, id, by)
  if (before.status === 'cancelled') return before
  assertUnedited(before, seen)
  const result = move(stateOf(before), { kind: 'cancel' })
  if (result.outcome === 'refused') throw moveRefused(before, result)
  return recordMove(trx, before, result, {
    by,
    columns: { cancelled_at: new Date(), cancel_reason: reason },
    detail: { reason },
  })
}
