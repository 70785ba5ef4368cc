/*
 * Bytes → rows of cells, never more than a piece of the file at a time.
 */
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { FileFault } from './file_fault.ts'

export type Encoding = 'utf-8' | 'windows-1252'

export interface CsvRow {
  /** As a spreadsheet counts: the header line is row 1. */
  row: number
  cells: string[]
}

/** In characters. */
const LONGEST_ROW = 65_536

/**
 * The header line first. Rows without a single character in them are counted and left out.
 *
 * @throws FileFault where the file is no CSV, or breaks its own rules
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
    // A cell such as ="0123" or 12" is a cell.
    relax_quotes: true,
  })
  pipeline(Readable.from(text, { highWaterMark: 1 }), parser, () => {})
  let row = 0
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row++
      if (cells.some((cell) => cell.trim() !== '')) yield { row, cells }
    }
  } catch (error) {
    throw error instanceof CsvError ? faultAt(row + 1, error) : error
  }
}

function faultAt(row: number, { code }: CsvError) {
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return new FileFault(`A quotation mark that opens in row ${row} is never closed.`)
  }
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new FileFault(
      `Row ${row} is longer than 64 KB. Either this is no CSV, or a quotation mark there is never closed.`
    )
  }
  return new FileFault(`Row ${row} cannot be read: its quotation marks do not fit together.`)
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding) {
  const decoder = new TextDecoder(encoding)
  for await (const piece of bytes) yield withoutNul(decoder.decode(piece, { stream: true }))
  yield decoder.decode()
}

function withoutNul(text: string) {
  if (text.includes('\0')) throw new FileFault('The file holds NUL bytes: it is no CSV.')
  return text
}

/** The one of comma, semicolon and tab that the first line holds most of, outside quotation marks. */
async function withSeparator(text: AsyncGenerator<string>) {
  let start = ''
  for (;;) {
    const { value, done } = await text.next()
    start += value ?? ''
    if (done || start.length > LONGEST_ROW || /[^\r\n][\r\n]/.test(start)) break
  }
  // Excel's own first line says which one it is, and is no row.
  const said = /^sep=([,;\t])\r?\n/i.exec(start)
  if (said) {
    start = start.slice(said[0].length)
    return { separator: said[1], text: whole() }
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
