/*
 * Parses the cells of one row. An empty cell is null: the field stays as it is.
 */
import { unguarded } from '#admin/csv'
import { faultOf, isBlank, trimmed } from '#http/characters'
import { MOST_AT_ONCE, MOST_ON_HAND } from '../../ledger/balance.ts'
import { isBarcode } from '../../products/gtin.ts'
import { isSku } from '../../stock/stock_item.ts'
import type { Column, Header } from './columns.ts'
import { currenciesOf, readNumber, readPrice } from './numbers.ts'
import { printable } from './printable.ts'
import { isChangedSku, latinLetters } from './suspect_sku.ts'

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
  /** The currencies that the symbol in the price's cell may mean; empty without a symbol. */
  priceCurrencies: string[]
  /** A code of three letters, in upper case. */
  currency: string | null
  lowStockAt: number | null
  barcode: string | null
  active: boolean | null
  counted: number | null
  received: number | null
  /** Not imported. */
  location: string | null
  errors: RowError[]
}

/** The value of a cell, or the end of a sentence about the problem. */
type Parsed<Value> = { value: Value } | { problem: string }

export function readCells(header: Header, row: number, cells: string[]): FileRow {
  const { indexes, width } = header
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
  const price = read('price', asPrice)
  return {
    row,
    sku: printable(sku.slice(0, 100)),
    name: read('name', asName),
    price: price?.digits ?? null,
    priceCurrencies: price?.currencies ?? [],
    currency: read('currency', asCurrency),
    lowStockAt: read('low_stock_at', (text) => asWhole(text, MOST_ON_HAND)),
    barcode: read('barcode', asBarcode),
    active: read('active', asYesOrNo),
    counted: read('counted', (text) => asWhole(text, MOST_ON_HAND)),
    received: read('received', (text) => asWhole(text, MOST_AT_ONCE)),
    location: cleaned(cells[header.location] ?? '') || null,
    errors,
  }
}

/** Without invisible characters around it, and without the apostrophe of our exports. */
function cleaned(cell: string) {
  return unguarded(trimmed(cell))
}

function skuError(written: string): RowError {
  return { column: 'sku', code: 'invalid_sku', detail: describeInvalidSku(written) }
}

function describeInvalidSku(written: string): string {
  if (written === '') return 'The SKU is missing.'
  if (isChangedSku(written)) {
    return `${quoted(written)} is not the original SKU: a spreadsheet has changed it. Format the column as text, correct the SKU and export the file again.`
  }
  const meant = latinLetters(written).toUpperCase()
  const hint = isSku(meant)
    ? `Did you mean ${meant}? Some characters only look the same.`
    : 'Use 1 to 64 of A-Z 0-9 . _ - and start with a letter or digit.'
  return `${quoted(written)} is not a valid SKU. ${hint}`
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
  if (/^[-−]/.test(text) && readNumber(text.slice(1))) return { problem: 'is negative' }
  const number = readNumber(text)
  if (number?.ambiguous) {
    const { digits } = number
    return {
      problem: `can mean ${digits.replace('.', '')} or ${Number(digits)}. Write the number without a separator`,
    }
  }
  const whole = number && /^(\d+)(\.0+)?$/.exec(number.digits)
  if (!whole) return { problem: 'is not a whole number' }
  if (whole[1].length > 15 || Number(whole[1]) > most)
    return { problem: `is greater than ${most.toLocaleString('en')}` }
  return { value: Number(whole[1]) }
}

function asName(text: string): Parsed<string> {
  if (text.length > 200) return { problem: 'has more than 200 characters' }
  const fault = faultOf(text)
  if (fault?.code === 'printable') return { problem: 'contains control characters or line breaks' }
  return fault ? { problem: fault.detail } : { value: text }
}

/** The number of decimals depends on the currency, which the product may have: see `planRow`. */
function asPrice(text: string): Parsed<{ digits: string; currencies: string[] }> {
  const price = text.length <= 30 && readPrice(text)
  return price ? { value: price } : { problem: 'is not a price. Write it like 12.50' }
}

function asCurrency(text: string): Parsed<string> {
  if (/^[A-Z]{3}$/i.test(text)) return { value: text.toUpperCase() }
  const meant = currenciesOf(text)
  return meant?.length === 1
    ? { value: meant[0] }
    : { problem: 'is not a currency code. Write it like EUR' }
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

/** TRUE and FALSE too, as spreadsheets of other languages write them. */
const YES = ['true', 'yes', 'y', '1', 'ja', 'wahr', 'oui', 'vrai', 'sí', 'sì', 'si', 'verdadero', 'vero', 'verdadeiro', 'waar'] // prettier-ignore
const NO = ['false', 'no', 'n', '0', 'nein', 'falsch', 'non', 'faux', 'falso', 'onwaar']

function asYesOrNo(text: string): Parsed<boolean> {
  if (YES.includes(text.toLowerCase())) return { value: true }
  if (NO.includes(text.toLowerCase())) return { value: false }
  return { problem: 'is neither yes nor no' }
}
