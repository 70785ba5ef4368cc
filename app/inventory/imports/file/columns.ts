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
  price: ['unitprice', 'regularprice', 'preis', 'prix'],
  currency: ['währung', 'waehrung', 'devise'],
  low_stock_at: [
    'lowstock',
    'lowat',
    'minimum',
    'minimumstock',
    'lowstockamount',
    'reorderpoint',
    'mindestbestand',
  ],
  barcode: ['ean', 'ean13', 'gtin', 'upc', 'strichcode', 'gtin,upc,ean,orisbn'],
  active: ['onsale', 'forsale', 'aktiv'],
  counted: ['count', 'countedquantity', 'onhand(new)', 'gezählt', 'gezaehlt', 'inventur'],
  received: ['receivedquantity', 'delivered', 'zugang', 'wareneingang'],
}

const exactName = (column: Column) => column.replaceAll('_', '')

const byName = new Map(
  COLUMNS.flatMap((column) =>
    [exactName(column), ...ALIASES[column]].map((name) => [name, column] as const)
  )
)

/** Ignored, but named in the error of an SKU that has a row for each location. */
const LOCATIONS = ['location', 'locationname', 'warehouse', 'standort', 'lagerort']

/** Added by our downloads of problems, and ignored when they are uploaded again. */
export const PROBLEM_COLUMN = 'problem'

export function isProblemColumn(heading: string) {
  return plainName(heading) === PROBLEM_COLUMN
}

const LOOKS_LIKE_QUANTITY =
  /stock|qty|quantit|onhand|available|inventory|units|pieces|menge|bestand|anzahl|stück|lager(?!ort)|count(?!ry)/

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
  /** The index of a column with locations; -1 for none. */
  location: number
}

/** The ignored headings that look like a quantity. */
export function ignoredQuantities(ignored: string[]): string[] {
  return ignored.filter((heading) => {
    return LOOKS_LIKE_QUANTITY.test(plainName(heading)) && !heading.endsWith('?')
  })
}

/**
 * If a heading is the name of a column, other headings for that column are ignored.
 *
 * @throws UnreadableFile when a column is missing, appears twice or conflicts with another one
 */
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
  const names = cells.map(plainName)
  const columnOf = (name: string) => {
    const column = byName.get(name)
    const isOutdone = column && name !== exactName(column) && names.includes(exactName(column))
    return isOutdone ? undefined : column
  }
  for (const [index, cell] of cells.entries()) {
    const column = columnOf(names[index])
    if (!column) {
      if (!isBlank(cell) && names[index] !== PROBLEM_COLUMN) ignored.push(shown(cell))
    } else if (indexes.has(column)) {
      const first = shown(cells[indexes.get(column)!])
      throw new UnreadableFile(
        `“${first}” and “${shown(cell)}” both mean the column ${column}. Keep one of them.`
      )
    } else {
      indexes.set(column, index)
    }
  }
  const found = `It contains: ${shorten(cells.map((cell) => `“${shown(cell)}”`)).join(', ')}.`
  if (!indexes.has('sku')) {
    throw new UnreadableFile(
      `The first line must contain the column names, including sku. ${found}`
    )
  }
  if (indexes.has('counted') && indexes.has('received')) {
    throw new UnreadableFile(
      'The file has a column counted and a column received. Keep one of them.'
    )
  }
  if (indexes.size === 1) {
    throw new UnreadableFile(
      `The file has no column to import besides sku. Add counted, received, or one of ${COLUMNS.slice(1, 7).join(', ')}. ${found}`
    )
  }
  const location = names.findIndex((name) => LOCATIONS.includes(name))
  return { indexes, width: cells.length, ignored: shortened(ignored), location }
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

/** Keeps the headings that look like a quantity: the page warns of them. */
function shortened(ignored: string[]) {
  if (ignored.length <= MOST_SHOWN) return ignored
  return shorten([...new Set([...ignoredQuantities(ignored), ...ignored])])
}

function shorten(names: string[]) {
  if (names.length <= MOST_SHOWN) return names
  return [...names.slice(0, MOST_SHOWN), `and ${names.length - MOST_SHOWN} more`]
}
