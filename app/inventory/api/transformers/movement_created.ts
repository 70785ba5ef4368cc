import type { StoredResponse } from '#http/idempotency'
import type { Movement } from '../../ledger/movement.ts'

/** The response to a request that created a movement. */
export function movementCreated(movement: Movement): StoredResponse & { body: Movement } {
  return { status: 201, headers: {}, body: movement }
}
