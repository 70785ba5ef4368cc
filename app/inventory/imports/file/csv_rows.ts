/*
 * Parses a CSV file as a stream.
 */
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse, type Options } from 'csv-parse'
import { parse as parseText } from 'csv-parse/sync'
import { composed, isBlank } from '#http/characters'
import type { Encoding } from './encoding.ts'
import { UnreadableFile } from './unreadable_file.ts'

export interface CsvRow {
  /** The row number of the spreadsheet: the header line is row 1. */
  row: number
  cells: string[]
  separator: string
}

/** Characters. */
const LONGEST_ROW = 65_536

/**
 * Yields the header line, then the rows. Cells are normalized (NFC); bytes that are invalid in the encoding
 * become U+FFFD. Blank rows are numbered but not yielded.
 *
 * @throws UnreadableFile when the file is not valid CSV
 */
export async function* csvRows(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding
): AsyncGenerator<CsvRow> {
  const { separator, text } = await withSeparator(decoded(bytes, encoding))
  const isTabbed = separator === '\t'
  const parser = parse({
    ...formatOf(separator),
    // Accept quotation marks inside a cell, as in ="0123" or 12".
    relax_quotes: true,
    raw: true,
  })
  pipeline(Readable.from(text, { highWaterMark: 1 }), parser, () => {})
  let row = 0
  try {
    for await (const { record, raw } of parser as AsyncIterable<{
      record: string[]
      raw: string
    }>) {
      row++
      if (/[\r\n]/.test(raw.trimEnd())) rejectLooseQuote(row, raw, separator)
      if (record.every(isBlank)) continue
      const cells = isTabbed ? record.map(unquoted) : record
      yield { row, cells: cells.map(composed), separator }
    }
  } catch (error) {
    throw error instanceof CsvError ? faultOf(error) : error
  }
}

function formatOf(separator: string): Options {
  return {
    delimiter: separator,
    // In a file with tabs, quotation marks are characters of the cells.
    quote: separator === '\t' ? null : '"',
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: LONGEST_ROW,
    relax_column_count: true,
  }
}

/**
 * With `relax_quotes`, a quotation mark that is never closed ends at the next one, even in a later row: the rows
 * between would be part of its cell.
 */
function rejectLooseQuote(row: number, raw: string, separator: string) {
  try {
    parseText(raw, formatOf(separator))
  } catch (error) {
    if ((error as CsvError).code === 'CSV_INVALID_CLOSING_QUOTE') throw neverClosed(row)
  }
}

/** @param error - the parser fails before all rows that it has read are consumed: only the error has the row */
function faultOf(error: CsvError & { records?: number; raw?: string }) {
  const { code, records = 0, raw = '' } = error
  const row = records + 1
  if (code === 'CSV_QUOTE_NOT_CLOSED') return neverClosed(row)
  if (code !== 'CSV_MAX_RECORD_SIZE') {
    return new UnreadableFile(`Row ${row} has quotation marks that do not match. Correct them.`)
  }
  // Only a quoted cell can contain line breaks.
  if (/[\r\n]/.test(raw)) return neverClosed(row)
  return new UnreadableFile(
    `Row ${row} is longer than 64 KB. Either the file is not CSV, or a quotation mark in this row is never closed.`
  )
}

function neverClosed(row: number) {
  return new UnreadableFile(
    `The quotation mark that opens in row ${row} is never closed. Close it or remove it.`
  )
}

/** Spreadsheets quote a cell of a file with tabs if it contains a quotation mark: `"12"" mug"`. */
function unquoted(cell: string) {
  const inner = /^"((?:[^"]|"")*)"$/.exec(cell)
  return inner ? inner[1].replaceAll('""', '"') : cell
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding) {
  const decoder = new TextDecoder(encoding)
  for await (const part of bytes) yield decoder.decode(part, { stream: true })
  yield decoder.decode()
}

/** Chooses comma, semicolon or tab: the most frequent one in the first line, outside quotation marks. */
async function withSeparator(text: AsyncGenerator<string>) {
  let start = ''
  for (;;) {
    const { value, done } = await text.next()
    start += value ?? ''
    if (done || start.length > LONGEST_ROW || /[^\r\n][\r\n]/.test(start)) break
  }
  // A first line "sep=;", which Excel writes, names the separator and is not a row.
  const named = /^sep=([,;\t])\r?\n/i.exec(start)
  if (named) {
    start = start.slice(named[0].length)
    return { separator: named[1], text: whole() }
  }
  const line = start
    .trimStart()
    .split(/[\r\n]/, 1)[0]
    .replace(/"[^"]*"/g, '')
  const counted = [',', ';', '\t'].map((one) => ({ one, count: line.split(one).length }))
  const [{ one: separator }] = counted.sort((a, b) => b.count - a.count)
  async function* whole() {
    yield start
    yield* text
  }
  return { separator, text: whole() }
}
