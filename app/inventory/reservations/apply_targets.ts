/*
 * The reservation algorithm: one transaction applies a batch of targets, each order's in revision order.
 *
 * Heads are locked in id order, then balances in SKU order (reservation_rows.ts). All decisions are made in memory and
 * written once, so that a hot SKU is updated once per batch.
 */
import logger from '@adonisjs/core/services/logger'
import { Counter } from 'prom-client'
import { SYSTEM } from '#contracts/actor'
import type { Line } from '#contracts/messages/fields'
import {
  stockDeducted,
  stockRejected,
  stockReleased,
  stockReserved,
} from '#contracts/messages/inventory'
import type { BatchHandler } from '#messaging/inbox/subscription'
import type { Message } from '#messaging/message/message'
import { because } from '#runtime/trace_context'
import { changeLedger } from '../ledger/ledger.ts'
import type { NewMovement } from '../ledger/movement.ts'
import {
  lockedReservations,
  lockReservations,
  reservationWrites,
  type ChangedHead,
} from './reservation_rows.ts'
import { decide, NEW_HEAD, type Head } from './stock_plan.ts'

const staleTargets = new Counter({
  name: 'quartermaster_inventory_stale_targets_total',
  help: 'Targets that arrived after a later target of the same order and had no effect.',
})

interface TargetData {
  revision: number
  lines: Line[]
  deduct?: boolean
  /** The number of the order that people see; release 0.1.0 did not send it. */
  number?: string
}

/** Moves each order's reservation to its target, and replies to every target that is not stale. */
export const applyTargets: BatchHandler<TargetData> = {
  reads(messages) {
    const orderIds = [...new Set(messages.map(({ key }) => key))]
    const skus = new Set(messages.flatMap(({ data }) => data.lines.map(({ sku }) => sku)))
    return lockReservations(orderIds, [...skus])
  },

  decide(messages, rows) {
    const { heads, balances } = lockedReservations(rows)
    // Decisions change a copy, because changeLedger updates the locked balances itself.
    const planned = new Map([...balances].map(([sku, balance]) => [sku, { ...balance }]))
    const stored = new Set(heads.keys())
    const changed = new Map<string, ChangedHead>()
    const movements: NewMovement[] = []
    const replies: Message<unknown>[] = []

    for (const message of messages) {
      const { key: orderId, id: messageId, type, data } = message
      const head = heads.get(orderId) ?? NEW_HEAD
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
      const isNew = !stored.has(orderId)
      const number = data.number ?? changed.get(orderId)?.number ?? null
      changed.set(orderId, { orderId, number, isNew, before, head: decision.head })
      heads.set(orderId, decision.head)
      for (const change of decision.changes) {
        const balance = planned.get(change.sku)!
        balance.onHand += change.onHandDelta
        balance.reserved += change.reservedDelta
        movements.push({ ...change, actor: SYSTEM, orderId, revision: data.revision, messageId })
      }
      replies.push(replyTo(message, decision.head))
    }

    const ledger = changeLedger(balances, movements)
    return {
      writes: [...reservationWrites([...changed.values()]), ...ledger.writes],
      messages: [...replies, ...ledger.messages],
    }
  },
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
