import { Problem, unprocessable, type FieldError } from '#http/problem'

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

export function mixedCurrencies(currencies: string[]) {
  return unprocessable(
    'mixed_currencies',
    `An order has one currency; these lines are priced in ${currencies.join(' and ')}. Place one order for each.`
  )
}

export function totalTooLarge() {
  return unprocessable(
    'total_too_large',
    'The total is above 9007199254740991 minor units. Place several orders.'
  )
}

export function quantityTooLarge(sku: string) {
  return unprocessable(
    'quantity_too_large',
    `${sku}: all lines of one SKU together may ask for 1,000,000.`
  )
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
