/*
 * Plans one row of the dry run: the effect on the current stock, or the reasons against it.
 */
import { currencies, decimalsOf } from '#http/currencies'
import { HIGHEST_PRICE } from '#http/fields'
import { MOST_AT_ONCE, MOST_ON_HAND } from '../ledger/balance.ts'
import { describeWrongCheckDigit } from '../products/exceptions.ts'
import { hasCheckDigit } from '../products/gtin.ts'
import { MOST_BARCODES, type ProductRow, type StoredProduct } from '../products/write_products.ts'
import { printable } from './file/printable.ts'
import type { Column } from './file/columns.ts'
import type { FileRow, RowError } from './file/read_cells.ts'
import { mayBeChangedSku } from './file/suspect_sku.ts'

/** A product with its stock. */
export interface KnownProduct extends StoredProduct {
  onHand: number
  reserved: number
  /** Number of barcodes. */
  barcodes: number
}

/** The stored data and earlier rows that a row depends on. */
export interface RowContext {
  known: KnownProduct | undefined
  /** The first row with the same SKU; null when this row is the first. */
  firstRow: number | null
  /** The SKU that has the row's barcode. */
  barcodeOf: string | undefined
  /** An existing SKU that resembles an unknown one. */
  similar: string | undefined
  /** An existing SKU that a spreadsheet shows as the same number: `0017` for `17`. */
  sameNumber: string | undefined
  /** The shop's usual currency; null when there is none. */
  currency: string | null
}

export interface PlannedRow extends ProductRow {
  row: number
  counted: number | null
  received: number | null
  /** Units on hand at the dry run; null with an error. */
  before: number | null
  delta: number | null
  /** The version of the product that the row changes. Applying refuses the row at any other version. */
  productVersion: number | null
  /** The page marks the row for review. */
  large: boolean
  state: 'pending' | 'error'
  errors: RowError[]
}

export function planRow(given: FileRow, context: RowContext): PlannedRow {
  const { price, priceCurrencies, currency, location, errors: unreadable, ...columns } = given
  const { known } = context
  const priced = parsePrice(given, context)
  const errors = [...unreadable, ...identityErrors(given, context), ...priced.errors]
  const before = known?.onHand ?? 0
  const { counted, received } = given
  const delta = counted === null ? (received ?? 0) : counted - before
  if (errors.length === 0) errors.push(...stockErrors(given, known, delta))
  // A row whose only problem is a suspect SKU keeps its planned effect: confirming applies it.
  const suspect = errors.length === 0 && !known ? suspectSku(given.sku, context) : null
  const failed = errors.length > 0
  const changesProduct = !failed && known !== undefined && changes(given, priced, context)
  return {
    ...columns,
    priceAmount: priced.amount,
    priceCurrency: priced.amount === null ? null : priced.currency,
    before: failed ? null : before,
    delta: failed ? null : delta,
    lists: !failed && !known,
    changesProduct,
    productVersion: changesProduct ? known!.version : null,
    large: !failed && isLarge(before, delta),
    state: failed || suspect ? 'error' : 'pending',
    errors: suspect ? [suspect] : errors,
  }
}

/** The code of a row whose only problem is that a spreadsheet may have changed its new SKU. */
export const SUSPECT_SKU = 'suspect_sku'

function suspectSku(sku: string, { sameNumber }: RowContext): RowError | null {
  if (sameNumber === undefined && !mayBeChangedSku(sku)) return null
  const doubt = sameNumber ? `you may mean ${sameNumber}` : 'a spreadsheet may have changed it'
  const detail = `${sku} is a new SKU, and ${doubt}. Correct the file, or confirm the SKU when you apply the import.`
  return { column: 'sku', code: SUSPECT_SKU, detail }
}

/** At least 20 units, and more than half of the stock. */
function isLarge(before: number, delta: number) {
  return before > 0 && Math.abs(delta) >= 20 && Math.abs(delta) > before / 2
}

function identityErrors(given: FileRow, context: RowContext) {
  const { sku, barcode, location, errors: unreadable } = given
  const { known, firstRow, barcodeOf } = context
  const errors: RowError[] = []
  // An invalid SKU has its own error.
  if (unreadable.some(({ column }) => column === 'sku')) return errors
  if (firstRow !== null) {
    const advice =
      location === null
        ? 'Keep one of the two rows.'
        : `This row is for the location “${printable(location.slice(0, 60))}”, but stock is kept per SKU, not per location. Combine the rows into one.`
    const detail = `Row ${firstRow} has the same SKU, ${sku}. ${advice}`
    errors.push({ column: 'sku', code: 'duplicate_sku', detail })
  }
  const hint = known ? null : unknownSku(given, context)
  if (hint) {
    errors.push({ column: 'sku', code: 'unknown_sku', detail: `There is no such SKU. ${hint}` })
  }
  if (barcode === null) return errors
  if (barcodeOf !== undefined && barcodeOf !== sku) {
    const detail = `The barcode ${barcode} belongs to ${barcodeOf}.`
    errors.push({ column: 'barcode', code: 'barcode_taken', detail })
  }
  if (barcodeOf === undefined && !hasCheckDigit(barcode)) {
    const detail = `${describeWrongCheckDigit(barcode)} If the label shows exactly this code, add it on the product's page.`
    errors.push({ column: 'barcode', code: 'check_digit', detail })
  }
  if (barcodeOf === undefined && (known?.barcodes ?? 0) >= MOST_BARCODES) {
    const detail = `${sku} already has ${MOST_BARCODES} barcodes, which is the maximum.`
    errors.push({ column: 'barcode', code: 'too_many_barcodes', detail })
  }
  return errors
}

