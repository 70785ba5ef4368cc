import { versionMoved } from './exceptions.ts'
import type { OrderRecord } from './models/order.ts'

/** The version that a caller decided on, from If-Match; null when any will do. */
export type SeenVersion = number | null

/**
 * Lets pass whoever has seen the last caller's change: inventory's answers since then take nothing away
 * from what the caller decided on.
 *
 * @throws Problem 412 `version_moved`
 */
export function assertUnedited(order: OrderRecord, seen: SeenVersion) {
  if (seen === null || (seen >= order.editedVersion && seen <= order.version)) return
  throw versionMoved(order)
}
