/*
 * Maps the headings of the first line to columns. Headings vary between tools and languages.
 */
import { isBlank, trimmed, UNSEEN } from '#http/characters'
import { UnreadableFile } from './unreadable_file.ts'
import { printable } from './printable.ts'

export const COLUMNS = [
  ...(['sku', 'name', 'price', 'currency', 'low_stock_at', 'barcode', 'active'] as const),
  ...(['counted', 'received'] as const),
]
export type Column = (typeof COLUMNS)[number]

/** Other headings, normalized by `plainName`. */
const ALIASES: Record<Column, string[]> = {
  sku: ['article', 'articlenumber', 'articleno', 'itemnumber', 'itemno', 'partnumber', 'productcode', 'artikel', 'artikelnummer', 'artikelnr'], // prettier-ignore
  name: ['title', 'productname', 'itemname', 'description', 'bezeichnung', 'artikelname'],
  price: ['unitprice', 'preis', 'prix'],
  currency: ['währung', 'waehrung', 'devise'],
  low_stock_at: ['lowstock', 'lowat', 'minimum', 'minimumstock', 'reorderpoint', 'mindestbestand'],
  barcode: ['ean', 'ean13', 'gtin', 'upc', 'strichcode'],
  active: ['onsale', 'forsale', 'aktiv'],
  counted: ['count', 'countedquantity', 'onhand(new)', 'gezählt', 'gezaehlt', 'inventur'],
  received: ['receivedquantity', 'delivered', 'zugang', 'wareneingang'],
}

const byName = new Map(
  COLUMNS.flatMap((column) =>
    [column.replaceAll('_', ''), ...ALIASES[column]].map((name) => [name, column] as const)
  )
)

const MOST_COLUMNS = 1_000
/** Unknown headings that an error or the page lists. */
const MOST_SHOWN = 20

export interface Header {
  /** Column → index in a row. */
  indexes: Map<Column, number>
  /** Number of cells in the header line. */
  width: number
  /** Unknown headings, as the file has them. */
  ignored: string[]
}

/** @throws UnreadableFile when a column is missing, appears twice or conflicts with another one */
export function readHeader(cells: string[]): Header {
  if (cells.length > MOST_COLUMNS) {
    throw new UnreadableFile(`The header line has ${cells.length} columns. Is this the right file?`)
  }
  const broken = cells.find((cell) => cell.includes('\uFFFD'))
  if (broken !== undefined) {
    throw new UnreadableFile(
      `The heading “${shown(broken)}” has a byte that is not UTF-8. Save the file as CSV UTF-8 and upload it again.`
    )
  }
  const indexes = new Map<Column, number>()
  const ignored: string[] = []
  for (const [index, cell] of cells.entries()) {
    const column = byName.get(plainName(cell))
    if (!column) {
      if (!isBlank(cell)) ignored.push(shown(cell))
    } else if (indexes.has(column)) {
      const first = shown(cells[indexes.get(column)!])
      throw new UnreadableFile(
        `“${first}” and “${shown(cell)}” both mean the column ${column}. Keep one of them.`
      )
    } else {
      indexes.set(column, index)
    }
  }
  if (!indexes.has('sku')) {
    const found = cells.map((cell) => `“${shown(cell)}”`).slice(0, MOST_SHOWN)
    throw new UnreadableFile(
      `The first line must contain the column names, including sku. It contains: ${found.join(', ')}.`
    )
  }
  if (indexes.has('counted') && indexes.has('received')) {
    throw new UnreadableFile(
      'The file has a column counted and a column received. Keep one of them.'
    )
  }
  if (indexes.size === 1) {
    throw new UnreadableFile(
      `The file has no column to import besides sku. Add counted, received, or one of ${COLUMNS.slice(1, 7).join(', ')}.`
    )
  }
  return { indexes, width: cells.length, ignored: shorten(ignored) }
}

/** Lower case, without invisible characters, dashes, dots and underscores. */
function plainName(cell: string) {
  return cell.toLowerCase().replace(IGNORED, '')
}

const IGNORED = new RegExp(`[${UNSEEN}_.\\-\u2010-\u2015]+`, 'g')

/** The heading as the file has it, on one line. */
function shown(cell: string) {
  return printable(trimmed(cell).replace(/\s+/g, ' ').slice(0, 60))
}

function shorten(names: string[]) {
  if (names.length <= MOST_SHOWN) return names
  return [...names.slice(0, MOST_SHOWN), `and ${names.length - MOST_SHOWN} more`]
}