/** What to do about an unknown SKU that cannot be listed; null if nothing is missing. */
function unknownSku(given: FileRow, { similar, sameNumber }: RowContext): string | null {
  const isUnreadable = (name: string) => given.errors.some(({ column }) => column === name)
  const isMissing = (name: 'name' | 'price') => given[name] === null && !isUnreadable(name)
  const isChanged = sameNumber !== undefined || mayBeChangedSku(given.sku)
  // A row with other errors does not reach the check for SKUs that a spreadsheet has changed.
  const isHinted = isChanged && given.errors.length > 0
  if (!isMissing('name') && !isMissing('price') && !isHinted) return null
  if (similar) return `Did you mean ${similar}?`
  return isChanged ? 'A spreadsheet may have changed it.' : 'To list it, add a name and a price.'
}

function stockErrors({ counted, sku }: FileRow, known: KnownProduct | undefined, delta: number) {
  const errors: RowError[] = []
  const reserved = known?.reserved ?? 0
  const column = counted === null ? 'received' : 'counted'
  if (counted !== null && counted < reserved) {
    const detail = `You counted ${counted}, but orders reserve ${reserved}. Count again, or change the orders first.`
    errors.push({ column, code: 'reserved_exceeds', detail })
  }
  if (Math.abs(delta) > MOST_AT_ONCE) {
    const detail = `${sku} would change by ${delta.toLocaleString('en')} units. One row can change at most 1,000,000.`
    errors.push({ column, code: 'change_too_large', detail })
  }
  if ((known?.onHand ?? 0) + delta > MOST_ON_HAND) {
    const detail = 'On hand would exceed 2,000,000,000. Check the quantity.'
    errors.push({ column, code: 'on_hand_too_large', detail })
  }
  return errors
}

interface Priced {
  amount: number | null
  currency: string | null
  errors: RowError[]
}

function parsePrice(given: FileRow, context: RowContext): Priced {
  const { known } = context
  const { currency, error } = currencyOf(given, context)
  const failed = (column: Column, code: string, detail: string): Priced => {
    return { amount: null, currency, errors: [{ column, code, detail }] }
  }
  if (given.price === null) {
    // A new currency without a price would change the value of the price.
    const isAlone = given.currency !== null && known && given.currency !== known.priceCurrency
    if (!isAlone) return { amount: null, currency, errors: [] }
    const detail = `The product's price is in ${known.priceCurrency}. To change the currency to ${given.currency}, add a price.`
    return failed('price', 'price_missing', detail)
  }
  // An unreadable currency has its own error.
  if (given.errors.some(({ column }) => column === 'currency')) {
    return { amount: null, currency, errors: [] }
  }
  if (error) return { amount: null, currency, errors: [error] }
  const decimals = decimalsOf(currency!)
  const [whole, fraction = ''] = given.price.split('.')
  const isAmbiguous = /^[1-9]\d{0,2}\.\d{3}$/.test(given.price)
  const isTooLong = /[1-9]/.test(fraction.slice(decimals)) || isAmbiguous
  if (fraction.length > decimals && isTooLong) {
    const detail = `${given.price} has ${fraction.length} decimals, but ${currency} has ${decimals}.`
    const thousands = `${whole}${fraction}${decimals > 0 ? `.${'0'.repeat(decimals)}` : ''}`
    const hint = ` If it means ${whole}${fraction}, write ${thousands}.`
    return failed('price', 'invalid', isAmbiguous ? detail + hint : detail)
  }
  const amount = Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
  if (amount > HIGHEST_PRICE) {
    return failed('price', 'invalid', `${given.price} ${currency} is higher than a price can be.`)
  }
  const isUnchanged = amount === known?.priceAmount && currency === known.priceCurrency
  if (currencies.has(currency!) || isUnchanged) return { amount, currency, errors: [] }
  const detail = given.currency
    ? `“${currency}” is not an active currency code. Write it like EUR.`
    : `${currency} is no longer an active currency. Enter another one in a column “currency”.`
  return failed('currency', 'invalid', detail)
}

/**
 * The currency of a row's price: from its column, the symbol beside the price, the product, or the shop, in this
 * order. A symbol of several currencies only confirms one of the others.
 */
function currencyOf(
  { currency: given, priceCurrencies: meant }: FileRow,
  { known, currency: usual }: RowContext
): { currency: string | null; error?: RowError } {
  const expected = given ?? known?.priceCurrency ?? usual
  if (meant.length === 0) {
    if (expected !== null) return { currency: expected }
    const detail = 'The price has no currency. Add a column “currency”, or set SHOP_CURRENCY.'
    return { currency: null, error: { column: 'currency', code: 'currency_missing', detail } }
  }
  if (expected !== null && meant.includes(expected)) return { currency: expected }
  if (given === null && meant.length === 1) return { currency: meant[0] }
  const detail =
    given === null
      ? 'The symbol of the price can mean several currencies. Add a column “currency”.'
      : `The symbol of the price does not mean ${given}, as the column “currency” says. Correct one of them.`
  return { currency: given, error: { column: 'currency', code: 'currency_unclear', detail } }
}

function changes(
  { name, lowStockAt, active, barcode }: FileRow,
  { amount, currency }: Priced,
  { known, barcodeOf }: RowContext
) {
  return (
    (name !== null && name !== known!.name) ||
    (amount !== null && (amount !== known!.priceAmount || currency !== known!.priceCurrency)) ||
    (lowStockAt !== null && lowStockAt !== known!.lowStockAt) ||
    (active !== null && active !== known!.active) ||
    (barcode !== null && barcodeOf === undefined)
  )
}
