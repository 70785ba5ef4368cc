/*
 * CSV for spreadsheets (RFC 4180).
 */

/** A spreadsheet takes what begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = /^[=+\-@\t\r]/

/**
 * One line with its end. A text that a spreadsheet would run gets an apostrophe before it; numbers stay
 * numbers; null and undefined are empty.
 */
export function csvLine(cells: unknown[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(String(value)) ? `'${value}` : String(value)
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
