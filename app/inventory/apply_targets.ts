/*
 * The stock algorithm: a whole batch of targets in one transaction, each order's in revision order.
 *
 * Heads are locked in order of their ids, then balances in order of their SKUs; everything is decided
 * in memory and written once. A hot SKU is updated once per batch.
 */
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { SYSTEM } from '#contracts/actor'
import type { Line } from '#contracts/fields'
import { stockDeducted, stockRejected, stockReleased, stockReserved } from '#contracts/inventory'
import type { Message } from '#messaging/message'
import { outbox } from '#messaging/outbox'
import { because } from '#messaging/trace'
import { lockStock, writeLedger, type NewMovement } from './ledger.ts'
import { staleTargets } from './metrics.ts'
import { lockHeads, writeHeads, type MovedHead } from './reservations.ts'
import { decide, type Head } from './stock_plan.ts'

interface TargetData {
  revision: number
  lines: Line[]
  deduct?: boolean
}

/** Moves what is held for each order to its target, and answers each that is not stale. */
export async function applyTargets(
  messages: Message<TargetData>[],
  trx: TransactionClientContract
) {
  const heads = await lockHeads(trx, [...new Set(messages.map(({ key }) => key))])
  const skus = new Set(messages.flatMap(({ data }) => data.lines.map(({ sku }) => sku)))
  for (const head of heads.values()) for (const sku of head.held.keys()) skus.add(sku)
  const balances = await lockStock(trx, [...skus])
  // Decisions move a copy: the ledger moves the locked balances itself when it writes.
  const ahead = new Map([...balances].map(([sku, balance]) => [sku, { ...balance }]))

  const moved = new Map<string, MovedHead>()
  const movements: NewMovement[] = []
  const answers: Message<unknown>[] = []

  for (const message of messages) {
    const { key: orderId, id: messageId, type, data } = message
    const head = heads.get(orderId)!
    const decision = decide(head, { deduct: false, ...data }, ahead)
    if (decision.kind === 'stale') {
      staleTargets.inc()
      logger.info(
        { orderId, messageId, type, revision: data.revision },
        'a stale target changes nothing'
      )
      continue
    }
    if (decision.kind === 'repeated') {
      answers.push(answer(message, head))
      continue
    }
    const before = moved.get(orderId)?.before ?? head.held
    moved.set(orderId, { orderId, before, head: decision.head })
    heads.set(orderId, decision.head)
    for (const change of decision.changes) {
      const balance = ahead.get(change.sku)!
      balance.onHand += change.onHandDelta
      balance.reserved += change.reservedDelta
      movements.push({ ...change, actor: SYSTEM, orderId, revision: data.revision, messageId })
    }
    answers.push(answer(message, decision.head))
  }

  await Promise.all([
    writeHeads(trx, [...moved.values()]),
    outbox.add(trx, answers),
    writeLedger(trx, balances, movements),
  ])
}

/** What inventory says of a head: the outcome of its revision, and whose lines are held now. */
function answer(target: Message<TargetData>, head: Head): Message<unknown> {
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
