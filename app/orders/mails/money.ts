/** `1250, "EUR"` → `€12.50`; the decimals are the currency's own. */
export function formatMoney(amount: number, currency: string) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const { maximumFractionDigits: decimals = 2 } = format.resolvedOptions()
  return format.format(amount / 10 ** decimals)
}
