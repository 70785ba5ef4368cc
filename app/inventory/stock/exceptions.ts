import { Problem, unprocessable } from '#http/problem'
import type { Balance } from '../ledger/balance.ts'
import { describeCount, type LaterCount } from '../ledger/later_counts.ts'
import type { Movement } from '../ledger/movement.ts'

export function tooMuchOnHand(sku: string, onHand: number) {
  const detail = `${sku} has ${onHand.toLocaleString('en')} units on hand and cannot have more than 2,000,000,000. Check the quantity.`
  return new Problem('on_hand_too_large', detail)
}

/** The orders that hold units of an SKU. */
export interface Holders {
  count: number
  /** Up to 20 orders, newest first. */
  newest: { orderId: string; number: string | null; quantity: number }[]
}

/** @param delta - negative, and more than the balance allows */
export function reservedExceeds(
  sku: string,
  delta: number,
  { onHand, reserved }: Balance,
  holders: Holders
) {
  const orders = holders.count === 1 ? '1 order holds' : `${holders.count} orders hold`
  const detail =
    onHand + delta < 0
      ? `${sku} has only ${onHand} on hand, so you cannot remove ${-delta}. Count the shelf to correct the stock.`
      : `This would leave ${onHand + delta} of ${sku} on hand, but ${orders} ${reserved}. Cancel or change orders first.`
  return new Problem('reserved_exceeds', detail, { members: { reserved, holders } })
}

/** @param movement - the newest change to on hand */
export function stockMoved(from: number, to: number, movement: Movement | null) {
  return new Problem(
    'stock_moved',
    `On hand was ${from} when the count began and is now ${to}. Count again, or send the count with expectedOnHand ${to}.`,
    { members: { onHand: to, movement } }
  )
}

export function countTooFar(onHand: number) {
  const detail = `must not differ from the ${onHand.toLocaleString('en')} on hand by more than 1,000,000`
  return unprocessable('invalid_fields', `/counted ${detail}.`, [
    { pointer: '/counted', code: 'range', detail },
  ])
}

/** @param reversal - the movement that undid it */
export function alreadyReversed({ id, sku, at }: { id: string; sku: string; at: Date }) {
  return new Problem(
    'already_reversed',
    `This movement of ${sku} was undone at ${at.toISOString()}. To have its effect again, record it again.`,
    { members: { reversedBy: id } }
  )
}

/**
 * @param kind - of the movement to undo
 * @param count - the newest count after it
 */
export function countedSince(kind: string, count: LaterCount) {
  const undo = count.importId ? 'undo the import that it belongs to' : 'undo it'
  return new Problem(
    'counted_since',
    `${describeCount(count)}, after this ${kind}. Undoing the ${kind} would make that count wrong. If the count is wrong, ${undo} first; otherwise count again to record what is there now.`,
    { members: { count } }
  )
}

export function notReversible({ kind }: { kind: string }) {
  return new Problem(
    'not_reversible',
    kind === 'reversal'
      ? 'You cannot undo an undo. Record the original movement again.'
      : 'An order caused this movement. Change or cancel the order to move the stock back.'
  )
}

export function partOfImport(importId: string) {
  return new Problem(
    'part_of_import',
    'This movement belongs to an import or a receipt. Undo the whole import instead.',
    { members: { importId } }
  )
}
