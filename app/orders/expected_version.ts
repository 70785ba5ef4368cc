import { versionMoved } from './exceptions.ts'
import type { OrderRecord } from './store/order.ts'

/** The version from If-Match that the caller's decision is based on; null accepts any version. */
export type ExpectedVersion = number | null

/**
 * Accepts any version since the last caller's change: replies from inventory do not conflict with the
 * caller's decision.
 *
 * @throws Problem 412 `version_moved`
 */
export function assertExpectedVersion(order: OrderRecord, expected: ExpectedVersion) {
  if (expected === null) return
  if (expected >= order.editedVersion && expected <= order.version) return
  throw versionMoved(order)
}
