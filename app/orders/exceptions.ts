import { notFound, Problem, unprocessable, type FieldError } from '#http/problem'
import { heldNow, stateOf, type OrderRecord } from './store/order.ts'
import { moneyLines, totalOf } from './order_lines.ts'
import { allowedActions, type Refusal } from './order_state_machine.ts'

/** @throws Problem 404 if the order was not found */
export function existing(order: OrderRecord | null): OrderRecord {
  if (!order) throw notFound('order')
  return order
}

/** @param unknown - the lines whose SKU is not in the price list */
export function unknownSku(unknown: { index: number; sku: string }[]) {
  return new Problem(
    'unknown_sku',
    `Not in the catalogue: ${unknown.map(({ sku }) => sku).join(', ')}. Check the SKUs; a product listed a moment ago can take a second to appear.`,
    {
      headers: { 'Retry-After': '1' },
      errors: atSku(unknown, 'unknown_sku', (sku) => `${sku} is not in the catalogue`),
    }
  )
}

export function notForSale(off: { index: number; sku: string }[]) {
  return unprocessable(
    'not_for_sale',
    `Not for sale: ${off.map(({ sku }) => sku).join(', ')}. Remove these lines.`,
    atSku(off, 'not_for_sale', (sku) => `${sku} is not for sale`)
  )
}

const LIMITS = {
  line_pieces: {
    setting: 'CUSTOMER_LINE_PIECES',
    detail: (most: string) =>
      `Customers can order at most ${most} pieces of one SKU per order. Reduce the quantity.`,
  },
  open_orders: {
    setting: 'CUSTOMER_OPEN_ORDERS',
    detail: (most: string) =>
      `Customers can have at most ${most} open orders. Wait until one has shipped, or cancel one.`,
  },
  held_pieces: {
    setting: 'CUSTOMER_HELD_PIECES',
    detail: (most: string) =>
      `A customer’s open orders can have at most ${most} pieces in total. Reduce the quantity, wait until an order has shipped, or cancel one.`,
  },
}

/** Its members are `limit`, and the `setting` with its `value`. */
export function orderLimitExceeded(
  limit: keyof typeof LIMITS,
  value: number,
  pointers: string[] = []
) {
  const { setting, detail } = LIMITS[limit]
  const text = detail(value.toLocaleString('en'))
  return new Problem('order_limit_exceeded', `${text} (${setting}=${value})`, {
    errors: pointers.map((pointer) => ({ pointer, code: 'order_limit_exceeded', detail: text })),
    members: { limit, setting, value },
  })
}

export function emailNotYours() {
  const detail =
    'Mails about your orders go to the e-mail of your account. Leave email out, or send that address.'
  return unprocessable('email_not_yours', detail, [
    { pointer: '/email', code: 'email_not_yours', detail },
  ])
}

/** @param others - the lines that are not priced in the first currency */
export function mixedCurrencies(currencies: string[], others: { index: number; sku: string }[]) {
  return unprocessable(
    'mixed_currencies',
    `An order has one currency, but these lines are priced in ${currencies.join(' and ')}. Place one order per currency.`,
    atSku(others, 'mixed_currencies', (sku) => `${sku} is not priced in ${currencies[0]}`)
  )
}

export function totalTooLarge() {
  return unprocessable(
    'total_too_large',
    'The total exceeds 9007199254740991 minor units. Split the order.'
  )
}

/** @param indexes - the lines of the SKU */
export function quantityTooLarge(sku: string, indexes: number[]) {
  const detail = `${sku}: the lines of one SKU can have at most 1,000,000 pieces in total.`
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

/** Another caller has changed the order since the version in If-Match. */
export function versionMoved(order: OrderRecord) {
  return new Problem(
    'version_moved',
    `The order is at version ${order.version}; a caller last changed it at version ${order.editedVersion}. Read it again, and repeat the request with the new ETag if it still applies.`,
    { headers: { ETag: `"${order.version}"` }, members: { current: current(order) } }
  )
}

/** Someone has changed the note that the request replaces. */
export function noteMoved(note: string | null) {
  return new Problem(
    'version_moved',
    'Someone has changed the note since you read it. Read it again before you replace it.',
    { members: { note } }
  )
}

/** The order's state does not allow the action. Its members are the state and the allowed actions. */
export function actionRefused(order: OrderRecord, { code }: Refusal, members: object = {}) {
  const allowed = allowedActions(stateOf(order))
  const reasons: Record<Refusal['code'], string> = {
    order_not_open: `The order is ${order.status} and cannot be changed.`,
    order_not_confirmed: `The order is ${order.status}. Fulfil it when it is confirmed.`,
    revision_moved: `The lines in force are those of revision ${order.heldRevision}, not those in the parcel. Repack the order, and fulfil revision ${order.heldRevision}.`,
  }
  return new Problem(code, reasons[code], {
    headers: { ETag: `"${order.version}"` },
    members: { current: current(order), allowed, ...members },
  })
}

function current(order: OrderRecord) {
  const { status, revision, version } = order
  return { status, revision, heldRevision: heldNow(order), version }
}

/**
 * @param order - with its lines at current prices
 * @throws Problem 409 `price_changed` with these lines and their total
 */
export function assertExpectedTotal(
  expected: { amount: number; currency: string } | undefined,
  order: OrderRecord
) {
  if (!expected) return
  const { currency } = order
  const lines = moneyLines(order.lines, currency)
  const total = { amount: totalOf(order.lines), currency }
  if (expected.amount === total.amount && expected.currency === total.currency) return
  throw new Problem(
    'price_changed',
    'Prices have changed, so the total differs from expectedTotal. Show your customer the lines and total of this response, and repeat the request with the new total.',
    { members: { lines, total } }
  )
}

export function priceNotYours() {
  return new Problem(
    'price_not_yours',
    'Only a service can set unitPrice. Leave it out to order at current prices.'
  )
}

/** @param indexes - the lines of the SKU */
export function unitPricesDiffer(sku: string, indexes: number[]) {
  const detail = `${sku}: the lines of one SKU must have the same unitPrice.`
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
    'too_many_placements',
    'More orders are arriving than this server can place. This request had no effect. Repeat it in a second with the same Idempotency-Key.',
    { headers: { 'Retry-After': '1' } }
  )
}

export function tooManyOwnPlacements() {
  return new Problem(
    'too_many_own_placements',
    'Too many of your orders are being placed at the same time. This request had no effect. Repeat it in a second with the same Idempotency-Key.',
    { headers: { 'Retry-After': '1' } }
  )
}
