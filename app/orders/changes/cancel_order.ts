import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import { assertOwnWords } from '../placing/customer_limits.ts'
import { existing } from '../queries/find_orders.ts'
import { lockOrder, stateOf, type OrderRecord } from '../store/order.ts'
import { transition } from '../order_state_machine.ts'
import { applyTransition } from './apply_transition.ts'
import { actionRefused, assertExpectedVersion, type ExpectedVersion } from './exceptions.ts'
import type { cancelOrderValidator } from './validators.ts'

export type Cancellation = Infer<typeof cancelOrderValidator>

/**
 * Cancels an order at once, because inventory cannot refuse a release. Does nothing if it is cancelled already.
 *
 * @throws Problem 404 · 409 `order_not_open` · 412 `version_moved` · 422 for a link in a customer's reason
 */
export async function cancelOrder(
  trx: TransactionClientContract,
  id: string,
  { reason = null }: Cancellation,
  by: SignedIn,
  expected: ExpectedVersion = null
): Promise<OrderRecord> {
  const before = existing(await lockOrder(trx, id, by))
  if (before.status === 'cancelled') return before
  assertExpectedVersion(before, expected)
  assertOwnWords({ cancelReason: reason }, by)
  const result = transition(stateOf(before), { kind: 'cancel' })
  if (result.outcome === 'refused') throw actionRefused(before, result)
  return applyTransition(trx, before, result, {
    by,
    columns: { cancelled_at: new Date(), cancel_reason: reason, shortages: '[]' },
    detail: { reason },
  })
}
