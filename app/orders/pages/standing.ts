/*
 * Where an order stands, in sentences: what is so now, what is waited for, and what is wrong.
 */
import { number, plural } from '#admin/format'
import type { Shortage } from '#contracts/fields'
import type { OrderRecord } from '../models/order.ts'
import type { OrderStory } from '../order_story.ts'
import { pieces } from './shown_order.ts'

/** @param clock - a time as the reader reads it */
export function standingOf(story: OrderStory, clock: (at: Date | string) => string): string[] {
  return [now(story, clock), waits(story), ...wrongs(story, clock)].filter((said) => said !== '')
}

function now({ order, steps }: OrderStory, clock: (at: Date | string) => string): string {
  const { status, revision, heldRevision, lines } = order
  const moves = ['placed', 'revised', 'confirmed', 'change_accepted', 'change_declined']
  const since = clock(steps.findLast(({ type }) => moves.includes(type))?.at ?? order.placedAt)
  const many = pieces(lines) !== 1
  const holds = `${plural(pieces(lines), 'piece')} of revision ${heldRevision}`
  const isHeld = `${holds} ${many ? 'are' : 'is'} held`
  switch (status) {
    case 'pending':
      return heldRevision === null
        ? `since ${since}: stock has not answered revision ${revision} yet, nothing is held.`
        : `since ${since}: ${isHeld}, and stock has not answered revision ${revision} yet.`
    case 'updating':
      return `to revision ${revision} since ${since}. Revision ${heldRevision} is held and stays in force until stock answers.`
    case 'confirmed':
      return `since ${since}: ${isHeld} and can be fulfilled.`
    case 'rejected':
      return `at ${clock(order.rejectedAt!)}: ${short(order.shortages)}. Nothing is held.`
    case 'cancelled': {
      const why = order.cancelReason ? `, “${order.cancelReason}”` : ''
      const freed = heldRevision === null ? '' : 'What was held is free again.'
      return `at ${clock(order.cancelledAt!)}${why}. ${order.stockReleasedAt ? freed : ''}`.trim()
    }
    case 'fulfilled': {
      const by = [order.carrier, order.trackingNumber].filter(Boolean).join(' ')
      const deducted = order.stockDeductedAt ? 'Stock is deducted.' : ''
      return `at ${clock(order.fulfilledAt!)}${by ? ` with ${by}` : ''}. ${holds} ${many ? 'have' : 'has'} left. ${deducted}`.trim()
    }
  }
}

/** "TEE-XL: 4 requested, 2 available" */
export function short(shortages: Shortage[]): string {
  return shortages
    .map(({ sku, requested, available }) => {
      return `${sku}: ${number(requested)} requested, ${number(available)} available`
    })
    .join('; ')
}

/** What stock still has to do, and how often it was asked. */
function waits({ order, messages }: OrderStory): string {
  const { status, stockReleasedAt, stockDeductedAt } = order
  const ends: Partial<Record<OrderRecord['status'], string | false>> = {
    pending: 'It',
    updating: 'It',
    cancelled: !stockReleasedAt && 'Stock has not freed what was held yet. It',
    fulfilled: !stockDeductedAt && 'Stock has not deducted it yet. It',
  }
  const waiting = ends[status]
  if (!waiting) return ''
  const asked = messages.filter(({ resendOf, data }) => {
    return resendOf && (data as { revision: number }).revision === order.revision
  }).length
  if (asked > 0) return `${waiting} was asked again ${plural(asked, 'time')}.`
  return waiting === 'It' ? '' : waiting.replace(/ It$/, '')
}

function wrongs(
  { order, deadLetters, parked }: OrderStory,
  clock: (at: Date | string) => string
): string[] {
  return [
    order.attention ? 'It needs attention: stock has been asked in vain.' : '',
    undelivered(deadLetters),
    parked
      ? `The broker refuses what it has to say since ${clock(parked.parkedAt)}: ${parked.error}`
      : '',
  ]
}

function undelivered(letters: OrderStory['deadLetters']): string {
  const failed = letters.filter(({ reason }) => reason !== 'waiting')
  const behind = letters.length - failed.length
  const forWhom = 'dead letters for an operator to redrive.'
  if (failed.length > 0) {
    const why = failed[0].error ?? failed[0].reason
    return `${plural(failed.length, 'message')} about it could not be handled (${why}), ${number(behind)} more wait behind: they are ${forWhom}`
  }
  // The first was discarded.
  return behind > 0
    ? `${plural(behind, 'message')} about it still waiting to be handled: ${forWhom}`
    : ''
}
