/*
 * The life of an order as one pure table: state and trigger in, move out. No clock, no database.
 *
 * Each message about an order carries the target lines at a revision: what should be held from now on.
 * Each answer carries the revision that it answers and the revision whose lines are held.
 */

export const STATUSES = [
  'pending',
  'confirmed',
  'updating',
  'rejected',
  'cancelled',
  'fulfilled',
] as const

export type Status = (typeof STATUSES)[number]

export interface OrderState {
  status: Status
  /** What should be held, numbered from 1. */
  revision: number
  /** Whose lines are held, null while none are known to be. */
  heldRevision: number | null
  /** Whether the customer has been told of a confirmation. */
  wasConfirmed: boolean
  /** Whether inventory has answered the end of the order: released or deducted what was held. */
  stockSettled: boolean
}

/** What a caller asks. */
export type Request =
  | { kind: 'revise' }
  | { kind: 'cancel' }
  /** `revision` names the lines in the parcel. */
  | { kind: 'fulfil'; revision: number }

/** What inventory says. */
export interface Answer {
  kind: 'answer'
  outcome: 'reserved' | 'rejected' | 'released' | 'deducted'
  revision: number
  heldRevision: number | null
}

export type Trigger = Request | Answer

export type StepType =
  | 'placed'
  | 'revised'
  | 'details_changed'
  | 'confirmed'
  | 'rejected'
  | 'change_accepted'
  | 'change_declined'
  | 'cancelled'
  | 'fulfilled'
  | 'stock_released'
  | 'stock_deducted'
  | 'holding_moved'
  | 'attention'

export type Says =
  'order_revised' | 'order_cancelled' | 'order_fulfilled' | 'order_confirmed' | 'order_rejected'

export type MailKind =
  | 'order_confirmed'
  | 'order_rejected'
  | 'change_accepted'
  | 'change_declined'
  | 'order_cancelled'
  | 'order_fulfilled'

export type CallerMove = 'change' | 'cancellation' | 'fulfilment'

export interface Move {
  outcome: 'moved'
  to: OrderState
  step: StepType
  says: Says | null
  mail: MailKind | null
}

/** A caller's move that the state does not allow. */
export interface Refusal {
  outcome: 'refused'
  code: 'order_not_open' | 'order_not_confirmed' | 'revision_moved'
}

/**
 * An answer that moves no status. `stale`: it answers an older revision. `repeated`: it was settled
 * before. `unexpected`: nobody asked for it. It is counted and logged, never silent.
 */
export interface Unmoved {
  outcome: 'stale' | 'repeated' | 'unexpected'
}

/** What a trigger does to an order in this state. */
export function move(from: OrderState, request: Request): Move | Refusal
export function move(from: OrderState, answer: Answer): Move | Unmoved
export function move(from: OrderState, trigger: Trigger): Move | Refusal | Unmoved
export function move(from: OrderState, trigger: Trigger) {
  switch (trigger.kind) {
    case 'revise':
      return revise(from)
    case 'cancel':
      return cancel(from)
    case 'fulfil':
      return fulfil(from, trigger.revision)
    case 'answer':
      return settle(from, trigger)
  }
}

/** What a caller may ask of an order in this state, as the API calls it. */
export function allowedMoves(from: OrderState): CallerMove[] {
  const moves: [CallerMove, Request][] = [
    ['change', { kind: 'revise' }],
    ['cancellation', { kind: 'cancel' }],
    ['fulfilment', { kind: 'fulfil', revision: from.heldRevision ?? 0 }],
  ]
  return moves
    .filter(([, trigger]) => move(from, trigger).outcome === 'moved')
    .map(([name]) => name)
}

function revise(from: OrderState): Move | Refusal {
  if (!isOpen(from)) return { outcome: 'refused', code: 'order_not_open' }
  const status = from.status === 'pending' ? 'pending' : 'updating'
  return moved({ ...from, status, revision: from.revision + 1 }, 'revised', 'order_revised')
}

/** A release cannot be refused, so an order is cancelled at once. */
function cancel(from: OrderState): Move | Refusal {
  if (!isOpen(from)) return { outcome: 'refused', code: 'order_not_open' }
  const to = { ...from, status: 'cancelled' as const, revision: from.revision + 1 }
  return moved(to, 'cancelled', 'order_cancelled', 'order_cancelled')
}

function fulfil(from: OrderState, packed: number): Move | Refusal {
  if (!isOpen(from)) return { outcome: 'refused', code: 'order_not_open' }
  if (from.status !== 'confirmed') return { outcome: 'refused', code: 'order_not_confirmed' }
  if (packed !== from.heldRevision) return { outcome: 'refused', code: 'revision_moved' }
  const to = { ...from, status: 'fulfilled' as const, revision: from.revision + 1 }
  return moved(to, 'fulfilled', 'order_fulfilled', 'order_fulfilled')
}

function settle(before: OrderState, answer: Answer): Move | Unmoved {
  if (answer.revision > before.revision) return { outcome: 'unexpected' }
  const from = { ...before, heldRevision: laterHolding(before, answer) }
  if (answer.revision < before.revision) {
    return from.heldRevision === before.heldRevision
      ? { outcome: 'stale' }
      : moved(from, 'holding_moved')
  }
  const { status } = from
  const { outcome } = answer
  if (
    (status === 'cancelled' && outcome === 'released') ||
    (status === 'fulfilled' && outcome === 'deducted')
  ) {
    if (from.stockSettled) return { outcome: 'repeated' }
    return moved({ ...from, stockSettled: true }, `stock_${outcome}`)
  }
  if (outcome !== 'reserved' && outcome !== 'rejected') return { outcome: 'unexpected' }
  if (status === 'confirmed' || status === 'rejected') return { outcome: 'repeated' }
  if (!awaitsAnswer(status)) return { outcome: 'unexpected' }
  if (from.heldRevision === null) {
    return moved({ ...from, status: 'rejected' }, 'rejected', 'order_rejected', 'order_rejected')
  }
  return confirm(from, outcome)
}

/** Confirmed with the lines of `heldRevision`: on a refusal what was held stays held. */
function confirm(from: OrderState, outcome: 'reserved' | 'rejected'): Move {
  const to = { ...from, status: 'confirmed' as const, wasConfirmed: true }
  if (!from.wasConfirmed) return moved(to, 'confirmed', 'order_confirmed', 'order_confirmed')
  const change = outcome === 'reserved' ? 'change_accepted' : 'change_declined'
  return moved(to, change, 'order_confirmed', change)
}

/** An answer moves what is held forward only, the stale ones too; null moves nothing. */
function laterHolding({ heldRevision: known }: OrderState, { heldRevision: told }: Answer) {
  return told !== null && told > (known ?? 0) ? told : known
}

/** Whether inventory's answer decides what becomes of the order. */
export function awaitsAnswer(status: string) {
  return status === 'pending' || status === 'updating'
}

function isOpen({ status }: OrderState) {
  return status === 'pending' || status === 'confirmed' || status === 'updating'
}

function moved(
  to: OrderState,
  step: StepType,
  says: Says | null = null,
  mail: MailKind | null = null
): Move {
  return { outcome: 'moved', to, step, says, mail }
}
