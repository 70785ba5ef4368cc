/*
 * Barcodes as GTINs (GS1 General Specifications): EAN-8, UPC-12, EAN-13 and GTIN-14 are one number,
 * padded with zeros to 14 digits. The last digit is a check digit.
 */

/** Whether a product can have the code as a barcode: 8, 12, 13 or 14 digits. */
export function isBarcode(code: string): boolean {
  return /^\d{8}$|^\d{12,14}$/.test(code)
}

/** The form in which codes are compared: `036000291452` and `0036000291452` give `00036000291452`. */
export function gtinOf(barcode: string): string {
  return barcode.padStart(14, '0')
}

/** Whether the check digit is correct. */
export function hasCheckDigit(barcode: string): boolean {
  return barcode.at(-1) === checkDigitOf(barcode)
}

/** The check digit that the other digits require. */
export function checkDigitOf(barcode: string): string {
  const digits = [...gtinOf(barcode).slice(0, -1)].map(Number)
  const sum = digits.reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0)
  return String((10 - (sum % 10)) % 10)
}
