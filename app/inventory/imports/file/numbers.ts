/*
 * Reads numbers as spreadsheets of different countries display them.
 */
import { currencies } from '#http/currencies'

export interface ReadNumber {
  /** Without separators, with a decimal point: "1234.50". */
  digits: string
  /** One separator before three digits may separate thousands or decimals: `1.200` is 1200 or 1.2. */
  ambiguous: boolean
}

const PLAIN = /^(\d+)(?:[.,](\d+))?$/
const GROUPED = /^([1-9]\d{0,2}([.,'’\s])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?$/
const AMBIGUOUS = /^[1-9]\d{0,2}[.,]\d{3}$/

/** Reads `41`, `41,0`, `1.234,50`, `1,234.50`, `1 234` and `1'234.50`. @returns null for anything else */
export function readNumber(text: string): ReadNumber | null {
  const plain = PLAIN.exec(text)
  if (plain) return { digits: joined(plain[1], plain[2]), ambiguous: AMBIGUOUS.test(text) }
  const grouped = GROUPED.exec(text)
  if (!grouped) return null
  return { digits: joined(grouped[1].replace(/\D/g, ''), grouped[3]), ambiguous: false }
}

function joined(whole: string, decimals: string | undefined) {
  return decimals === undefined ? whole : `${whole}.${decimals}`
}

export interface ReadPrice extends ReadNumber {
  /** The currencies that the symbol or code beside the number may mean; empty without one. */
  currencies: string[]
}

/** Reads a number with an optional symbol or code: `4,90 €`, `$4.90`, `EUR 4.90`. */
export function readPrice(text: string): ReadPrice | null {
  const parts = /^(\D*?)\s*(\d(?:.*\d)?)\s*(\D*)$/.exec(text)
  const number = parts && readNumber(parts[2])
  if (!number) return null
  const [, before, , after] = parts
  const meant = currenciesOf(before + after)
  return meant && { ...number, currencies: meant }
}

/** @returns null for a text that is neither a symbol nor a code */
export function currenciesOf(mark: string): string[] | null {
  if (mark === '') return []
  const code = mark.toUpperCase()
  if (currencies.has(code)) return [code]
  bySymbol ??= readSymbols()
  return bySymbol.get(mark) ?? null
}

/** Created when first needed, because it takes about 10 ms. */
let bySymbol: Map<string, string[]> | undefined

/** "€" is EUR alone; "$" and "kr" are several. */
function readSymbols() {
  const symbols = new Map<string, string[]>()
  for (const currency of currencies) {
    for (const currencyDisplay of ['symbol', 'narrowSymbol'] as const) {
      const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay })
      const symbol = format.formatToParts(0).find(({ type }) => type === 'currency')!.value
      symbols.set(symbol, [...new Set([...(symbols.get(symbol) ?? []), currency])])
    }
  }
  return symbols
}
