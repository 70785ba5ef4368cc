import type { Actor, SignedIn } from '#contracts/actor'

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

/** A step of the timeline. Customers learn neither who of the staff it was nor our message ids. */
export function stepBody(step: StepRow, reader: SignedIn) {
  const { sequence, at, type, status, revision, actor, detail } = step
  const isCustomer = reader.role === 'customer'
  return {
    sequence,
    at: at.toISOString(),
    type,
    status,
    revision,
    actor: isCustomer && actor.kind === 'staff' ? { kind: 'staff', id: null, name: null } : actor,
    messageId: isCustomer ? null : step.message_id,
    detail,
  }
}
