import { csvOf } from '#admin/csv'
import type { SignedIn } from '#contracts/actor'
import { majorUnits } from '#http/currencies'
import { listForDesk, type DeskFilter } from './list_orders.ts'
import { orderView, type OrderView } from '../order_view.ts'

const COLUMNS: [string, (order: OrderView) => unknown][] = [
  ['number', ({ number }) => number],
  ['id', ({ id }) => id],
  ['reference', ({ reference }) => reference],
  ['status', ({ status }) => status],
  ['attention', ({ attention }) => (attention ? 'yes' : '')],
  ['revision', ({ revision }) => revision],
  ['held_revision', ({ held }) => held],
  ['placed_at', ({ placedAt }) => placedAt],
  ['updated_at', ({ updatedAt }) => updatedAt],
  ['email', ({ email }) => email],
  ['name', ({ name }) => name],
  ['ship_to', ({ address }) => address?.join(', ')],
  ['lines', ({ lines }) => lines.map(({ sku, quantity }) => `${quantity} ${sku}`).join(', ')],
  ['pieces', ({ units }) => units],
  ['total', ({ total }) => majorUnits(total)],
  ['currency', ({ currency }) => currency],
  ['cancel_reason', ({ cancelReason }) => cancelReason],
  ['fulfilled_at', ({ fulfilledAt }) => fulfilledAt],
  ['carrier', ({ carrier }) => carrier],
  ['tracking_number', ({ trackingNumber }) => trackingNumber],
]

/** The matching orders as CSV, newest first. */
export function ordersCsv(reader: SignedIn, filter: DeskFilter, zone: string) {
  return csvOf<OrderView>(
    COLUMNS,
    async (slice) => {
      const orders = await listForDesk(reader, filter, slice, zone)
      return orders.map(orderView)
    },
    ({ id }) => [id]
  )
}
