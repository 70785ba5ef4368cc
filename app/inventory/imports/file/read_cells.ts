/*
 * Parses the cells of one row. An empty cell is null: the field stays as it is.
 */
import { faultOf, isBlank, trimmed } from '#http/characters'
import { currencies } from '#http/currencies'
import { MOST_AT_ONCE, MOST_ON_HAND } from '../../ledger/balance.ts'
import { isBarcode } from '../../products/gtin.ts'
import { isSku } from '../../stock/stock_item.ts'
import type { Column, Header } from './columns.ts'
import { printable } from './printable.ts'
import { isChangedSku } from './suspect_sku.ts'

export interface RowError {
  /** Null when the error concerns the whole row. */
  column: Column | null
  code: string
  /** A sentence for the person who corrects the file. */
  detail: string
}

/** A row of the file. */
export interface FileRow {
  /** The row number of the spreadsheet. */
  row: number
  /** Upper case. An invalid SKU is kept, shortened to 100 characters. */
  sku: string
  name: string | null
  /** In major units, with a decimal point: "12.50". */
  price: string | null
  currency: string | null
  lowStockAt: number | null
  barcode: string | null
  active: boolean | null
  counted: number | null
  received: number | null
  errors: RowError[]
}

/** The value of a cell, or the end of a sentence about the problem. */
type Parsed<Value> = { value: Value } | { problem: string }

export function readCells({ indexes, width }: Header, row: number, cells: string[]): FileRow {
  const errors: RowError[] = []
  const read = <Value>(column: Column, parse: (text: string) => Parsed<Value>): Value | null => {
    const text = cleaned(cells[indexes.get(column) ?? -1] ?? '')
    if (text === '') return null
    if (text.includes(NOT_UTF8)) {
      errors.push(notUtf8(column, text))
      return null
    }
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    errors.push({ column, code: 'invalid', detail: `${quoted(text)} ${parsed.problem}.` })
    return null
  }
  const written = cleaned(cells[indexes.get('sku')!] ?? '')
  const sku = written.toUpperCase()
  if (written.includes(NOT_UTF8)) errors.push(notUtf8('sku', written))
  else if (!isSku(sku)) errors.push(skuError(written))
  const filled = cells.findLastIndex((cell) => !isBlank(cell)) + 1
  if (filled > width) {
    const detail = `The row has ${filled} cells, but the header line has ${width}. Check the separators and quotation marks.`
    errors.push({ column: null, code: 'too_many_cells', detail })
  }
  return {
    row,
    sku: printable(sku.slice(0, 100)),
    name: read('name', asName),
    price: read('price', asPrice),
    currency: read('currency', asCurrency),
    lowStockAt: read('low_stock_at', (text) => asWhole(text, MOST_ON_HAND)),
    barcode: read('barcode', asBarcode),
    active: read('active', asYesOrNo),
    counted: read('counted', (text) => asWhole(text, MOST_ON_HAND)),
    received: read('received', (text) => asWhole(text, MOST_AT_ONCE)),
    errors,
  }
}

/** Trims invisible characters, and removes the apostrophe that our exports put before formulas. */
function cleaned(cell: string) {
  const text = trimmed(cell)
  return /^'[=+\-@]/.test(text) ? text.slice(1) : text
}

function skuError(written: string): RowError {
  const detail =
    written === ''
      ? 'The SKU is missing.'
      : isChangedSku(written)
        ? `${quoted(written)} is not the original SKU: a spreadsheet has changed it. Format the column as text, correct the SKU and export the file again.`
        : `${quoted(written)} is not a valid SKU. Use 1 to 64 of A-Z 0-9 . _ - and start with a letter or digit.`
  return { column: 'sku', code: 'invalid_sku', detail }
}

/** Decoding puts it in place of bytes that are not UTF-8. */
const NOT_UTF8 = '\uFFFD'

function notUtf8(column: Column, text: string): RowError {
  const detail = `${quoted(text)} has a byte that is not UTF-8. Save the file as CSV UTF-8 and upload it again.`
  return { column, code: 'not_utf8', detail }
}

function quoted(text: string) {
  return `“${printable(text.length > 60 ? `${text.slice(0, 60)}…` : text)}”`
}

function asWhole(text: string, most: number): Parsed<number> {
  if (/^-\d+$/.test(text)) return { problem: 'is negative' }
  if (!/^\d+$/.test(text)) return { problem: 'is not a whole number' }
  if (text.length > 15 || Number(text) > most)
    return { problem: `is greater than ${most.toLocaleString('en')}` }
  return { value: Number(text) }
}

function asName(text: string): Parsed<string> {
  if (text.length > 200) return { problem: 'has more than 200 characters' }
  const fault = faultOf(text)
  if (fault?.code === 'printable') return { problem: 'contains control characters or line breaks' }
  return fault ? { problem: fault.detail } : { value: text }
}

function asPrice(text: string): Parsed<string> {
  if (!/^\d{1,10}([.,]\d{1,4})?$/.test(text))
    return { problem: 'is not a price. Write it like 12.50' }
  return { value: text.replace(',', '.') }
}

function asCurrency(text: string): Parsed<string> {
  const code = text.toUpperCase()
  return currencies.has(code)
    ? { value: code }
    : { problem: 'is not an active currency code. Write it like EUR' }
}

function asBarcode(text: string): Parsed<string> {
  if (/^\d([.,]\d+)?E\+?\d+$/i.test(text)) {
    return {
      problem: 'was shortened by a spreadsheet. Format the column as text and enter all digits',
    }
  }
  if (/^\d{11}$/.test(text)) {
    return {
      problem: 'has 11 digits: a UPC has 12, and a spreadsheet may have removed the first zero',
    }
  }
  if (!isBarcode(text)) return { problem: 'is not a barcode: it needs 8, 12, 13 or 14 digits' }
  return { value: text }
}

const YES = ['true', 'yes', 'y', '1', 'ja', 'oui', 'wahr', 'vrai']
const NO = ['false', 'no', 'n', '0', 'nein', 'non', 'falsch', 'faux']

function asYesOrNo(text: string): Parsed<boolean> {
  if (YES.includes(text.toLowerCase())) return { value: true }
  if (NO.includes(text.toLowerCase())) return { value: false }
  return { problem: 'is neither yes nor no' }
}
