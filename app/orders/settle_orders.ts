/*
 * Inventory's answers: a batch of them moves its orders in a handful of statements.
 */
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { SYSTEM } from '#contracts/actor'
import type { Line, Shortage } from '#contracts/fields'
import type { Message } from '#messaging/message'
import { outbox } from '#messaging/outbox'
import { because } from '#messaging/trace'
import { orderConfirmed, orderRejected } from '#contracts/orders'
import { answersWithoutEffect } from './metrics.ts'
import { mailOf, notify, type NewNotification } from './notifications.ts'
import {
  linesOf,
  lockOrders,
  writeSettled,
  type LineRow,
  type SettledOrder,
} from './models/settlement.ts'
import type { NewStep } from './models/timeline.ts'
import { move, type Answer, type Move } from './order_status.ts'

interface AnswerData {
  revision: number
  heldRevision: number | null
  shortages?: Shortage[]
}

const OUTCOMES: Record<string, Answer['outcome']> = {
  stock_reserved: 'reserved',
  stock_rejected: 'rejected',
  stock_released: 'released',
  stock_deducted: 'deducted',
}

/** Moves the orders that the answers are about; an answer that moves nothing is logged, never silent. */
export async function settleOrders(
  messages: Message<AnswerData>[],
  trx: TransactionClientContract
) {
  const ids = [...new Set(messages.map(({ key }) => key))]
  const [orders, lines] = await Promise.all([lockOrders(trx, ids), linesOf(trx, ids)])
  const settled = new Set<SettledOrder>()
  const steps: NewStep[] = []
  const notifications: NewNotification[] = []
  const says: Message<unknown>[] = []

  for (const message of messages) {
    const order = orders.get(message.key)
    const answer = { kind: 'answer', outcome: OUTCOMES[message.type], ...message.data } as const
    const result = order ? move(order, answer) : ({ outcome: 'unexpected' } as const)
    if (!order || result.outcome !== 'moved') {
      const { key: orderId, type, id: messageId } = message
      answersWithoutEffect.inc({ outcome: result.outcome })
      logger.info({ orderId, type, messageId, outcome: result.outcome }, 'an answer moves nothing')
      continue
    }
    applyMove(order, result, message)
    settled.add(order)
    const said = announcement(order, result, message, lines)
    if (said) says.push(said)
    steps.push(stepOf(order, result, message))
    const mail = mailOf(result)
    if (mail) notifications.push(notificationOf(order, mail, message))
  }

  await Promise.all([
    writeSettled(trx, [...settled], steps),
    notify(trx, notifications),
    outbox.add(trx, says),
  ])
}

/** The order after its move, in memory. */
function applyMove(order: SettledOrder, { to, step }: Move, { data }: Message<AnswerData>) {
  const now = new Date().toISOString()
  Object.assign(order, to)
  order.version++
  order.updatedAt = now
  if (data.revision === order.revision) {
    // Any answer at the current revision ends the wait, and the attention that its absence had called for.
    order.resendAt = null
    order.attention = false
  }
  if (step === 'confirmed') order.confirmedAt = now
  if (step === 'rejected') order.rejectedAt = now
  if (step === 'stock_released') order.stockReleasedAt = now
  if (step === 'stock_deducted') order.stockDeductedAt = now
  if (to.status === 'confirmed' || to.status === 'rejected') order.shortages = data.shortages ?? []
}

/** What orders says of the move on its own topic, null when nothing. */
function announcement(
  { id, revision, heldRevision }: SettledOrder,
  { says }: Move,
  message: Message<AnswerData>,
  lines: LineRow[]
): Message<unknown> | null {
  const shortages = message.data.shortages
  if (says === 'order_confirmed') {
    const held = linesAt(lines, id, heldRevision!)
    const data = { revision, heldRevision: heldRevision!, lines: held, declined: shortages ?? null }
    return orderConfirmed.about(id, data, because(message))
  }
  if (says === 'order_rejected') {
    const data = { revision, lines: linesAt(lines, id, revision), shortages: shortages ?? [] }
    return orderRejected.about(id, data, because(message))
  }
  return null
}

function linesAt(lines: LineRow[], orderId: string, revision: number): Line[] {
  return lines
    .filter((line) => line.order_id === orderId && line.revision === revision)
    .map(({ sku, quantity }) => ({ sku, quantity }))
}

function stepOf(
  order: SettledOrder,
  result: Move,
  { id: messageId, data: { shortages } }: Message<AnswerData>
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
  { id: orderId, revision, heldRevision }: SettledOrder,
  kind: NewNotification['kind'],
  { data: { shortages = [] }, headers: { traceparent } }: Message<AnswerData>
): NewNotification {
  const detail = { linesOf: heldRevision ?? revision, shortages }
  return { orderId, kind, revision, detail, traceparent }
}
