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
export const KINDS = Object.keys(MOVEMENT_KINDS) as MovementKind[]

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
  /** The reason for an adjustment. */
  reason: string | null
  note: string | null
  /** The caller's own reference, for example a purchase order number. */
  reference: string | null
  actor: Actor
  /** The order, its revision and the message that caused a reserve, release or deduct movement. */
  orderId: string | null
  revision: number | null
  messageId: string | null
  /** The import or receipt that the movement belongs to. */
  importId: string | null
  /** The movement that this one undoes. */
  reversalOf: string | null
  at: Date
}

type Required = 'sku' | 'kind' | 'onHandDelta' | 'reservedDelta' | 'actor'
type Computed = 'id' | 'onHand' | 'reserved' | 'at'

/** A movement to be written. */
export interface NewMovement
  extends Pick<Movement, Required>, Partial<Omit<Movement, Required | Computed>> {
  /** True when an import counted the stock; movements of kind `count` need no flag. */
  counted?: boolean
}
