/*
 * CSV for spreadsheets (RFC 4180).
 */

/** A spreadsheet reads text that begins like this as a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = /^[=+\-@\t\r]/

/**
 * One line with its line end. Text that a spreadsheet would run as a formula gets a leading apostrophe;
 * numbers stay numbers; null and undefined are empty.
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
