/*
 * The timeline: each change of an order is one step, numbered by the order's version.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { run } from '#messaging/sql'
import { stepFeed } from '../live/step_feed.ts'
import type { StepType } from '../order_status.ts'

export interface NewStep {
  orderId: string
  /** The version that it made: drawn under the order's lock, so that steps have no gap. */
  sequence: number
  at: string
  type: StepType
  status: string
  revision: number
  actor: Actor
  messageId: string | null
  /** `mail` names the mail that the step sends; for staff's eyes. */
  detail: Record<string, unknown>
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
  trx.after('commit', () => stepFeed.committed())
}
