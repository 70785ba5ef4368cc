import type { Actor } from '#contracts/actor'

/** Movement kinds and their descriptions. */
export const MOVEMENT_KINDS = {
  restock: 'goods received',
  reserve: 'an order holds more units',
  release: 'an order holds fewer units',
  deduct: 'an order shipped',
  adjust: 'a manual correction',
  count: 'a stock count',
  import: 'a row of an imported file',
  reversal: 'an undone movement',
}

export type MovementKind = keyof typeof MOVEMENT_KINDS

/** A movement to be written. */
export interface NewMovement {
  sku: string
  kind: MovementKind
  onHandDelta: number
  reservedDelta: number
  actor: Actor
  /** The order, its revision and the message that caused a reserve, release or deduct movement. */
  orderId?: string
  revision?: number
  messageId?: string
  /** The caller's own reference, for example a purchase order number. */
  reference?: string | null
  /** True when an import counted the stock; movements of kind `count` need no flag. */
  counted?: boolean
  /** The reason for an adjustment. */
  reason?: string | null
  note?: string | null
  /** The import or receipt that the movement belongs to. */
  importId?: string | null
  /** The movement that this one undoes. */
  reversalOf?: string | null
}

/** A movement in the ledger, in the shape that the API returns. */
export interface Movement {
  id: string
  sku: string
  kind: MovementKind
  onHandDelta: number
  reservedDelta: number
  /** Balances after the movement. */
  onHand: number
  reserved: number
  reason: string | null
  note: string | null
  reference: string | null
  actor: Actor
  orderId: string | null
  revision: number | null
  messageId: string | null
  importId: string | null
  reversalOf: string | null
  /** ISO 8601, UTC. */
  at: string
}

/** A row of the table `movements`. */
export interface MovementRow {
  id: string
  sku: string
  kind: MovementKind
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

export function movementOf(row: MovementRow): Movement {
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
