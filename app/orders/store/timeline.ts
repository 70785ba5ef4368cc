/*
 * The timeline: each change of an order is one step, numbered with the order's version.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { run } from '#postgres/run'
import type { StepType } from '../order_state_machine.ts'

export interface NewStep {
  orderId: string
  /** The version it made. Assigned under the order's lock, so the sequence has no gap. */
  sequence: number
  at: string
  type: StepType
  status: string
  revision: number
  actor: Actor
  messageId: string | null
  /** `mail`: the kind of mail that the step sends; shown to staff only. */
  detail: Record<string, unknown>
}

/** A step as it is read. */
export interface StepRow {
  sequence: number
  at: Date
  type: string
  status: string
  revision: number
  actor: Actor
  message_id: string | null
  detail: Record<string, unknown>
}

const listeners = new Set<() => void>()

/** Calls the listener after each commit of steps in this process. */
export function onStepsCommitted(listener: () => void) {
  listeners.add(listener)
}

export function stepsCommitted() {
  for (const notify of listeners) notify()
}

const insertStatement = {
  name: 'timeline_insert',
  text: /* sql */ `
    insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id, detail)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
}

export async function insertStep(trx: TransactionClientContract, step: NewStep) {
  await run(trx, insertStatement, [
    step.orderId,
    step.sequence,
    step.at,
    step.type,
    step.status,
    step.revision,
    JSON.stringify(step.actor),
    step.messageId,
    JSON.stringify(step.detail),
  ])
  trx.after('commit', stepsCommitted)
}
