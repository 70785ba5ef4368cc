/*
 * One row of the file → what it says of an SKU. An empty cell says nothing: what it is about stays as it is.
 */
import { currencies } from '#http/fields'
import type { Column, Header } from './columns.ts'

export interface RowError {
  /** Null where it is about the row as a whole. */
  column: Column | null
  code: string
  /** For people: a sentence. */
  detail: string
}

export interface SaidRow {
  /** As a spreadsheet counts. */
  row: number
  /** Upper case; as the file has it, shortened, where it is none. */
  sku: string
  name: string | null
  /** In units of the currency, with a point: "12.50". */
  price: string | null
  currency: string | null
  lowStockAt: number | null
  barcode: string | null
  active: boolean | null
  counted: number | null
  received: number | null
  errors: RowError[]
}

/** What a cell says; or the end of a sentence that says why it says nothing. */
type Reading<Value> = { value: Value } | { problem: string }

export function readCells({ places, width }: Header, row: number, cells: string[]): SaidRow {
  const errors: RowError[] = []
  const read = <Value>(column: Column, as: (text: string) => Reading<Value>): Value | null => {
    const text = cleaned(cells[places.get(column) ?? -1] ?? '')
    if (text === '') return null
    const reading = as(text)
    if ('value' in reading) return reading.value
    errors.push({ column, code: 'invalid', detail: `${quoted(text)} ${reading.problem}.` })
    return null
  }
  const written = cleaned(cells[places.get('sku')!] ?? '')
  const sku = written.toUpperCase()
  if (!/^[A-Z0-9][A-Z0-9._-]{0,63}$/.test(sku)) errors.push(skuError(written))
  const filled = cells.findLastIndex((cell) => cell.trim() !== '') + 1
  if (filled > width) {
    const detail = `The row has ${filled} cells, the header only ${width}.`
    errors.push({ column: null, code: 'too_many_cells', detail })
  }
  return {
    row,
    sku: printable(sku.slice(0, 100)),
    name: read('name', asName),
    price: read('price', asPrice),
    currency: read('currency', asCurrency),
    lowStockAt: read('low_stock_at', (text) => asWhole(text, 2_000_000_000)),
    barcode: read('barcode', asBarcode),
    active: read('active', asYesOrNo),
    counted: read('counted', (text) => asWhole(text, 2_000_000_000)),
    received: read('received', (text) => asWhole(text, 1_000_000)),
    errors,
  }
}

/** Without blanks around, and without the mark that our own exports put before what looks like a formula. */
function cleaned(cell: string) {
  const text = cell.trim()
  return /^'[=+\-@]/.test(text) ? text.slice(1) : text
}

function skuError(written: string): RowError {
  const detail =
    written === ''
      ? 'The SKU is missing.'
      : `${quoted(written)} is no SKU: 1 to 64 of A-Z 0-9 . _ -, beginning with a letter or digit.`
  return { column: 'sku', code: 'invalid_sku', detail }
}

function quoted(text: string) {
  return `“${printable(text.length > 60 ? `${text.slice(0, 60)}…` : text)}”`
}

/** PostgreSQL's jsonb takes no half of a surrogate pair, which cutting may leave. */
function printable(text: string) {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '\uFFFD')
}

function asWhole(text: string, most: number): Reading<number> {
  if (/^-\d+$/.test(text)) return { problem: 'is negative' }
  if (!/^\d+$/.test(text)) return { problem: 'is not a whole number' }
  if (text.length > 15 || Number(text) > most) return { problem: `is more than ${most}` }
  return { value: Number(text) }
}

function asName(text: string): Reading<string> {
  if (text.length > 200) return { problem: 'has more than 200 characters' }
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return { problem: 'has control characters or line breaks' }
  return { value: text }
}

function asPrice(text: string): Reading<string> {
  if (!/^\d{1,10}([.,]\d{1,4})?$/.test(text)) return { problem: 'is not a price such as 12.50' }
  return { value: text.replace(',', '.') }
}

function asCurrency(text: string): Reading<string> {
  const code = text.toUpperCase()
  return currencies.has(code) ? { value: code } : { problem: 'is no currency such as EUR' }
}

/** A UPC-A of 12 digits is the EAN-13 with a 0 before it. */
function asBarcode(text: string): Reading<string> {
  if (/^\d([.,]\d+)?E\+?\d+$/i.test(text)) {
    return { problem: 'was shortened by a spreadsheet: format the column as text' }
  }
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return { problem: 'is not of 8, 12, 13 or 14 digits' }
  return { value: text.length === 12 ? `0${text}` : text }
}

const YES = ['true', 'yes', 'y', '1', 'ja', 'oui']
const NO = ['false', 'no', 'n', '0', 'nein', 'non']

function asYesOrNo(text: string): Reading<boolean> {
  if (YES.includes(text.toLowerCase())) return { value: true }
  if (NO.includes(text.toLowerCase())) return { value: false }
  return { problem: 'is neither yes nor no' }
}
