/*
 * The summary of an order: its state, what it waits for, and its problems.
 */
import { number, plural } from '#admin/format'
import type { OrderRecord } from '../../store/order.ts'
import type { OrderHistory } from '../../queries/order_history.ts'
import { countUnits } from '../../order_lines.ts'
import { describeShortages } from './describe_lines.ts'

/** @param clock - formats a time for the reader. @returns sentences; the first continues the name of the state */
export function summarizeOrder(history: OrderHistory, clock: (at: Date | string) => string) {
  return [state(history, clock), waiting(history), ...problems(history, clock)].filter(
    (sentence) => sentence !== ''
  )
}

function state({ order, steps }: OrderHistory, clock: (at: Date | string) => string): string {
  const { status, revision, heldRevision, lines } = order
  const changes = ['placed', 'revised', 'confirmed', 'change_accepted', 'change_declined']
  const since = clock(steps.findLast(({ type }) => changes.includes(type))?.at ?? order.placedAt)
  const many = countUnits(lines) !== 1
  const units = `${plural(countUnits(lines), 'unit')} of revision ${heldRevision}`
  const held = `${units} ${many ? 'are' : 'is'} held`
  switch (status) {
    case 'pending':
      return heldRevision === null
        ? `since ${since}. Stock has not replied to revision ${revision} yet; nothing is held.`
        : `since ${since}. ${held}; stock has not replied to revision ${revision} yet.`
    case 'updating':
      return `to revision ${revision} since ${since}. Revision ${heldRevision} is held and stays in force until stock replies.`
    case 'confirmed':
      return `since ${since}. ${held} and can be fulfilled.`
    case 'rejected':
      return `at ${clock(order.rejectedAt!)}. ${describeShortages(order.shortages)}. Nothing is held.`
    case 'cancelled': {
      const reason = order.cancelReason ? `: “${order.cancelReason}”` : ''
      const released = heldRevision !== null && order.stockReleasedAt ? ' Stock is released.' : ''
      return `at ${clock(order.cancelledAt!)}${reason}.${released}`
    }
    case 'fulfilled': {
      const by = [order.carrier, order.trackingNumber].filter(Boolean).join(' ')
      const deducted = order.stockDeductedAt ? ' Stock is deducted.' : ''
      return `at ${clock(order.fulfilledAt!)}${by ? ` with ${by}` : ''}. ${units} ${many ? 'have' : 'has'} shipped.${deducted}`
    }
  }
}

/** The pending stock work, and the number of re-sent requests. */
function waiting({ order, messages }: OrderHistory): string {
  const { status, stockReleasedAt, stockDeductedAt } = order
  const waitsFor: Partial<Record<OrderRecord['status'], string | false>> = {
    pending: '',
    updating: '',
    cancelled: !stockReleasedAt && 'Stock is not released yet. ',
    fulfilled: !stockDeductedAt && 'Stock is not deducted yet. ',
  }
  const sentence = waitsFor[status] ?? false
  if (sentence === false) return ''
  const resends = messages.filter(({ resendOf, data }) => {
    return resendOf && (data as { revision: number }).revision === order.revision
  }).length
  const resent = resends > 0 ? `The request to stock was re-sent ${plural(resends, 'time')}.` : ''
  return `${sentence}${resent}`.trim()
}

function problems(
  { order, deadLetters, parked }: OrderHistory,
  clock: (at: Date | string) => string
): string[] {
  return [
    order.attention ? 'Needs attention: stock does not reply.' : '',
    undelivered(deadLetters),
    parked
      ? `The broker has rejected its messages since ${clock(parked.parkedAt)}: ${parked.error}`
      : '',
  ]
}

function undelivered(letters: OrderHistory['deadLetters']): string {
  const failed = letters.filter(({ reason }) => reason !== 'waiting')
  const blocked = letters.length - failed.length
  const remedy = 'An operator can redrive the dead letters.'
  if (failed.length > 0) {
    const why = failed[0].error ?? failed[0].reason
    return `${plural(failed.length, 'message')} failed (${why}), ${number(blocked)} more blocked. ${remedy}`
  }
  // Blocked letters without a failed one: the failed letter was discarded.
  return blocked > 0 ? `${plural(blocked, 'message')} not handled yet. ${remedy}` : ''
}
