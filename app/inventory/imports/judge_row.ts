/*
 * What a row would do to the stock as it is now: before, by how much, or why not.
 */
import { decimalsOf } from '#http/fields'
import type { RowError, SaidRow } from './read_cells.ts'

/** What the database knows of an SKU. */
export interface Known {
  sku: string
  name: string
  priceAmount: number
  priceCurrency: string
  lowStockAt: number | null
  active: boolean
  /** Of the product. */
  version: number
  onHand: number
  reserved: number
  /** How many it has. */
  barcodes: number
}

/** What bears on one row. */
export interface Facts {
  known: Known | undefined
  /** The row that named the same SKU first; null when this one does. */
  firstRow: number | null
  /** Whose the row's barcode is; undefined: nobody's. */
  barcodeOf: string | undefined
  /** A SKU that an unknown one may have been meant for. */
  similar: string | undefined
  /** Of prices that come without one; null where the products have several, or there are none. */
  currency: string | null
}

export interface JudgedRow {
  row: number
  sku: string
  name: string | null
  /** Minor units. */
  priceAmount: number | null
  priceCurrency: string | null
  lowStockAt: number | null
  barcode: string | null
  active: boolean | null
  counted: number | null
  received: number | null
  /** Pieces on hand now; null with an error. */
  before: number | null
  delta: number | null
  /** A product that is not there yet. */
  lists: boolean
  changesProduct: boolean
  /** Of the product that it changes: another one at the end, and the row is refused. */
  productVersion: number | null
  /** Somebody should look at it before it is applied. */
  large: boolean
  state: 'pending' | 'error'
  errors: RowError[]
}

export const MOST_ON_HAND = 2_000_000_000
const MOST_AT_ONCE = 1_000_000
const MOST_BARCODES = 10

export function judgeRow(said: SaidRow, facts: Facts): JudgedRow {
  const { price, currency, lowStockAt, errors: misread, ...says } = said
  const { known } = facts
  const priced = pricing(said, facts)
  const errors = [...misread, ...identityErrors(said, facts), ...priced.errors]
  const before = known?.onHand ?? 0
  const { counted, received } = said
  const delta = counted === null ? (received ?? 0) : counted - before
  if (errors.length === 0) errors.push(...stockErrors(said, known, delta))
  const failed = errors.length > 0
  const changesProduct = !failed && known !== undefined && changes(said, priced, facts)
  return {
    ...says,
    lowStockAt,
    priceAmount: priced.amount,
    priceCurrency: priced.amount === null ? null : priced.currency,
    before: failed ? null : before,
    delta: failed ? null : delta,
    lists: !failed && !known,
    changesProduct,
    productVersion: changesProduct ? known!.version : null,
    large: !failed && isLarge(before, delta),
    state: failed ? 'error' : 'pending',
    errors,
  }
}

/** 20 pieces or more, and more than half of what there was. */
function isLarge(before: number, delta: number) {
  return before > 0 && Math.abs(delta) >= 20 && Math.abs(delta) > before / 2
}

function identityErrors(said: SaidRow, { known, firstRow, barcodeOf, similar }: Facts) {
  const errors: RowError[] = []
  // An SKU that cannot be one has been told already.
  if (said.errors.some(({ column }) => column === 'sku')) return errors
  if (firstRow !== null) {
    const detail = `Row ${firstRow} is about ${said.sku} already.`
    errors.push({ column: 'sku', code: 'duplicate_sku', detail })
  }
  if (!known && (said.name === null || said.price === null)) {
    const hint = similar ? `Did you mean ${similar}?` : 'To list it, give its name and price.'
    errors.push({ column: 'sku', code: 'unknown_sku', detail: `No such SKU. ${hint}` })
  }
  if (said.barcode !== null && barcodeOf !== undefined && barcodeOf !== said.sku) {
    const detail = `The barcode ${said.barcode} belongs to ${barcodeOf}.`
    errors.push({ column: 'barcode', code: 'barcode_taken', detail })
  }
  if (said.barcode !== null && barcodeOf === undefined && (known?.barcodes ?? 0) >= MOST_BARCODES) {
    const detail = `${said.sku} has ${MOST_BARCODES} barcodes already.`
    errors.push({ column: 'barcode', code: 'too_many_barcodes', detail })
  }
  return errors
}

function stockErrors({ counted, sku }: SaidRow, known: Known | undefined, delta: number) {
  const errors: RowError[] = []
  const reserved = known?.reserved ?? 0
  const column = counted === null ? 'received' : 'counted'
  if (counted !== null && counted < reserved) {
    const detail = `Counted ${counted}, but ${reserved} are reserved for orders.`
    errors.push({ column, code: 'reserved_exceeds', detail })
  }
  if (Math.abs(delta) > MOST_AT_ONCE) {
    const detail = `${sku} would change by ${delta} pieces; more than 1000000 at once are refused.`
    errors.push({ column, code: 'change_too_large', detail })
  }
  if ((known?.onHand ?? 0) + delta > MOST_ON_HAND) {
    const detail = 'On hand would go above 2000000000.'
    errors.push({ column, code: 'on_hand_too_large', detail })
  }
  return errors
}

interface Priced {
  amount: number | null
  currency: string | null
  errors: RowError[]
}

/** A price without a currency is in the product's own, or in the one that all products share. */
function pricing(said: SaidRow, { known, currency: shared }: Facts): Priced {
  const currency = said.currency ?? known?.priceCurrency ?? shared
  if (said.price === null) {
    // A new currency without a price would change what the price is worth.
    const lonely = said.currency !== null && known && said.currency !== known.priceCurrency
    const detail = `A currency of ${said.currency} needs a price: ${known?.priceCurrency} is in force.`
    return {
      ...{ amount: null, currency },
      errors: lonely ? [{ column: 'price', code: 'price_missing', detail }] : [],
    }
  }
  if (currency === null) {
    const detail = 'The price needs a currency: add a column currency.'
    const errors = [{ column: 'currency' as const, code: 'currency_missing', detail }]
    return { amount: null, currency, errors }
  }
  const decimals = decimalsOf(currency)
  const [whole, fraction = ''] = said.price.split('.')
  const amount = Number(whole + fraction.padEnd(decimals, '0'))
  const detail =
    fraction.length > decimals
      ? `${said.price} has ${fraction.length} decimals, ${currency} has ${decimals}.`
      : amount > 100_000_000
        ? `${said.price} ${currency} is more than a price may be.`
        : null
  if (detail === null) return { amount, currency, errors: [] }
  return { amount: null, currency, errors: [{ column: 'price', code: 'invalid', detail }] }
}

function changes(said: SaidRow, { amount, currency }: Priced, { known, barcodeOf }: Facts) {
  return (
    (said.name !== null && said.name !== known!.name) ||
    (amount !== null && (amount !== known!.priceAmount || currency !== known!.priceCurrency)) ||
    (said.lowStockAt !== null && said.lowStockAt !== known!.lowStockAt) ||
    (said.active !== null && said.active !== known!.active) ||
    (said.barcode !== null && barcodeOf === undefined)
  )
}
