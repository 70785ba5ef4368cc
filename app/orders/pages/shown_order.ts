import type { OrderRecord } from '../models/order.ts'
import type { Status } from '../order_status.ts'
import { total } from '../transformers/order_body.ts'

const TONES: Record<Status, string> = {
  pending: '',
  confirmed: 'accent',
  updating: 'accent',
  rejected: 'bad',
  cancelled: '',
  fulfilled: 'good',
}

/** An order with what pages, slips and files say of it beside its own fields. */
export type ShownOrder = ReturnType<typeof shownOrder>

export function shownOrder(order: OrderRecord) {
  const { lines, currency, shipTo } = order
  return {
    ...order,
    tone: TONES[order.status],
    /** Of the lines in force. */
    pieces: pieces(lines),
    total: { amount: total(lines), currency },
    /** Line by line, as on a parcel; null where none is given. */
    address: shipTo && [shipTo.name, ...shipTo.address, shipTo.country],
  }
}

export function pieces(lines: { quantity: number }[]) {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}
