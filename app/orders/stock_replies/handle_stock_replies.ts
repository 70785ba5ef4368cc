/*
 * Handles stock replies: a batch updates its orders in a few statements.
 */
import logger from '@adonisjs/core/services/logger'
import { SYSTEM } from '#contracts/actor'
import type { Line, Shortage } from '#contracts/messages/fields'
import { mailQueue } from '#mail/queue'
import type { BatchHandler } from '#messaging/inbox/subscription'
import type { Message } from '#messaging/message/message'
import { because } from '#runtime/trace_context'
import { orderConfirmed, orderRejected } from '#contracts/messages/orders'
import { repliesWithoutEffect } from '../metrics.ts'
import { mailOf, notificationWrites, type NewNotification } from '../store/notifications.ts'
import {
  lockedOrders,
  lockOrders,
  orderWrites,
  type LineRow,
  type LockedOrder,
} from '../store/order_batch.ts'
import { perSku } from '../order_lines.ts'
import { stepsCommitted, type NewStep } from '../store/timeline.ts'
import { transition, type StockReply, type Transition } from '../order_state_machine.ts'

interface ReplyData {
  revision: number
  heldRevision: number | null
  shortages?: Shortage[]
}

const OUTCOMES: Record<string, StockReply['outcome']> = {
  stock_reserved: 'reserved',
  stock_rejected: 'rejected',
  stock_released: 'released',
  stock_deducted: 'deducted',
}

/** Applies the replies to their orders. A reply without effect is counted and logged. */
export const handleStockReplies: BatchHandler<ReplyData> = {
  reads: (messages) => lockOrders([...new Set(messages.map(({ key }) => key))]),

  decide(messages, rows) {
    const { orders, linesOf } = lockedOrders(rows)
    const changed = new Set<LockedOrder>()
    const steps: NewStep[] = []
    const notifications: NewNotification[] = []
    const emitted: Message<unknown>[] = []

    for (const message of messages) {
      const order = orders.get(message.key)
      const reply = {
        kind: 'stock_reply',
        outcome: OUTCOMES[message.type],
        ...message.data,
      } as const
      const result = order ? transition(order, reply) : ({ outcome: 'unexpected' } as const)
      if (!order || result.outcome !== 'applied') {
        const { key: orderId, type, id: messageId } = message
        const { outcome } = result
        repliesWithoutEffect.inc({ outcome })
        logger.info({ orderId, type, messageId, outcome }, 'stock reply has no effect')
        continue
      }
      updateInMemory(order, result, message)
      changed.add(order)
      const event = messageOf(order, result, message, linesOf.get(order.id) ?? [])
      if (event) emitted.push(event)
      steps.push(stepOf(order, result, message))
      const mail = mailOf(result)
      if (mail) notifications.push(notificationOf(order, mail, message))
    }

    return {
      writes: [...orderWrites([...changed], steps), ...notificationWrites(notifications)],
      messages: emitted,
      committed() {
        if (steps.length > 0) stepsCommitted()
        if (notifications.length > 0) mailQueue.wake('orders')
      },
    }
  },
}

function updateInMemory(
  order: LockedOrder,
  { to, step }: Transition,
  { data }: Message<ReplyData>
) {
  const now = new Date().toISOString()
  Object.assign(order, to)
  order.version++
  order.updatedAt = now
  if (data.revision === order.revision) {
    // Any reply to the current revision ends the wait, and the attention that the wait caused.
    order.resendAt = null
    order.attention = false
  }
  if (step === 'confirmed') order.confirmedAt = now
  if (step === 'rejected') order.rejectedAt = now
  if (step === 'stock_released') order.stockReleasedAt = now
  if (step === 'stock_deducted') order.stockDeductedAt = now
  if (to.status === 'confirmed' || to.status === 'rejected') order.shortages = data.shortages ?? []
}

/** The message that the transition emits; null for none. */
function messageOf(
  { id, number, revision, heldRevision }: LockedOrder,
  { emits }: Transition,
  message: Message<ReplyData>,
  lines: LineRow[]
): Message<unknown> | null {
  const shortages = message.data.shortages
  if (emits === 'order_confirmed') {
    const held = linesAt(lines, heldRevision!)
    const declined = shortages ?? null
    const data = { revision, heldRevision: heldRevision!, lines: held, declined, number }
    return orderConfirmed.about(id, data, because(message))
  }
  if (emits === 'order_rejected') {
    const requested = linesAt(lines, revision)
    const data = { revision, lines: requested, shortages: shortages ?? [], number }
    return orderRejected.about(id, data, because(message))
  }
  return null
}

function linesAt(lines: LineRow[], of: number): Line[] {
  return perSku(lines.filter(({ revision }) => revision === of))
}

function stepOf(
  order: LockedOrder,
  result: Transition,
  { id: messageId, data: { shortages } }: Message<ReplyData>
): NewStep {
  const { id: orderId, version: sequence, updatedAt: at, status, revision } = order
  const mail = mailOf(result)
  const detail = { ...(shortages && { shortages }), ...(mail && { mail }) }
  return {
    orderId,
    sequence,
    at,
    type: result.step,
    status,
    revision,
    actor: SYSTEM,
    messageId,
    detail,
  }
}

function notificationOf(
  { id: orderId, revision, heldRevision }: LockedOrder,
  kind: NewNotification['kind'],
  { data: { shortages = [] }, headers: { traceparent } }: Message<ReplyData>
): NewNotification {
  const detail = { linesOf: heldRevision ?? revision, shortages }
  return { orderId, kind, revision, detail, traceparent }
}
