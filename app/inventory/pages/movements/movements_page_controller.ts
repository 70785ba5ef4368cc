import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { csvOf, sendSpreadsheet } from '#admin/csv'
import { shownSlice, sliceOf, type Slice } from '#admin/pagination'
import { timesOfDays } from '#http/list_parameters'
import { sentMessages } from '#messaging/recovery/key_history'
import { listMovements, type MovementFilters } from '../../ledger/find_movements.ts'
import { KINDS, type Movement } from '../../ledger/movement.ts'
import { ledgerFilterValidator } from '../validators.ts'
import { orderNumbers, orderOfNumber } from '../../reservations/order_numbers.ts'
import { readLedger, type LedgerRow } from './ledger_rows.ts'

/** An order has at most 100 lines, so replacing all of them moves 200 SKUs. */
const MOST_PER_MESSAGE = 200

/** The ledger of all SKUs: as a page, as a part of an order's timeline, and as CSV. */
export default class MovementsPageController {
  async index({ request, view, zone }: HttpContext) {
    const query = request.qs()
    const shown = await ledgerFilterValidator.validate(query)
    const inTimeline = query.fragment === 'timeline'
    const slice = sliceOf(query, inTimeline ? MOST_PER_MESSAGE : undefined)
    const filters = await filtersOf(shown, zone)
    const rows = filters ? await readLedger(filters, slice) : []
    if (inTimeline) {
      const reply = shown.answer && shown.order && (await replyTo(shown.order, shown.answer))
      return view.render('inventory::pages/timeline', {
        rows,
        reply,
        of: `stock-${shown.message}`,
        from: shown.since && new Date(shown.since),
      })
    }
    return view.render('inventory::pages/movements', {
      ...{ query, filter: shown, kinds: KINDS },
      slice: shownSlice(rows, slice, ({ id }) => [id], query),
    })
  }

  async export(ctx: HttpContext) {
    const { request, zone } = ctx
    const filters = await filtersOf(await ledgerFilterValidator.validate(request.qs()), zone)
    const lines = csvOf(
      COLUMNS,
      async (slice) => (filters ? readExport(filters, slice) : []),
      ({ id }) => [id]
    )
    return sendSpreadsheet(ctx, 'movements.csv', lines)
  }
}

/** Inventory's reply to a message about an order. */
async function replyTo(orderId: string, messageId: string) {
  const [reply] = await sentMessages(db.connection('inventory'), orderId, { messageId })
  return reply
}

type ShownFilter = Awaited<ReturnType<typeof ledgerFilterValidator.validate>>

/** @returns null if no order has the number of the filter: nothing matches */
async function filtersOf(
  {
    from,
    to,
    actor,
    order,
    number,
    message,
    answer,
    since,
    import: importId,
    undo,
    ...rest
  }: ShownFilter,
  zone: string
): Promise<MovementFilters | null> {
  const numbered = number && (await orderOfNumber(db.connection('inventory'), number.toUpperCase()))
  if (numbered === null || (numbered && order && numbered !== order)) return null
  return {
    ...rest,
    ...{ actorId: actor, orderId: numbered || order, messageId: message, importId, undone: undo },
    ...timesOfDays(from, to, zone),
  }
}

async function readExport(filters: MovementFilters, slice: Slice): Promise<ExportRow[]> {
  const rows = await listMovements(filters, slice)
  const ids = rows.map(({ orderId }) => orderId)
  const numbers = await orderNumbers(db.connection('inventory'), ids)
  return rows.map((row) => ({ ...row, orderNumber: numbers.get(row.orderId!) ?? null }))
}

type ExportRow = Movement & Pick<LedgerRow, 'orderNumber'>

const COLUMNS: [string, (row: ExportRow) => unknown][] = [
  ['at', (row) => row.at.toISOString()],
  ['sku', (row) => row.sku],
  ['kind', (row) => row.kind],
  ['on_hand_delta', (row) => row.onHandDelta],
  ['reserved_delta', (row) => row.reservedDelta],
  ['on_hand', (row) => row.onHand],
  ['reserved', (row) => row.reserved],
  ['reason', (row) => row.reason],
  ['note', (row) => row.note],
  ['reference', (row) => row.reference],
  ['actor', (row) => row.actor.name],
  ['order_id', (row) => row.orderId],
  ['message_id', (row) => row.messageId],
  ['import_id', (row) => row.importId],
  ['reversal_of', (row) => row.reversalOf],
  ['id', (row) => row.id],
  ['order_number', (row) => row.orderNumber],
]
