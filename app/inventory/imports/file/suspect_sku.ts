/*
 * Recognizes SKUs that a spreadsheet has changed: it reads `0017` as 17, `MAR-1` as a date and `1E10` as a
 * number.
 */

const MONTH = '(JAN|FEB|MAR|MRZ|APR|MAY|MAI|JUN|JUL|AUG|SEP|SEPT|OCT|OKT|NOV|DEC|DEZ)'
const NUMBER = /^\d+(\.\d+)?$/

/** Valid SKUs that look like a date, a number in scientific notation or a decimal. */
const CHANGED_SKUS = [
  new RegExp(`^\\d{1,2}[-.]${MONTH}([-.]\\d{2,4})?$`),
  /^\d{1,2}\.\d{1,2}\.(\d\d|\d{4})$/,
  /^\d{4}-\d\d-\d\d$/,
  /^\d+(\.\d+)?E\d+$/,
  /^\d+\.\d*[1-9]$/,
]

/** The same forms with characters that an SKU cannot have: `1,00E+05`, `Mrz 12`. */
const INVALID_SKUS = [
  /^\d+([.,]\d+)?E[+-]?\d+$/,
  new RegExp(`^(${MONTH}|MÄR)[ .]+\\d{1,4}$`),
  new RegExp(`^\\d{1,2}[. ]+(${MONTH}|MÄR)([. ]+\\d{2,4})?$`),
]

/** Whether a spreadsheet may have changed a valid SKU. @param sku - upper case */
export function mayBeChangedSku(sku: string): boolean {
  return CHANGED_SKUS.some((form) => form.test(sku))
}

/** Whether a spreadsheet has changed an SKU into an invalid one. */
export function isChangedSku(text: string): boolean {
  return INVALID_SKUS.some((form) => form.test(text.toUpperCase()))
}

/** Cyrillic and Greek capitals that look like Latin ones. */
const LOOK_ALIKES = new Map([...'АВЕЅІЈКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ'].map((letter, index) => [letter, 'ABESIJKMHOPCTXABEZHIKMNOPTYX'[index]])) // prettier-ignore

/** Replaces characters that look like Latin letters, digits or a hyphen: `ＭＵＧ‑RED` is `MUG-RED`. */
export function latinLetters(text: string): string {
  const plain = text.normalize('NFKC').replace(/[\u2010-\u2015\u2212]/g, '-')
  return [...plain.toUpperCase()].map((letter) => LOOK_ALIKES.get(letter) ?? letter).join('')
}

const MOST_ZEROS = 12
const MOST_DECIMALS = 4

/**
 * The SKUs that a spreadsheet shows as this number: `0017` and `17.00` for `17`, `90.750` for `90.75`.
 * Empty when the SKU is not a number.
 */
export function sameNumbers(sku: string): string[] {
  if (!NUMBER.test(sku) || sku.length > 20) return []
  const [whole, decimals = ''] = sku.split('.')
  const zeros = Array.from({ length: MOST_ZEROS + 1 }, (_, count) => '0'.repeat(count))
  const ends = zeros
    .slice(0, MOST_DECIMALS + 1)
    .map((more) => decimals + more)
    .map((end) => (end === '' ? '' : `.${end}`))
  return zeros
    .flatMap((before) => ends.map((end) => before + whole + end))
    .filter((one) => one !== sku)
}
