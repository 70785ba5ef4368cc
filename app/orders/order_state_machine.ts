/*
 * The order state machine: pure functions from a state and a trigger to a transition.
 *
 * Each message about an order carries its target: the lines to hold from this revision on. Each reply from
 * inventory names the revision that it replies to and the revision whose lines are held now.
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
  /** The revision of the target, from 1. */
  revision: number
  /** The revision whose lines are held; null if none are known to be. */
  heldRevision: number | null
  /** Whether a confirmation was announced to the customer. */
  wasConfirmed: boolean
  /** Whether inventory has released or deducted the stock of a cancelled or fulfilled order. */
  endAcknowledged: boolean
}

/** A request from a caller. */
export type Request =
  | { kind: 'revise' }
  | { kind: 'cancel' }
  /** `revision`: the revision of the lines in the parcel. */
  | { kind: 'fulfil'; revision: number }

/** A reply from inventory. */
export interface StockReply {
  kind: 'stock_reply'
  outcome: 'reserved' | 'rejected' | 'released' | 'deducted'
  revision: number
  heldRevision: number | null
}

export type Trigger = Request | StockReply

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

export type EmittedType =
  'order_revised' | 'order_cancelled' | 'order_fulfilled' | 'order_confirmed' | 'order_rejected'

export type MailKind =
  | 'order_confirmed'
  | 'order_rejected'
  | 'change_accepted'
  | 'change_declined'
  | 'order_cancelled'
  | 'order_fulfilled'

/** An action that a caller can request, by its name in the API. */
export type CallerAction = 'change' | 'cancellation' | 'fulfilment'

export interface Transition {
  outcome: 'applied'
  to: OrderState
  /** The type of its step in the timeline. */
  step: StepType
  /** The type of its message; null for none. */
  emits: EmittedType | null
  /** The mail to the customer; null for none. */
  mail: MailKind | null
}

/** A request that the state does not allow. */
export interface Refusal {
  outcome: 'refused'
  code: 'order_not_open' | 'order_not_confirmed' | 'revision_moved'
}

/**
 * A reply without effect. `stale`: for an older revision. `repeated`: applied before. `unexpected`: it
 * matches no request.
 */
export interface NoEffect {
  outcome: 'stale' | 'repeated' | 'unexpected'
}

/** The effect of a trigger on an order in this state. */
export function transition(from: OrderState, request: Request): Transition | Refusal
export function transition(from: OrderState, reply: StockReply): Transition | NoEffect
export function transition(from: OrderState, trigger: Trigger): Transition | Refusal | NoEffect
export function transition(from: OrderState, trigger: Trigger) {
  switch (trigger.kind) {
    case 'revise':
      return revise(from)
    case 'cancel':
      return cancel(from)
    case 'fulfil':
      return fulfil(from, trigger.revision)
    case 'stock_reply':
      return applyReply(from, trigger)
  }
}

/** The actions that the state allows. */
export function allowedActions(from: OrderState): CallerAction[] {
  const actions: [CallerAction, Request][] = [
    ['change', { kind: 'revise' }],
    ['cancellation', { kind: 'cancel' }],
    ['fulfilment', { kind: 'fulfil', revision: from.heldRevision ?? 0 }],
  ]
  return actions
    .filter(([, request]) => transition(from, request).outcome === 'applied')
    .map(([name]) => name)
}

function revise(from: OrderState): Transition | Refusal {
  if (!isOpen(from)) return { outcome: 'refused', code: 'order_not_open' }
  const status = from.status === 'pending' ? 'pending' : 'updating'
  return applied({ ...from, status, revision: from.revision + 1 }, 'revised', 'order_revised')
}

/** Takes effect at once, because inventory cannot refuse a release. */
function cancel(from: OrderState): Transition | Refusal {
  if (!isOpen(from)) return { outcome: 'refused', code: 'order_not_open' }
  const to = { ...from, status: 'cancelled' as const, revision: from.revision + 1 }
  return applied(to, 'cancelled', 'order_cancelled', 'order_cancelled')
}

function fulfil(from: OrderState, packed: number): Transition | Refusal {
  if (!isOpen(from)) return { outcome: 'refused', code: 'order_not_open' }
  if (from.status !== 'confirmed') return { outcome: 'refused', code: 'order_not_confirmed' }
  if (packed !== from.heldRevision) return { outcome: 'refused', code: 'revision_moved' }
  const to = { ...from, status: 'fulfilled' as const, revision: from.revision + 1 }
  return applied(to, 'fulfilled', 'order_fulfilled', 'order_fulfilled')
}

function applyReply(before: OrderState, reply: StockReply): Transition | NoEffect {
  if (reply.revision > before.revision) return { outcome: 'unexpected' }
  const from = { ...before, heldRevision: latestHeld(before, reply) }
  if (reply.revision < before.revision) {
    return from.heldRevision === before.heldRevision
      ? { outcome: 'stale' }
      : applied(from, 'holding_moved')
  }
  const { status } = from
  const { outcome } = reply
  if (
    (status === 'cancelled' && outcome === 'released') ||
    (status === 'fulfilled' && outcome === 'deducted')
  ) {
    if (from.endAcknowledged) return { outcome: 'repeated' }
    return applied({ ...from, endAcknowledged: true }, `stock_${outcome}`)
  }
  if (outcome !== 'reserved' && outcome !== 'rejected') return { outcome: 'unexpected' }
  if (status === 'confirmed' || status === 'rejected') return { outcome: 'repeated' }
  if (!awaitsReply(status)) return { outcome: 'unexpected' }
  if (from.heldRevision === null) {
    return applied({ ...from, status: 'rejected' }, 'rejected', 'order_rejected', 'order_rejected')
  }
  return confirm(from, outcome)
}

/** Confirms the lines of `heldRevision`: after a rejected change these are the lines held before. */
function confirm(from: OrderState, outcome: 'reserved' | 'rejected'): Transition {
  const to = { ...from, status: 'confirmed' as const, wasConfirmed: true }
  if (!from.wasConfirmed) return applied(to, 'confirmed', 'order_confirmed', 'order_confirmed')
  const change = outcome === 'reserved' ? 'change_accepted' : 'change_declined'
  return applied(to, change, 'order_confirmed', change)
}

/** Even a stale reply can raise the held revision; none lowers it, and null changes nothing. */
function latestHeld({ heldRevision: known }: OrderState, { heldRevision: replied }: StockReply) {
  return replied !== null && replied > (known ?? 0) ? replied : known
}

/** Whether inventory's reply decides the next status. */
export function awaitsReply(status: string) {
  return status === 'pending' || status === 'updating'
}

function isOpen({ status }: OrderState) {
  return status === 'pending' || status === 'confirmed' || status === 'updating'
}

function applied(
  to: OrderState,
  step: StepType,
  emits: EmittedType | null = null,
  mail: MailKind | null = null
): Transition {
  return { outcome: 'applied', to, step, emits, mail }
}
