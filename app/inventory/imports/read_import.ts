/*
 * The dry run: a stored file → its rows, each with what it would do. Nothing of the stock is touched.
 */
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#messaging/sql'
import { readHeader } from './columns.ts'
import { csvRows } from './csv_rows.ts'
import { factsAbout, sharedCurrency } from './facts.ts'
import { FileFault } from './file_fault.ts'
import {
  finishWork,
  hold,
  NOTHING_COUNTED,
  note,
  type ImportCounts,
  type ImportRecord,
} from './import_record.ts'
import { judgeRow, type JudgedRow } from './judge_row.ts'
import { readCells, type SaidRow } from './read_cells.ts'

/** Rows judged and written together. */
const BATCH = 1_000

/**
 * Reads the file from its beginning, whatever was read of it before, and leaves the import `ready` or, where
 * the file cannot be read, `failed`.
 *
 * @param stop - ends it between two batches
 * @throws TakenOver
 */
export async function readImport(work: ImportRecord, worker: string, stop: AbortSignal) {
  await forgetRows(work.id)
  const counts: ImportCounts = { ...NOTHING_COUNTED }
  const currency = await sharedCurrency(inventory())
  const write = (rows: SaidRow[]) => writeBatch({ id: work.id, worker, currency }, rows, counts)
  const bytes = storedParts(work.id, (read) => (counts.bytesRead += read))
  try {
    const rows = csvRows(bytes, work.encoding!)
    const { value: first } = await rows.next()
    if (!first) throw new FileFault('There is nothing in the file but blanks.')
    const header = readHeader(first.cells)
    let batch: SaidRow[] = []
    // One batch is parsed while the one before it is written.
    let writing = write([])
    for await (const { row, cells } of rows) {
      batch.push(readCells(header, row, cells))
      if (batch.length < BATCH) continue
      await writing
      if (stop.aborted) return
      writing = write(batch)
      writing.catch(() => {})
      batch = []
    }
    await writing
    await write(batch)
    if (counts.rows === 0) throw new FileFault('There is no row below the header line.')
    await finishWork(work.id, worker, {
      ...{ status: 'ready', read_at: new Date(), counts: JSON.stringify(counts) },
      ignored_columns: JSON.stringify(header.ignored),
    })
    await forgetParts(work.id)
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    await forgetRows(work.id)
    await finishWork(work.id, worker, { status: 'failed', error: error.message })
    await forgetParts(work.id)
  }
}

async function writeBatch(
  { id, worker, currency }: { id: string; worker: string; currency: string | null },
  said: SaidRow[],
  counts: ImportCounts
) {
  if (said.length === 0) return
  await inventory().transaction(async (trx) => {
    await hold(trx, id, worker)
    const facts = await factsAbout(trx, id, said, currency)
    const judged = said.map((row, place) => judgeRow(row, facts[place]))
    await insertRows(trx, id, judged)
    for (const row of judged) countRow(counts, row)
    await note(trx, id, counts)
  })
}

function countRow(counts: ImportCounts, { state, delta, lists, changesProduct, large }: JudgedRow) {
  counts.rows++
  if (state === 'error') counts.errors++
  else if (!delta && !lists && !changesProduct) counts.unchanged++
  if (delta) counts.changes++
  if (lists) counts.listed++
  if (changesProduct) counts.products++
  if (large) counts.large++
  if (delta && delta > 0) counts.up += delta
  if (delta && delta < 0) counts.down -= delta
}

const writeRows = {
  name: 'import_rows',
  text: /* sql */ `
    insert into stock_import_rows (import_id, row, sku, name, price_amount, price_currency, low_stock_at, barcode,
      active, counted, received, before, delta, lists, changes_product, product_version, large, state, errors)
    select $1::uuid, * from unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::int[], $8::text[],
      $9::bool[], $10::int[], $11::int[], $12::int[], $13::int[], $14::bool[], $15::bool[], $16::int[], $17::bool[],
      $18::text[], $19::jsonb[])`,
}

async function insertRows(trx: TransactionClientContract, id: string, rows: JudgedRow[]) {
  const column = <Name extends keyof JudgedRow>(name: Name) => rows.map((row) => row[name])
  await run(trx, writeRows, [
    id,
    column('row'),
    column('sku'),
    column('name'),
    column('priceAmount'),
    column('priceCurrency'),
    column('lowStockAt'),
    column('barcode'),
    column('active'),
    column('counted'),
    column('received'),
    column('before'),
    column('delta'),
    column('lists'),
    column('changesProduct'),
    column('productVersion'),
    column('large'),
    column('state'),
    rows.map(({ errors }) => JSON.stringify(errors)),
  ])
}

async function* storedParts(id: string, onRead: (bytes: number) => void) {
  for (let part = 0; ; part++) {
    const [row] = await run<{ bytes: Buffer }>(inventory(), findPart, [id, part])
    if (!row) return
    onRead(row.bytes.length)
    yield row.bytes
  }
}

const findPart = {
  name: 'import_part_read',
  text: 'select bytes from stock_import_parts where import_id = $1 and part = $2',
}

/** Some at a time: a delete must not be a burden to others. */
async function forgetRows(id: string) {
  for (;;) {
    const { rowCount } = await inventory().rawQuery<{ rowCount: number }>(
      `delete from stock_import_rows where import_id = :id
         and row in (select row from stock_import_rows where import_id = :id limit 10000)`,
      { id }
    )
    if (rowCount === 0) return
  }
}

async function forgetParts(id: string) {
  await inventory().from('stock_import_parts').where('import_id', id).delete()
}

function inventory(): QueryClientContract {
  return db.connection('inventory')
}
