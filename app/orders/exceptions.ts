import { Problem, unprocessable, type FieldError } from '#http/problem'
import { stateOf, type OrderRecord } from './models/order.ts'
import { allowedMoves, type Refusal } from './order_status.ts'

/** @param unknown - the places and the SKUs that orders has never heard of */
export function unknownSku(unknown: { index: number; sku: string }[]) {
  return new Problem(
    422,
    'unknown_sku',
    `${unknown.map(({ sku }) => sku).join(', ')}: not in the catalogue. A product listed a moment ago may take a second to arrive here.`,
    {
      headers: { 'Retry-After': '1' },
      errors: atSku(unknown, 'unknown_sku', (sku) => `${sku} is not in the catalogue`),
    }
  )
}

export function notForSale(off: { index: number; sku: string }[]) {
  return unprocessable(
    'not_for_sale',
    `${off.map(({ sku }) => sku).join(', ')}: not for sale at present.`,
    atSku(off, 'not_for_sale', (sku) => `${sku} is not for sale`)
  )
}

/** @param others - the lines that are not priced in the first of the currencies */
export function mixedCurrencies(currencies: string[], others: { index: number; sku: string }[]) {
  return unprocessable(
    'mixed_currencies',
    `An order has one currency; these lines are priced in ${currencies.join(' and ')}. Place one order for each.`,
    atSku(others, 'mixed_currencies', (sku) => `${sku} is not priced in ${currencies[0]}`)
  )
}

export function totalTooLarge() {
  return unprocessable(
    'total_too_large',
    'The total is above 9007199254740991 minor units. Place several orders.'
  )
}

/** @param indexes - of all lines of the SKU */
export function quantityTooLarge(sku: string, indexes: number[]) {
  const detail = `${sku}: all lines of one SKU together may ask for 1,000,000.`
  return unprocessable('quantity_too_large', detail, atEach(indexes, 'quantity', detail))
}

function atSku(
  lines: { index: number; sku: string }[],
  code: string,
  detail: (sku: string) => string
): FieldError[] {
  return lines.map(({ index, sku }) => ({
    pointer: `/lines/${index}/sku`,
    code,
    detail: detail(sku),
  }))
}

/** The caller decided on what is no longer so: somebody has changed the order since. */
export function versionMoved(order: OrderRecord) {
  return new Problem(
    412,
    'version_moved',
    `The order is at version ${order.version} now, last changed at version ${order.editedVersion}. Read it again and decide anew.`,
    { headers: { ETag: `"${order.version}"` }, members: { current: current(order) } }
  )
}

/** Somebody else has written the note that was to be replaced. */
export function noteMoved(note: string | null) {
  return new Problem(
    412,
    'version_moved',
    'Somebody has written another note since. Read it, and decide anew.',
    { members: { note } }
  )
}

/** A move that the order's state does not allow; says the state and what would be allowed. */
export function moveRefused(order: OrderRecord, { code }: Refusal, members: object = {}) {
  const allowed = allowedMoves(stateOf(order))
  const reasons: Record<Refusal['code'], string> = {
    order_not_open: `The order is ${order.status}: nothing of it can be changed any more.`,
    order_not_confirmed: `The order is ${order.status}: the stock room has not answered yet. Fulfil it when it is confirmed.`,
    revision_moved: `The parcel holds other lines than those in force, which are of revision ${order.heldRevision}. Pack it anew.`,
  }
  return new Problem(409, code, reasons[code], {
    headers: { ETag: `"${order.version}"` },
    members: { current: current(order), allowed, ...members },
  })
}

function current({ status, revision, heldRevision, version }: OrderRecord) {
  return { status, revision, heldRevision, version }
}

/** @param today - the lines as they would be sold now, as the API shows lines */
export function priceChanged(today: { lines: object[]; total: object }) {
  return new Problem(
    409,
    'price_changed',
    'The total is another than expected: prices have changed. Show today’s, and place the order again.',
    { members: today }
  )
}

export function priceNotYours() {
  return new Problem(
    403,
    'price_not_yours',
    'Only a service may set unitPrice. Leave it out: the lines get today’s prices.'
  )
}

/** @param indexes - of all lines of the SKU */
export function unitPricesDiffer(sku: string, indexes: number[]) {
  const detail = `${sku}: lines of one SKU are one line and have one unitPrice.`
  return unprocessable('unit_prices_differ', detail, atEach(indexes, 'unitPrice', detail))
}

const CODES = { quantity: 'quantity_too_large', unitPrice: 'unit_prices_differ' }

function atEach(indexes: number[], member: keyof typeof CODES, detail: string): FieldError[] {
  return indexes.map((index) => ({
    pointer: `/lines/${index}/${member}`,
    code: CODES[member],
    detail,
  }))
}

export function tooManyPlacements() {
  return new Problem(
    503,
    'too_many_placements',
    'More orders come in than can be taken at this moment. This request placed nothing; send it again in a second under the same key.',
    { headers: { 'Retry-After': '1' } }
  )
}
