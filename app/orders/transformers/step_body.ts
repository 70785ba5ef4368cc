import type { SignedIn } from '#contracts/actor'
import type { StepRow } from '../models/step_row.ts'

/** A step of the timeline. Customers learn neither who of the staff it was nor of our messages and mails. */
export function stepBody(step: StepRow, reader: SignedIn) {
  const { sequence, at, type, status, revision, actor } = step
  const { mail, ...detail } = step.detail
  const isCustomer = reader.role === 'customer'
  return {
    sequence,
    at: at.toISOString(),
    type,
    status,
    revision,
    actor: isCustomer && actor.kind === 'staff' ? { kind: 'staff', id: null, name: null } : actor,
    messageId: isCustomer ? null : step.message_id,
    detail: isCustomer ? detail : step.detail,
  }
}
