/*
 * An import at a terminal: the whole way, without a running server.
 */
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import { SYSTEM } from '#contracts/actor'
import { FileFault } from './file_fault.ts'
import { findImport } from './find_imports.ts'
import type { ImportRecord } from './import_record.ts'
import { workOn } from './import_worker.ts'
import { startApplication, startReading } from './order_import.ts'
import type { RowError } from './read_cells.ts'
import { receiveUpload } from './receive_upload.ts'

/** Problems told at a terminal; the rest is in the error file of the import's page. */
export const MOST_TOLD = 1_000
/** A server that runs beside may have taken the work: then its end is waited for. */
const LOOK_MS = 200

/**
 * @param path - names the import
 * @param apply - else it stays a dry run
 * @param said - hears how it goes
 * @throws FileFault · Problem `no_csv`, `body_too_large` · what the stream throws
 */
export async function importFile(
  path: string,
  bytes: AsyncIterable<Buffer>,
  apply: boolean,
  said: (text: string) => void
): Promise<ImportRecord> {
  const worker = randomUUID()
  const received = await receiveUpload({
    ...{ bytes, name: basename(path), reference: null, accountId: null },
    actor: { ...SYSTEM, name: 'stock:import' },
  })
  await inventory().transaction((trx) => startReading(trx, received))
  said(`Import ${received.id}`)
  const read = await finished(received.id, worker)
  if (read.status === 'failed') throw new FileFault(read.error!)
  if (!apply) return read
  await inventory().transaction((trx) => startApplication(trx, read.id))
  return finished(read.id, worker)
}

async function finished(id: string, worker: string): Promise<ImportRecord> {
  for (;;) {
    const ours = await workOn(id, worker, new AbortController().signal)
    const record = await findImport(id)
    if (record.status !== 'reading' && record.status !== 'applying') return record
    if (!ours) await pause(LOOK_MS)
  }
}

/** What it would do, or has done, in lines for people. */
export function summary(
  { status, counts, ignored_columns: ignored }: ImportRecord,
  errors: ({ row: number; sku: string } & RowError)[]
): string[] {
  const { rows, changes, unchanged, listed, products, up, down, large } = counts
  return [
    `${rows} rows: ${changes} change stock (+${up} −${down}), ${unchanged} have no effect, ${listed} list a product, ${products} change one, ${counts.errors} have errors.`,
    ...(large > 0
      ? [
          `${large} ${large === 1 ? 'change is' : 'changes are'} large: more than half of what there was.`,
        ]
      : []),
    ...(ignored.length > 0 ? [`Columns that mean nothing here: ${ignored.join(', ')}.`] : []),
    ...errors.map(({ row, sku, detail }) => `row ${row}, ${sku || '(no SKU)'}: ${detail}`),
    status === 'applied'
      ? `Applied: ${counts.applied} rows, ${counts.refused} refused.`
      : 'Nothing has been written. With --apply it is.',
  ]
}

function inventory() {
  return db.connection('inventory')
}
