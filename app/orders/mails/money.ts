import { decimalsOf, majorUnits, symbolOf } from '#http/currencies'

/** By decimals. Cached, because creating a format is slower than formatting a whole mail. */
const formats = new Map<number, Intl.NumberFormat>()

/** `1250, "EUR"` → `€12.50`, with the decimals of ISO 4217. @param amount - minor units */
export function formatMoney(amount: number, currency: string) {
  const decimals = decimalsOf(currency)
  const format =
    formats.get(decimals) ?? new Intl.NumberFormat('en', { minimumFractionDigits: decimals })
  formats.set(decimals, format)
  const symbol = symbolOf(currency)
  const gap = /[A-Za-z]$/.test(symbol) ? '\u00A0' : ''
  return `${symbol}${gap}${format.format(majorUnits({ amount, currency }) as `${number}`)}`
}
