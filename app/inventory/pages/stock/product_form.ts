/*
 * The product form: a price in major units with a dot or a comma, and one barcode per line.
 */
import vine from '@vinejs/vine'
import { currencies, decimalsOf } from '#http/currencies'
import { unprocessable } from '#http/problem'

const typedProduct = vine.compile(
  vine.object({
    name: vine.string().trim(),
    price: vine
      .string()
      .trim()
      .regex(/^\d{1,13}([.,]\d{1,4})?$/),
    currency: vine.string().trim().toUpperCase(),
    lowStockAt: vine
      .number()
      .parse((value) => (value === '' ? undefined : value))
      .optional(),
    barcodes: vine.string().trim().optional(),
    allowCheckDigit: vine.literal('on').optional(),
    active: vine.literal('on').optional(),
  })
)

/**
 * Converts the form for `productValidator`.
 *
 * @throws ValidationError · Problem 422 `invalid_fields` for the price or the currency
 */
export async function productOfForm(form: unknown) {
  const { name, price, currency, lowStockAt, barcodes, ...boxes } =
    await typedProduct.validate(form)
  if (!currencies.has(currency)) {
    throw invalidField('currency', 'is not an active ISO 4217 currency code such as EUR')
  }
  const amount = minorUnits(price, currency)
  if (amount === null) {
    const detail = `has too many decimals: ${currency} has ${decimalsOf(currency)}. Write thousands without a separator`
    throw invalidField('price', detail)
  }
  return {
    name,
    price: { amount, currency },
    lowStockAt: lowStockAt ?? null,
    barcodes: (barcodes ?? '').split(/[\s,;]+/).filter(Boolean),
    allowCheckDigit: boxes.allowCheckDigit === 'on',
    active: boxes.active === 'on',
  }
}

function invalidField(field: string, detail: string) {
  const error = { pointer: `/${field}`, code: 'price', detail }
  return unprocessable('invalid_fields', `/${field} ${detail}`, [error])
}

/** "7,9" → 790. Returns null for too many decimals, because "1.000" EUR may mean a thousand. */
function minorUnits(typed: string, currency: string): number | null {
  const [whole, decimals = ''] = typed.split(/[.,]/)
  const most = decimalsOf(currency)
  return decimals.length > most ? null : Number(whole + decimals.padEnd(most, '0'))
}
