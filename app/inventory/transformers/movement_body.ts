import type { Actor } from '#contracts/actor'
import type { Answer } from '#http/idempotency'
import type { Movement } from '../ledger.ts'

/** A row of the ledger as the database has it. */
export interface MovementRow {
  id: string
  sku: string
  kind: string
  on_hand_delta: number
  reserved_delta: number
  on_hand: number
  reserved: number
  reason: string | null
  note: string | null
  reference: string | null
  actor: Actor
  order_id: string | null
  revision: number | null
  message_id: string | null
  import_id: string | null
  reversal_of: string | null
  at: Date
}

/** A movement as the API shows it. */
export function movementBody(row: MovementRow) {
  return {
    id: row.id,
    sku: row.sku,
    kind: row.kind,
    onHandDelta: row.on_hand_delta,
    reservedDelta: row.reserved_delta,
    onHand: row.on_hand,
    reserved: row.reserved,
    reason: row.reason,
    note: row.note,
    reference: row.reference,
    actor: row.actor,
    orderId: row.order_id,
    revision: row.revision,
    messageId: row.message_id,
    importId: row.import_id,
    reversalOf: row.reversal_of,
    at: row.at.toISOString(),
  }
}

/** What is answered to whoever has caused a movement. */
export function movementAnswer(movement: Movement): Answer & { body: MovementBody } {
  return { status: 201, headers: {}, body: newMovementBody(movement) }
}

export type MovementBody = ReturnType<typeof movementBody>

/** A movement just written, in the same shape. */
export function newMovementBody(movement: Movement) {
  return movementBody({
    id: movement.id,
    sku: movement.sku,
    kind: movement.kind,
    on_hand_delta: movement.onHandDelta,
    reserved_delta: movement.reservedDelta,
    on_hand: movement.onHand,
    reserved: movement.reserved,
    reason: movement.reason ?? null,
    note: movement.note ?? null,
    reference: movement.reference ?? null,
    actor: movement.actor,
    order_id: movement.orderId ?? null,
    revision: movement.revision ?? null,
    message_id: movement.messageId ?? null,
    import_id: movement.importId ?? null,
    reversal_of: movement.reversalOf ?? null,
    at: new Date(movement.at),
  })
}
