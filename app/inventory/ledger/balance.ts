/** Units on hand of one SKU. */
export const MOST_ON_HAND = 2_000_000_000
/** Units that one change adds or removes. */
export const MOST_AT_ONCE = 1_000_000

/** The stock of one SKU, in units. */
export interface Balance {
  onHand: number
  /** Units on hand that orders hold. */
  reserved: number
}

export interface LowStockBalance extends Balance {
  /** The stock is low when no more units than this are available; null: never. */
  lowStockAt: number | null
  /** Whether the stock was low when it was last reported. */
  isLow: boolean
}

/** A balance that the current transaction has locked. */
export interface LockedBalance extends LowStockBalance {
  /** The SKU's newest movement; null before the first one. */
  lastMovementId: string | null
}
