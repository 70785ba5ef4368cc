import env from '#start/env'

/** Milliseconds to wait for inventory's reply before re-sending the request. */
export const replyTimeout = env.get('ANSWER_TIMEOUT')

/** Placements in progress at a time in this process. Others wait, or are rejected under overload. */
export const placementsAtOnce = env.get('PLACEMENTS_AT_ONCE')

/**
 * Limits per customer account; null for no limit. They do not apply to orders that staff and services place or
 * change.
 */
export const customerLimits = {
  /** Units of one SKU in one order. */
  lineUnits: env.get('CUSTOMER_LINE_PIECES'),
  /** Orders of the account that are pending, confirmed or updating. */
  openOrders: env.get('CUSTOMER_OPEN_ORDERS'),
  /** Units that these orders hold or request. */
  heldUnits: env.get('CUSTOMER_HELD_PIECES'),
}
