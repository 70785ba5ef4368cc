/** Making one costs more than all that it formats in a mail. */
const formats = new Map<string, Intl.NumberFormat>()

/** `1250, "EUR"` → `€12.50`; the decimals are the currency's own. */
export function formatMoney(amount: number, currency: string) {
  const format =
    formats.get(currency) ?? new Intl.NumberFormat('en', { style: 'currency', currency })
  formats.set(currency, format)
  const { maximumFractionDigits: decimals = 2 } = format.resolvedOptions()
  return format.format(amount / 10 ** decimals)
}
