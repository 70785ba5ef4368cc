/*
 * A product as people type it: a price in major units with a dot or a comma, barcodes one to a line.
 */
import vine from '@vinejs/vine'
import { currencies, decimalsOf } from '#http/fields'
import { unprocessable } from '#http/problem'

const typedProduct = vine.compile(
  vine.object({
    name: vine.string().trim(),
    price: vine
      .string()
      .trim()
      .regex(/^\d{1,9}([.,]\d{1,3})?$/),
    currency: vine.string().trim().toUpperCase(),
    lowStockAt: vine
      .number()
      .parse((value) => (value === '' ? undefined : value))
      .optional(),
    barcodes: vine.string().trim().optional(),
    active: vine.literal('on').optional(),
  })
)

/** What `productValidator` takes. @throws ValidationError, Problem 422 `invalid_fields` for the price */
export async function productOfForm(form: unknown) {
  const { name, price, currency, lowStockAt, barcodes, active } = await typedProduct.validate(form)
  if (!currencies.has(currency)) throw wrong('currency', 'is not an ISO 4217 currency code')
  const amount = minorUnits(price, currency)
  if (amount === null) throw wrong('price', `has more decimals than ${currency}`)
  return {
    name,
    price: { amount, currency },
    lowStockAt: lowStockAt ?? null,
    barcodes: (barcodes ?? '').split(/[\s,;]+/).filter(Boolean),
    active: active === 'on',
  }
}

function wrong(field: string, detail: string) {
  const error = { pointer: `/${field}`, code: 'price', detail }
  return unprocessable('invalid_fields', `/${field} ${detail}`, [error])
}

/** "7,9" → 790. Null when it has more decimals than the currency. */
export function minorUnits(typed: string, currency: string): number | null {
  const [whole, decimals = ''] = typed.split(/[.,]/)
  const most = decimalsOf(currency)
  if (decimals.replace(/0+$/, '').length > most) return null
  return Number(whole + decimals.slice(0, most).padEnd(most, '0'))
}

/** 790 → "7.90", to be typed over. */
export function typedPrice({ amount, currency }: { amount: number; currency: string }): string {
  return (amount / 10 ** decimalsOf(currency)).toFixed(decimalsOf(currency))
}
