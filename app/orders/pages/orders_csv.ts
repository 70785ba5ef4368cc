import { csvLine } from '#admin/csv'
import { major } from '#admin/format'
import type { SignedIn } from '#contracts/actor'
import { listForDesk, type DeskFilter } from './desk_list.ts'
import { shownOrder, type ShownOrder } from './shown_order.ts'

const READ_AT_ONCE = 1_000

const COLUMNS: [string, (order: ShownOrder) => unknown][] = [
  ['number', ({ number }) => number],
  ['id', ({ id }) => id],
  ['reference', ({ reference }) => reference],
  ['status', ({ status }) => status],
  ['attention', ({ attention }) => (attention ? 'yes' : '')],
  ['revision', ({ revision }) => revision],
  ['held_revision', ({ heldRevision }) => heldRevision],
  ['placed_at', ({ placedAt }) => placedAt],
  ['updated_at', ({ updatedAt }) => updatedAt],
  ['email', ({ email }) => email],
  ['name', ({ name }) => name],
  ['ship_to', ({ address }) => address?.join(', ')],
  ['lines', ({ lines }) => lines.map(({ sku, quantity }) => `${quantity} ${sku}`).join(', ')],
  ['pieces', ({ pieces }) => pieces],
  ['total', ({ total }) => Number(major(total))],
  ['currency', ({ currency }) => currency],
  ['cancel_reason', ({ cancelReason }) => cancelReason],
  ['fulfilled_at', ({ fulfilledAt }) => fulfilledAt],
  ['carrier', ({ carrier }) => carrier],
  ['tracking_number', ({ trackingNumber }) => trackingNumber],
]

/** The orders of a filter as CSV, newest first, some at a time: a list of any length passes through. */
export async function* ordersCsv(reader: SignedIn, filter: DeskFilter, zone: string) {
  yield csvLine(COLUMNS.map(([name]) => name))
  let from: string[] | null = null
  for (;;) {
    const rows = await listForDesk(
      reader,
      filter,
      { from, backwards: false, limit: READ_AT_ONCE },
      zone
    )
    const page = rows.slice(0, READ_AT_ONCE).map(shownOrder)
    yield page.map((order) => csvLine(COLUMNS.map(([, value]) => value(order)))).join('')
    if (rows.length <= READ_AT_ONCE) return
    from = [page.at(-1)!.id]
  }
}
