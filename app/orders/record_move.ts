/*
 * What a caller's move leaves behind, in one transaction: the order, its lines, the step in its
 * timeline, the message to inventory and the mail to the customer.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { actorOf, type SignedIn } from '#contracts/actor'
import { outbox } from '#messaging/outbox'
import { answerTimeout } from '#config/orders'
import { readOrder, type OrderRecord, type PricedLine } from './models/order.ts'
import { insertStep } from './models/timeline.ts'
import { mailOf, notify } from './notifications.ts'
import type { Move } from './order_status.ts'
import { targetOf } from './target.ts'

export interface Recorded {
  /** Further columns of `orders` that the move sets. */
  columns?: Record<string, unknown>
  /** Of the step. */
  detail?: Record<string, unknown>
  /** Of the new revision. */
  lines?: PricedLine[]
  by: SignedIn
}

/**
 * @param before - as `lockOrder` gave it in this transaction
 * @returns the order as it is now
 */
export async function recordMove(
  trx: TransactionClientContract,
  before: OrderRecord,
  result: Omit<Move, 'outcome'>,
  { columns = {}, detail = {}, lines = [], by }: Recorded
): Promise<OrderRecord> {
  const { id } = before
  const { to, step, says } = result
  const mail = mailOf(result)
  const { status, revision } = to
  const version = before.version + 1
  const now = new Date()
  const cancelReason = (columns.cancel_reason as string | null | undefined) ?? null
  const message = says && targetOf({ id, status, revision, cancelReason }, lines)
  // The new target is said again until inventory has answered it.
  const awaited = message && { resend_at: new Date(now.getTime() + answerTimeout), resends: 0 }

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
  return readOrder(trx, id, by)
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
