import type { SignedIn } from '#contracts/actor'
import type { StepRow } from '../../store/timeline.ts'

/** A timeline step. Customers do not see which staff member made it, nor its message and mail. */
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
