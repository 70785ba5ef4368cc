/*
 * The reservation algorithm: one transaction applies a batch of targets, each order's in revision order.
 *
 * Heads are locked in id order, then balances in SKU order. All decisions are made in memory and written
 * once, so that a hot SKU is updated once per batch.
 */
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Counter } from 'prom-client'
import { SYSTEM } from '#contracts/actor'
import type { Line } from '#contracts/messages/fields'
import {
  stockDeducted,
  stockRejected,
  stockReleased,
  stockReserved,
} from '#contracts/messages/inventory'
import type { Message } from '#messaging/message/message'
import { outbox } from '#messaging/outbox/outbox'
import { because } from '#runtime/trace_context'
import { lockStock, writeLedger } from '../ledger/ledger.ts'
import type { NewMovement } from '../ledger/movement.ts'
import { lockHeads, writeHeads, type ChangedHead } from './heads.ts'
import { decide, type Head } from './stock_plan.ts'

const staleTargets = new Counter({
  name: 'quartermaster_inventory_stale_targets_total',
  help: 'Targets that arrived after a later target of the same order and had no effect.',
})

interface TargetData {
  revision: number
  lines: Line[]
  deduct?: boolean
}

/** Moves each order's reservation to its target, and replies to every target that is not stale. */
export async function applyTargets(
  messages: Message<TargetData>[],
  trx: TransactionClientContract
) {
  const heads = await lockHeads(trx, [...new Set(messages.map(({ key }) => key))])
  const skus = new Set(messages.flatMap(({ data }) => data.lines.map(({ sku }) => sku)))
  for (const head of heads.values()) for (const sku of head.held.keys()) skus.add(sku)
  const balances = await lockStock(trx, [...skus])
  // Decisions change a copy, because writeLedger updates the locked balances itself.
  const planned = new Map([...balances].map(([sku, balance]) => [sku, { ...balance }]))

  const changed = new Map<string, ChangedHead>()
  const movements: NewMovement[] = []
  const replies: Message<unknown>[] = []

  for (const message of messages) {
    const { key: orderId, id: messageId, type, data } = message
    const head = heads.get(orderId)!
    const decision = decide(head, { deduct: false, ...data }, planned)
    if (decision.kind === 'stale') {
      staleTargets.inc()
      logger.info({ orderId, messageId, type, revision: data.revision }, 'stale target ignored')
      continue
    }
    if (decision.kind === 'repeated') {
      replies.push(replyTo(message, head))
      continue
    }
    const before = changed.get(orderId)?.before ?? head.held
    changed.set(orderId, { orderId, before, head: decision.head })
    heads.set(orderId, decision.head)
    for (const change of decision.changes) {
      const balance = planned.get(change.sku)!
      balance.onHand += change.onHandDelta
      balance.reserved += change.reservedDelta
      movements.push({ ...change, actor: SYSTEM, orderId, revision: data.revision, messageId })
    }
    replies.push(replyTo(message, decision.head))
  }

  await Promise.all([
    writeHeads(trx, [...changed.values()]),
    outbox.add(trx, replies),
    writeLedger(trx, balances, movements),
  ])
}

/** The outcome of the head's revision, and the revision whose lines are held now. */
function replyTo(target: Message<TargetData>, head: Head): Message<unknown> {
  const { revision, heldRevision, shortages } = head
  const { key: orderId } = target
  const held = { revision, heldRevision }
  const none = { revision, heldRevision: null }
  switch (head.outcome!) {
    case 'reserved':
      return stockReserved.about(orderId, held, because(target))
    case 'rejected':
      return stockRejected.about(orderId, { ...held, shortages }, because(target))
    case 'released':
      return stockReleased.about(orderId, none, because(target))
    case 'deducted':
      return stockDeducted.about(orderId, none, because(target))
  }
}
