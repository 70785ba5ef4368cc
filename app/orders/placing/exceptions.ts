import { Problem, unprocessable, type FieldError } from '#http/problem'
import type { SignedIn } from '#contracts/actor'
import type { OrderRecord } from '../store/order.ts'
import { moneyLines, totalOf } from '../order_lines.ts'

/** A requested line with its index in the request. */
interface LineAt {
  index: number
  sku: string
}

/** @param unknown - the lines whose SKU is not in the price list */
export function unknownSku(unknown: LineAt[]) {
  return new Problem(
    'unknown_sku',
    `Not in the catalogue: ${skusOf(unknown)}. Check the SKUs; a product listed a moment ago can take a second to appear.`,
    {
      headers: { 'Retry-After': '1' },
      errors: atEach(unknown, 'sku', 'unknown_sku', (sku) => `${sku} is not in the catalogue`),
    }
  )
}

export function notForSale(off: LineAt[]) {
  return unprocessable(
    'not_for_sale',
    `Not for sale: ${skusOf(off)}. Remove these lines.`,
    atEach(off, 'sku', 'not_for_sale', (sku) => `${sku} is not for sale`)
  )
}

/** @param others - the lines that are not priced in the first currency */
export function mixedCurrencies(currencies: string[], others: LineAt[]) {
  return unprocessable(
    'mixed_currencies',
    `An order has one currency, but these lines are priced in ${currencies.join(' and ')}. Place one order per currency.`,
    atEach(others, 'sku', 'mixed_currencies', (sku) => `${sku} is not priced in ${currencies[0]}`)
  )
}

/** @param lines - all lines of the SKU */
export function quantityTooLarge(lines: LineAt[]) {
  const detail = `${lines[0].sku}: the lines of one SKU can have at most 1,000,000 units in total.`
  const errors = atEach(lines, 'quantity', 'quantity_too_large', () => detail)
  return unprocessable('quantity_too_large', detail, errors)
}

/** @param lines - all lines of the SKU */
export function unitPricesDiffer(lines: LineAt[]) {
  const detail = `${lines[0].sku}: the lines of one SKU must have the same unitPrice.`
  const errors = atEach(lines, 'unitPrice', 'unit_prices_differ', () => detail)
  return unprocessable('unit_prices_differ', detail, errors)
}

function skusOf(lines: LineAt[]) {
  return lines.map(({ sku }) => sku).join(', ')
}

function atEach(
  lines: LineAt[],
  member: string,
  code: string,
  detail: (sku: string) => string
): FieldError[] {
  return lines.map(({ index, sku }) => {
    return { pointer: `/lines/${index}/${member}`, code, detail: detail(sku) }
  })
}

export function totalTooLarge() {
  return unprocessable(
    'total_too_large',
    'The total exceeds 9007199254740991 minor units. Split the order.'
  )
}

/** @throws Problem 403 `price_not_yours` if a line has a price that the caller may not set */
export function assertOwnPrices(lines: { unitPrice?: object }[], { role }: SignedIn) {
  if (role === 'service' || lines.every(({ unitPrice }) => !unitPrice)) return
  throw new Problem(
    'price_not_yours',
    'Only a service can set unitPrice. Leave it out to order at current prices.'
  )
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

/** The limits for customers by their names in the problem; their settings are `CUSTOMER_` and the name. */
const LIMITS = {
  line_pieces: (most: string) =>
    `Customers can order at most ${most} units of one SKU per order. Reduce the quantity.`,
  open_orders: (most: string) =>
    `Customers can have at most ${most} open orders. Wait until one has shipped, or cancel one.`,
  held_pieces: (most: string) =>
    `A customer’s open orders can have at most ${most} units in total. Reduce the quantity, wait until an order has shipped, or cancel one.`,
}

/** Its members are `limit`, and the `setting` with its `value`. */
export function orderLimitExceeded(
  limit: keyof typeof LIMITS,
  value: number,
  pointers: string[] = []
) {
  const setting = `CUSTOMER_${limit.toUpperCase()}`
  const detail = LIMITS[limit](value.toLocaleString('en'))
  return new Problem('order_limit_exceeded', `${detail} (${setting}=${value})`, {
    errors: pointers.map((pointer) => ({ pointer, code: 'order_limit_exceeded', detail })),
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
