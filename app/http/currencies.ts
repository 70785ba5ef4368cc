/*
 * Currencies and their decimals, from ISO 4217. Intl cannot be used: its data (CLDR) has the decimals of cash for
 * 17 currencies (HUF 0, IQD 0) and may change with a Node.js upgrade.
 *
 * Source: ISO 4217 List One, published 2026-01-01, amendments up to 180
 * (https://www.six-group.com/en/products-services/financial-information/market-reference-data/data-standards.html).
 * No npm package is current: currency-codes 2.2.0 is from 2024-06-25, and dinero.js 2.0.2 has one decimal for
 * MGA and MRU.
 */

/** Active codes by their number of decimals. Codes without minor units (XAU, XTS …) are excluded. */
const BY_DECIMALS: [decimals: number, codes: string][] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]

const decimals = new Map(
  BY_DECIMALS.flatMap(([each, codes]) => codes.split(/\s+/).map((code) => [code, each] as const))
)

/** The active codes of ISO 4217 that have minor units: the allowed currencies of new prices. */
export const currencies: ReadonlySet<string> = new Set([...decimals.keys()].sort())

/**
 * The decimals of a currency: 2 for EUR and HUF, 0 for JPY, 3 for KWD. Codes that are not active have 2, like
 * every withdrawn code that earlier releases accepted (ANG, BGN, CUC, HRK, SLL, ZWL).
 */
export function decimalsOf(currency: string): number {
  return decimals.get(currency) ?? 2
}

/** Converts minor units to "7.90", without symbol or separators, for files and form fields. */
export function majorUnits({ amount, currency }: { amount: number; currency: string }): string {
  const places = decimalsOf(currency)
  const digits = String(Math.abs(amount)).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const sign = amount < 0 ? '-' : ''
  return places === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-places)}`
}

/** The English symbol, such as "€"; the code if there is none. */
export function symbolOf(currency: string): string {
  let symbol = symbols.get(currency)
  if (symbol === undefined) {
    symbol = /^[A-Z]{3}$/.test(currency) ? englishSymbol(currency) : currency
    symbols.set(currency, symbol)
  }
  return symbol
}

/** Cached, because creating a format is expensive. */
const symbols = new Map<string, string>()

function englishSymbol(currency: string) {
  const parts = new Intl.NumberFormat('en', { style: 'currency', currency }).formatToParts(0)
  return parts.find(({ type }) => type === 'currency')!.value
}
