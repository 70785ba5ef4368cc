/*
 * CSV for spreadsheets (RFC 4180).
 */

import { Readable } from 'node:stream'
import type { HttpContext } from '@adonisjs/core/http'
import type { Slice } from './pagination.ts'

/** A spreadsheet reads text that begins like this as a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = /^'*[=+\-@\t\r]/

/**
 * One line with its line end. Text that a spreadsheet would run as a formula gets a leading apostrophe;
 * numbers stay numbers; null and undefined are empty.
 */
export function csvLine(cells: unknown[], separator = ','): string {
  return `${cells.map(cell).join(separator)}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(String(value)) ? `'${value}` : String(value)
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Removes the apostrophe that `csvLine` adds. */
export function unguarded(text: string): string {
  return /^'+[=+\-@]/.test(text) ? text.slice(1) : text
}

/** Rows that `csvOf` reads at a time. */
const BATCH = 2_000

/**
 * A list of any length as CSV, in the order of the list.
 *
 * @param columns - heading and value of each column
 * @param read - returns up to `limit` + 1 rows, as for a page
 * @param position - of a row in the order of the list
 */
export async function* csvOf<Row>(
  columns: [heading: string, value: (row: Row) => unknown][],
  read: (slice: Slice) => Promise<Row[]>,
  position: (row: Row) => string[]
) {
  yield csvLine(columns.map(([heading]) => heading))
  for (let from: string[] | null = null; ;) {
    const rows = await read({ from, backwards: false, limit: BATCH })
    const page = rows.slice(0, BATCH)
    yield page.map((row) => csvLine(columns.map(([, value]) => value(row)))).join('')
    if (rows.length <= BATCH) return
    from = position(page.at(-1)!)
  }
}

/** Responds with CSV for programs, as a file. */
export function sendCsv({ response }: HttpContext, name: string, lines: AsyncIterable<string>) {
  response.header('content-type', 'text/csv; charset=utf-8')
  response.header('content-disposition', `attachment; filename="${name}"`)
  return response.stream(Readable.from(lines))
}

/** Responds with CSV for people. Excel reads it as UTF-8 only if it begins with a byte order mark. */
export function sendSpreadsheet(ctx: HttpContext, name: string, lines: AsyncIterable<string>) {
  return sendCsv(ctx, name, withMark(lines))
}

async function* withMark(lines: AsyncIterable<string>) {
  yield '\uFEFF'
  yield* lines
}
