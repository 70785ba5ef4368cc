/*
 * The header line: which column is what. People name them in many ways, and add others.
 */
import { FileFault } from './file_fault.ts'

export const COLUMNS = [
  ...(['sku', 'name', 'price', 'currency', 'low_stock_at', 'barcode', 'active'] as const),
  ...(['counted', 'received'] as const),
]
export type Column = (typeof COLUMNS)[number]

/** Other names, in small letters and without blanks, dashes and underscores. */
const ALSO: Record<Column, string[]> = {
  sku: ['article', 'articlenumber', 'articleno', 'itemnumber', 'itemno', 'partnumber', 'productcode', 'artikel', 'artikelnummer', 'artikelnr'], // prettier-ignore
  name: ['title', 'productname', 'itemname', 'description', 'bezeichnung', 'artikelname'],
  price: ['unitprice', 'preis', 'prix'],
  currency: ['währung', 'waehrung', 'devise'],
  low_stock_at: ['lowstock', 'lowat', 'minimum', 'minimumstock', 'reorderpoint', 'mindestbestand'],
  barcode: ['ean', 'ean13', 'gtin', 'upc', 'strichcode'],
  active: ['onsale', 'forsale', 'aktiv'],
  counted: ['count', 'countedquantity', 'gezählt', 'gezaehlt', 'inventur'],
  received: ['receivedquantity', 'delivered', 'zugang', 'wareneingang'],
}

const byName = new Map(
  COLUMNS.flatMap((column) =>
    [column.replaceAll('_', ''), ...ALSO[column]].map((name) => [name, column] as const)
  )
)

const MOST_COLUMNS = 1_000
/** Of those that mean nothing to us: enough to see what went wrong. */
const MOST_SHOWN = 20

export interface Header {
  /** Where each column stands in a row. */
  places: Map<Column, number>
  /** Cells of the header line. */
  width: number
  /** Those that mean nothing to us, as the file names them. */
  ignored: string[]
}

/** @throws FileFault that says what the header lacks, or has twice */
export function readHeader(cells: string[]): Header {
  if (cells.length > MOST_COLUMNS) {
    throw new FileFault(`The header line has ${cells.length} columns. Is this the right file?`)
  }
  const places = new Map<Column, number>()
  const ignored: string[] = []
  for (const [place, cell] of cells.entries()) {
    const column = byName.get(cell.toLowerCase().replace(/[\s_.-]+/g, ''))
    if (!column) {
      if (cell.trim() !== '') ignored.push(cell.trim().slice(0, 60))
    } else if (places.has(column)) {
      const first = cells[places.get(column)!].trim()
      throw new FileFault(`Two columns are the ${column}: “${first}” and “${cell.trim()}”.`)
    } else {
      places.set(column, place)
    }
  }
  if (!places.has('sku')) {
    const found = cells.map((cell) => `“${cell.trim().slice(0, 60)}”`).slice(0, MOST_SHOWN)
    throw new FileFault(
      `The first line must name the columns, and one of them must be sku. Found: ${found.join(', ')}.`
    )
  }
  if (places.has('counted') && places.has('received')) {
    throw new FileFault('There is a column counted and a column received. Keep one of them.')
  }
  if (places.size === 1) {
    throw new FileFault(
      `Beside sku there is nothing to import. Name a column counted, received, or one of ${COLUMNS.slice(1, 7).join(', ')}.`
    )
  }
  return { places, width: cells.length, ignored: shorten(ignored) }
}

function shorten(names: string[]) {
  if (names.length <= MOST_SHOWN) return names
  return [...names.slice(0, MOST_SHOWN), `and ${names.length - MOST_SHOWN} more`]
}
