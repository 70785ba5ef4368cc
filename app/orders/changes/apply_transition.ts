/*
 * Writes a transition that a caller requested, in one transaction: the order, its lines, the step in the
 * timeline, the message to inventory and the mail to the customer.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { actorOf, type SignedIn } from '#contracts/actor'
import { outbox } from '#messaging/outbox/outbox'
import { replyTimeout } from '#config/orders'
import { existing } from '../queries/find_orders.ts'
import { readOrder, type OrderRecord, type PricedLine } from '../store/order.ts'
import { insertStep } from '../store/timeline.ts'
import { mailOf, notify } from '../store/notifications.ts'
import type { Transition } from '../order_state_machine.ts'
import { targetMessage } from '../store/target.ts'

export interface TransitionDetails {
  /** Other columns of `orders` to set. */
  columns?: Record<string, unknown>
  /** The detail of the step. */
  detail?: Record<string, unknown>
  /** The lines of the new revision. */
  lines?: PricedLine[]
  by: SignedIn
}

/**
 * @param before - as `lockOrder` returned it in this transaction
 * @returns the order after the transition
 */
export async function applyTransition(
  trx: TransactionClientContract,
  before: OrderRecord,
  transition: Omit<Transition, 'outcome'>,
  { columns = {}, detail = {}, lines = [], by }: TransitionDetails
): Promise<OrderRecord> {
  const { id, number } = before
  const { to, step, emits } = transition
  const mail = mailOf(transition)
  const { status, revision } = to
  const version = before.version + 1
  const now = new Date()
  const cancelReason = (columns.cancel_reason as string | null | undefined) ?? null
  const message = emits && targetMessage({ id, number, status, revision, cancelReason }, lines)
  // The sweeper re-sends the target until inventory replies to it.
  const awaited = message && { resend_at: new Date(now.getTime() + replyTimeout), resends: 0 }

  await trx
    .from('orders')
    .where('id', id)
    .update({
      ...columns,
      ...awaited,
      status,
      revision,
      version,
      edited_version: version,
      updated_at: now,
    })
  await insertLines(trx, id, revision, lines)
  await insertStep(trx, {
    orderId: id,
    sequence: version,
    at: now.toISOString(),
    type: step,
    status,
    revision,
    actor: actorOf(by),
    messageId: message?.id ?? null,
    detail: mail ? { ...detail, mail } : detail,
  })
  if (message) await outbox.add(trx, [message])
  if (mail) {
    const linesOf = before.heldRevision ?? before.revision
    await notify(trx, [{ orderId: id, kind: mail, revision, detail: { linesOf } }])
  }
  return existing(await readOrder(trx, id, by))
}

async function insertLines(
  trx: TransactionClientContract,
  orderId: string,
  revision: number,
  lines: PricedLine[]
) {
  if (lines.length === 0) return
  await trx.table('order_lines').multiInsert(
    lines.map(({ unitPrice, ...line }, index) => {
      return { order_id: orderId, revision, position: index + 1, ...line, unit_price: unitPrice }
    })
  )
}
