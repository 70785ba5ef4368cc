import { heldNow, targetLines, type OrderRecord } from '../store/order.ts'
import { countUnits, perSku, totalOf } from '../order_lines.ts'
import type { Status } from '../order_state_machine.ts'

/** The tone of each status in pages; empty for neutral. */
export const TONES: Record<Status, string> = {
  pending: '',
  confirmed: 'accent',
  updating: 'accent',
  rejected: 'bad',
  cancelled: '',
  fulfilled: 'good',
}

/** An order with the values that pages, slips and CSV files derive from it. */
export type OrderView = ReturnType<typeof orderView>

export function orderView(order: OrderRecord) {
  const { lines, currency, shipTo } = order
  return {
    ...order,
    tone: TONES[order.status],
    held: heldNow(order),
    /** The target, one row per SKU. */
    target: perSku(targetLines(order)),
    /** Units of the lines in force. */
    units: countUnits(lines),
    total: { amount: totalOf(lines), currency },
    /** Line by line, as on a parcel; null for none. */
    address: shipTo && [shipTo.name, ...shipTo.address, shipTo.country],
  }
}
