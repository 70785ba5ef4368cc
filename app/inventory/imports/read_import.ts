/*
 * The dry run: reads the stored file and plans the effect of each row. It changes no stock.
 */
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { isTimeLimit } from '#postgres/errors'
import { run } from '#postgres/run'
import { readHeader } from './file/columns.ts'
import { csvRows } from './file/csv_rows.ts'
import { UnreadableFile } from './file/unreadable_file.ts'
import { readCells, type FileRow } from './file/read_cells.ts'
import { inHalves } from './chunks.ts'
import {
  finishWork,
  lockLease,
  NOTHING_COUNTED,
  writeCounts,
  type ImportCounts,
  type ImportRecord,
} from './import_record.ts'
import { planRow, SUSPECT_SKU, type PlannedRow } from './plan_row.ts'
import { loadRowContext, usualCurrency } from './row_context.ts'
import { deleteFile, storedFile } from './stored_file.ts'

/** Rows planned and written together. */
const BATCH = 1_000

/**
 * Reads the file, always from its start, and sets the status to `ready`, or to `failed` when the file
 * is unreadable.
 *
 * @param stop - stops the work between two batches
 * @throws LeaseLost
 */
export async function readImport(work: ImportRecord, worker: string, stop: AbortSignal) {
  await deleteRows(work.id)
  const counts: ImportCounts = { ...NOTHING_COUNTED }
  const currency = await usualCurrency(inventory())
  const write = (batch: FileRow[]) =>
    inHalves(batch, (rows) => writeBatch({ id: work.id, worker, currency }, rows, counts))
  const bytes = storedFile(work.id, (read) => (counts.bytesRead += read))
  try {
    const rows = csvRows(bytes, work.encoding!)
    const { value: first } = await rows.next()
    if (!first) throw new UnreadableFile('The file has only empty rows.')
    const header = readHeader(first.cells)
    let batch: FileRow[] = []
    // One batch is parsed while the previous one is written.
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
    if (counts.rows === 0) throw new UnreadableFile('The file has no rows below the header line.')
    await analyzeRows()
    await finishWork(work.id, worker, {
      ...{ status: 'ready', read_at: new Date(), counts: JSON.stringify(counts) },
      ignored_columns: JSON.stringify(header.ignored),
    })
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    await deleteRows(work.id)
    await finishWork(work.id, worker, { status: 'failed', error: error.message })
    await deleteFile(work.id)
  }
}

async function writeBatch(
  { id, worker, currency }: { id: string; worker: string; currency: string | null },
  rows: FileRow[],
  counts: ImportCounts
) {
  if (rows.length === 0) return
  const planned = await inventory().transaction(async (trx) => {
    await lockLease(trx, id, worker)
    const contexts = await loadRowContext(trx, id, rows, currency)
    const plans = rows.map((row, index) => planRow(row, contexts[index]))
    await insertRows(trx, id, plans)
    const total = { ...counts }
    for (const plan of plans) countRow(total, plan)
    await writeCounts(trx, id, total)
    return plans
  })
  for (const plan of planned) countRow(counts, plan)
}

function countRow(counts: ImportCounts, row: PlannedRow) {
  const { state, counted, delta, lists, changesProduct, large, errors } = row
  counts.rows++
  if (state === 'error') {
    counts.errors++
    if (errors[0].code === SUSPECT_SKU) counts.suspects++
    return
  }
  if (!delta && !lists && !changesProduct) {
    counts.unchanged++
    if (counted !== null) counts.agreed++
  }
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

async function insertRows(trx: TransactionClientContract, id: string, rows: PlannedRow[]) {
  const column = <Name extends keyof PlannedRow>(name: Name) => rows.map((row) => row[name])
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

/**
 * Updates the statistics: without them, PostgreSQL reads all rows of a new import to find the next ones.
 * An analysis that takes too long is left out: applying the import is then slower.
 */
async function analyzeRows() {
  try {
    await run(inventory(), { name: 'import_analyze', text: 'select analyze_import_rows()' }, [])
  } catch (error) {
    if (!isTimeLimit(error)) throw error
  }
}

/** Deletes in batches, so that no statement runs for long. */
async function deleteRows(id: string) {
  for (;;) {
    const { rowCount } = await inventory().rawQuery<{ rowCount: number }>(
      `delete from stock_import_rows where import_id = :id
         and row in (select row from stock_import_rows where import_id = :id limit 10000)`,
      { id }
    )
    if (rowCount === 0) return
  }
}

function inventory(): QueryClientContract {
  return db.connection('inventory')
}
