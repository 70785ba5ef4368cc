import type { ProblemKind } from '#http/problem_catalogue'

export const ordersProblems = {
  not_your_account: {
    status: 403,
    title: 'Customers can order only for themselves',
    cause: 'The caller is a customer, and customerId names another account.',
    remedy: 'Leave customerId out. Staff and services can order for other accounts.',
  },
  price_not_yours: {
    status: 403,
    title: 'Only services can set prices',
    cause: 'A line has a unitPrice, and the caller is not a service.',
    remedy:
      'Leave unitPrice out; the line gets the current price. Use expectedTotal to verify the total.',
  },
  order_not_confirmed: {
    status: 409,
    title: 'The order is not confirmed',
    cause:
      'Inventory has not replied yet whether it holds the lines, so the order cannot be fulfilled.',
    remedy: 'Fulfil the order when it is confirmed. A reply usually takes less than a second.',
  },
  order_not_open: {
    status: 409,
    title: 'The order is closed',
    cause: 'The order is rejected, cancelled or fulfilled, and can no longer be changed.',
    remedy: 'Place a new order. current has the state of this one, allowed the actions it allows.',
  },
  price_changed: {
    status: 409,
    title: 'The total has changed',
    cause:
      'At current prices, the total of the order differs from expectedTotal. Nothing was placed or changed.',
    remedy:
      'Show your customer the lines and total of this response, and repeat the request with the new total.',
  },
  revision_moved: {
    status: 409,
    title: 'The order has changed since it was packed',
    cause: 'The parcel holds the lines of a revision that is not in force.',
    remedy:
      'Repack the order: changes lists the differences. Then fulfil it with the heldRevision of this response.',
  },
  email_not_yours: {
    status: 422,
    title: 'The e-mail is not the one of your account',
    cause: 'The shop sends mails about a customer’s orders only to the e-mail of the account.',
    remedy:
      'Leave email out, or send the e-mail of the account. Staff and services can use other addresses.',
  },
  mixed_currencies: {
    status: 422,
    title: 'The lines have different currencies',
    cause: 'An order has one currency, but these products are priced in several.',
    remedy: 'Place one order per currency.',
  },
  not_for_sale: {
    status: 422,
    title: 'A product is not for sale',
    cause:
      'The product is in the catalogue but is not for sale. An order can keep the pieces it has already.',
    remedy:
      'Remove the lines that errors lists, or request no more pieces than the order has already.',
  },
  order_limit_exceeded: {
    status: 422,
    title: 'The order exceeds a limit for customers',
    cause:
      'The shop limits the pieces per line, the number of open orders, and the pieces in all open orders of a customer. limit names the limit; setting and value show how it is configured.',
    remedy:
      'Reduce the quantity, wait until an open order has shipped, or cancel one. Staff of the shop can place or change the order without this limit.',
  },
  quantity_too_large: {
    status: 422,
    title: 'Too many pieces of one product',
    cause: 'The lines of one SKU count as one line, and together they exceed 1,000,000 pieces.',
    remedy: 'Reduce the quantity, or split the order.',
  },
  total_too_large: {
    status: 422,
    title: 'The total is too large',
    cause:
      'The total exceeds 9,007,199,254,740,991 minor units, the largest number that JSON clients handle exactly.',
    remedy: 'Split it into several orders.',
  },
  unit_prices_differ: {
    status: 422,
    title: 'One product has different prices',
    cause: 'The lines of one SKU count as one line, but these have different unitPrices.',
    remedy: 'Send one line per SKU.',
  },
  unknown_sku: {
    status: 422,
    title: 'A product is not in the catalogue',
    cause:
      'No product has this SKU, or the product was listed a moment ago and has not arrived yet.',
    remedy:
      'Check the SKUs that errors lists. For a new product, repeat the request after Retry-After.',
  },
  too_many_own_placements: {
    status: 429,
    title: 'Too many concurrent orders of one customer',
    cause:
      'A process places at most 4 orders of a customer at the same time. Further orders wait for up to a second, and this one timed out. It had no effect.',
    remedy:
      'Repeat the request after Retry-After with the same Idempotency-Key. Programs that order for many customers should use a service account, which has no such limit.',
  },
  too_many_placements: {
    status: 503,
    title: 'Too many concurrent orders',
    cause: 'More orders are arriving than the server can place. This request had no effect.',
    remedy: 'Repeat the request after Retry-After with the same Idempotency-Key.',
  },
} as const satisfies Record<string, ProblemKind>

type OrdersProblems = typeof ordersProblems

declare module '#http/problem_catalogue' {
  interface DeclaredProblems extends OrdersProblems {}
}
