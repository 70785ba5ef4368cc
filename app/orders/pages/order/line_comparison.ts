import type { OrderRecord, PricedLine } from '../../store/order.ts'
import type { OrderHistory } from '../../queries/order_history.ts'
import { countUnits, totalOf } from '../../order_lines.ts'

export interface LineRow {
  sku: string
  name: string
  unitPrice: number
  /** Units held, or held when the order ended; null if nothing is held. */
  held: number | null
  /** Requested units; null if the held lines are the target. */
  wanted: number | null
  /** Price of the units that count in the total, in minor units. */
  amount: number
}

/** The held lines beside the requested ones, one row per SKU and price. */
export function compareLines({ order }: OrderHistory) {
  const { lines, requestedLines, heldRevision, revision, currency } = order
  const target = requestedLines ?? lines
  const rows = [...Map.groupBy([...target, ...lines], keyOf).values()].map(([line]) => line)
  return {
    columns: columnsOf(order),
    rows: rows.map((line): LineRow => {
      const { sku, name, unitPrice } = line
      const wanted = unitsLike(line, target)
      return {
        ...{ sku, name, unitPrice, amount: wanted * unitPrice },
        held: heldRevision === null ? null : unitsLike(line, lines),
        wanted: heldRevision === null || requestedLines ? wanted : null,
      }
    }),
    units: countUnits(target),
    revision: requestedLines ? revision : (heldRevision ?? revision),
    total: { amount: totalOf(target), currency },
  }
}

/** The headings of the two columns; null for a column without values. */
function columnsOf({ status, heldRevision, requestedLines, revision }: OrderRecord) {
  const holds = { fulfilled: 'Shipped', cancelled: 'Was held' }[status as string] ?? 'Held'
  return {
    held: heldRevision === null ? null : `${holds}, r${heldRevision}`,
    wanted: requestedLines ? `Requested, r${revision}` : heldRevision === null ? 'Requested' : null,
  }
}

function keyOf({ sku, unitPrice }: PricedLine) {
  return `${sku} ${unitPrice}`
}

function unitsLike(line: PricedLine, lines: PricedLine[]) {
  return countUnits(lines.filter((other) => keyOf(other) === keyOf(line)))
}
