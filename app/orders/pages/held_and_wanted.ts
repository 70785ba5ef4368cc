import type { OrderRecord, PricedLine } from '../models/order.ts'
import type { OrderStory } from '../order_story.ts'
import { total } from '../transformers/order_body.ts'
import { pieces } from './shown_order.ts'

export interface LineRow {
  sku: string
  name: string
  unitPrice: number
  /** Pieces that are held, or were to the end; null while nothing is. */
  held: number | null
  /** Pieces asked for, while something else is held; null when nothing else is asked for. */
  wanted: number | null
  /** Of those that count in the total. */
  amount: number
}

/** The order's lines: those held against those wanted. */
export function linesHeldAndWanted({ order }: OrderStory) {
  const { lines, requestedLines, heldRevision, revision, currency } = order
  const target = requestedLines ?? lines
  const rows = [...target, ...lines.filter(({ sku }) => !target.some((line) => line.sku === sku))]
  return {
    columns: columnsOf(order),
    rows: rows.map(({ sku, name, unitPrice }): LineRow => {
      const wanted = piecesOf(target, sku)
      return {
        ...{ sku, name, unitPrice, amount: wanted * unitPrice },
        held: heldRevision === null ? null : piecesOf(lines, sku),
        wanted: heldRevision === null || requestedLines ? wanted : null,
      }
    }),
    pieces: pieces(target),
    revision: requestedLines ? revision : (heldRevision ?? revision),
    total: { amount: total(target), currency },
  }
}

/** What the two columns are called; null for one that would be empty. */
function columnsOf({ status, heldRevision, requestedLines, revision }: OrderRecord) {
  const holds = { fulfilled: 'Shipped', cancelled: 'Was held' }[status as string] ?? 'Held'
  return {
    held: heldRevision === null ? null : `${holds}, r${heldRevision}`,
    wanted: requestedLines ? `Wanted, r${revision}` : heldRevision === null ? 'Wanted' : null,
  }
}

function piecesOf(lines: PricedLine[], sku: string) {
  return lines.find((line) => line.sku === sku)?.quantity ?? 0
}
