/*
 * Parses a CSV file as a stream.
 */
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { composed, isBlank } from '#http/characters'
import type { Encoding } from './encoding.ts'
import { UnreadableFile } from './unreadable_file.ts'

export interface CsvRow {
  /** The row number of the spreadsheet: the header line is row 1. */
  row: number
  cells: string[]
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
  const parser = parse({
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: LONGEST_ROW,
    relax_column_count: true,
    // Accept quotation marks inside a cell, as in ="0123" or 12".
    relax_quotes: true,
  })
  pipeline(Readable.from(text, { highWaterMark: 1 }), parser, () => {})
  let row = 0
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row++
      if (!cells.every(isBlank)) yield { row, cells: cells.map(composed) }
    }
  } catch (error) {
    throw error instanceof CsvError ? faultAt(row + 1, error) : error
  }
}

function faultAt(row: number, { code }: CsvError) {
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return new UnreadableFile(
      `The quotation mark that opens in row ${row} is never closed. Close it or remove it.`
    )
  }
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new UnreadableFile(
      `Row ${row} is longer than 64 KB. Either the file is not CSV, or a quotation mark in this row is never closed.`
    )
  }
  return new UnreadableFile(`Row ${row} has quotation marks that do not match. Correct them.`)
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
