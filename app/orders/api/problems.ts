import type { ProblemEntry } from '#http/problem_catalogue'

export const ordersProblems = {
  not_your_account: [
    403,
    'Customers can order only for themselves',
    'The caller is a customer, and customerId names another account.',
    'Leave customerId out. Staff and services can order for other accounts.',
  ],
  price_not_yours: [
    403,
    'Only services can set prices',
    'A line has a unitPrice, and the caller is not a service.',
    'Leave unitPrice out; the line gets the current price. Use expectedTotal to verify the total.',
  ],
  order_not_confirmed: [
    409,
    'The order is not confirmed',
    'Inventory has not replied yet whether it holds the lines, so the order cannot be fulfilled.',
    'Fulfil the order when it is confirmed. A reply usually takes less than a second.',
  ],
  order_not_open: [
    409,
    'The order is closed',
    'The order is rejected, cancelled or fulfilled, and can no longer be changed.',
    'Place a new order. current has the state of this one, allowed the actions it allows.',
  ],
  price_changed: [
    409,
    'The total has changed',
    'At current prices, the total of the order differs from expectedTotal. Nothing was placed or changed.',
    'Show your customer the lines and total of this response, and repeat the request with the new total.',
  ],
  revision_moved: [
    409,
    'The order has changed since it was packed',
    'The parcel holds the lines of a revision that is not in force.',
    'Repack the order: changes lists the differences. Then fulfil it with the heldRevision of this response.',
  ],
  email_not_yours: [
    422,
    'The e-mail is not the one of your account',
    'The shop sends mails about a customer’s orders only to the e-mail of the account.',
    'Leave email out, or send the e-mail of the account. Staff and services can use other addresses.',
  ],
  mixed_currencies: [
    422,
    'The lines have different currencies',
    'An order has one currency, but these products are priced in several.',
    'Place one order per currency.',
  ],
  not_for_sale: [
    422,
    'A product is not for sale',
    'The product is in the catalogue but is not for sale. An order can keep the units it has already.',
    'Remove the lines that errors lists, or request no more units than the order has already.',
  ],
  order_limit_exceeded: [
    422,
    'The order exceeds a limit for customers',
    'The shop limits the units per line, the number of open orders, and the units in all open orders of a customer. limit names the limit; setting and value show how it is configured.',
    'Reduce the quantity, wait until an open order has shipped, or cancel one. Staff of the shop can place or change the order without this limit.',
  ],
  quantity_too_large: [
    422,
    'Too many units of one product',
    'The lines of one SKU count as one line, and together they exceed 1,000,000 units.',
    'Reduce the quantity, or split the order.',
  ],
  total_too_large: [
    422,
    'The total is too large',
    'The total exceeds 9,007,199,254,740,991 minor units, the largest number that JSON clients handle exactly.',
    'Split it into several orders.',
  ],
  unit_prices_differ: [
    422,
    'One product has different prices',
    'The lines of one SKU count as one line, but these have different unitPrices.',
    'Send one line per SKU.',
  ],
  unknown_sku: [
    422,
    'A product is not in the catalogue',
    'No product has this SKU, or the product was listed a moment ago and has not arrived yet.',
    'Check the SKUs that errors lists. For a new product, wait for the seconds in Retry-After, then repeat the request.',
  ],
  too_many_own_placements: [
    429,
    'Too many concurrent orders of one customer',
    'A process places at most 4 orders of a customer at the same time. Further orders wait for up to a second, and this one timed out. It had no effect.',
    'Repeat the request after Retry-After with the same Idempotency-Key. Programs that order for many customers should use a service account, which has no such limit.',
  ],
  too_many_placements: [
    503,
    'Too many concurrent orders',
    'More orders are arriving than the server can place. This request had no effect.',
    'Repeat the request after Retry-After with the same Idempotency-Key.',
  ],
} as const satisfies Record<string, ProblemEntry>

declare module '#http/problem_catalogue' {
  interface DeclaredProblems extends Record<keyof typeof ordersProblems, true> {}
}
