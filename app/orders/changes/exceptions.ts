import { entityTag } from '#http/headers/if_match'
import { Problem } from '#http/problem'
import { allowedActions, type Refusal } from '../order_state_machine.ts'
import { heldNow, stateOf, type OrderRecord } from '../store/order.ts'

/** The version that the caller's decision is based on, or several of which one is; null accepts any version. */
export type ExpectedVersion = number | readonly number[] | null

/**
 * Accepts any version since the last caller's change: replies from inventory do not conflict with the
 * caller's decision.
 *
 * @throws Problem 412 `version_moved`
 */
export function assertExpectedVersion(order: OrderRecord, expected: ExpectedVersion) {
  const { editedVersion, version } = order
  if (expected === null) return
  if ([expected].flat().some((one) => one >= editedVersion && one <= version)) return
  throw new Problem(
    'version_moved',
    `The order is at version ${version}; a caller last changed it at version ${editedVersion}. Read it again, and repeat the request with the new ETag if it still applies.`,
    { headers: { ETag: entityTag(version) }, members: { current: current(order) } }
  )
}

/** The order's state does not allow the action. Its members are the state and the allowed actions. */
export function actionRefused(order: OrderRecord, { code }: Refusal, members: object = {}) {
  const { status, heldRevision, version } = order
  const reasons: Record<Refusal['code'], string> = {
    order_not_open: `The order is ${status} and cannot be changed.`,
    order_not_confirmed: `The order is ${status}. Fulfil it when it is confirmed.`,
    revision_moved: `The lines in force are those of revision ${heldRevision}, not those in the parcel. Repack the order, and fulfil revision ${heldRevision}.`,
  }
  return new Problem(code, reasons[code], {
    headers: { ETag: entityTag(version) },
    members: { current: current(order), allowed: allowedActions(stateOf(order)), ...members },
  })
}

function current(order: OrderRecord) {
  const { status, revision, version } = order
  return { status, revision, heldRevision: heldNow(order), version }
}
