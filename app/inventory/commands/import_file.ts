/*
 * Imports a file from the terminal, without a running server.
 */
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import { SYSTEM } from '#contracts/actor'
import { composed } from '#http/characters'
import { ignoredQuantities } from '../imports/file/columns.ts'
import { UnreadableFile } from '../imports/file/unreadable_file.ts'
import { findImport } from '../imports/find_imports.ts'
import { describeBooking, type Booking } from '../ledger/bookings.ts'
import type { ImportRecord } from '../imports/import_record.ts'
import { workOn } from '../imports/import_worker.ts'
import { startApplication, startReading } from '../imports/import_transitions.ts'
import type { RowError } from '../imports/file/read_cells.ts'
import { receiveUpload } from '../imports/receive_upload.ts'

/** Row errors that the terminal shows; the import's page offers all of them as a file. */
export const MOST_ERRORS = 1_000
/** How often to check an import that a running server has claimed. */
const POLL_MS = 200

/**
 * Reads a file and optionally applies it.
 *
 * @param path - its file name becomes the import's name
 * @param apply - null for a dry run only; `listSuspectSkus` also lists SKUs that a spreadsheet may have changed
 * @param log - receives progress messages
 * @throws UnreadableFile · Problem `no_csv`, `body_too_large` · errors of the stream
 */
export async function importFile(
  path: string,
  bytes: AsyncIterable<Buffer>,
  apply: { listSuspectSkus: boolean } | null,
  log: (text: string) => void
): Promise<ImportRecord> {
  const worker = randomUUID()
  const received = await receiveUpload({
    ...{ bytes, name: composed(basename(path)), reference: null, accountId: null },
    actor: { ...SYSTEM, name: 'stock:import' },
  })
  await inventory().transaction((trx) => startReading(trx, received))
  log(`Import ${received.id}`)
  const read = await finish(received.id, worker)
  if (read.status === 'failed') throw new UnreadableFile(read.error!)
  if (!apply) return read
  await inventory().transaction((trx) => startApplication(trx, read.id, apply))
  return finish(read.id, worker)
}

async function finish(id: string, worker: string): Promise<ImportRecord> {
  for (;;) {
    const done = await workOn(id, worker, new AbortController().signal)
    const record = await findImport(id)
    if (record.status !== 'reading' && record.status !== 'applying') return record
    if (!done) await pause(POLL_MS)
  }
}

/** Describes the effect of the import, in lines for the terminal. */
export function summary(
  { status, counts, encoding, ignored_columns: ignored }: ImportRecord,
  earlier: Booking | null,
  errors: ({ row: number; sku: string } & RowError)[]
): string[] {
  const { rows, changes, unchanged, agreed, listed, products, up, down, large } = counts
  const quantities = ignoredQuantities(ignored)
  const lines = [
    `${rows} rows: ${changes} change stock (+${up} −${down}), ${listed} list a product, ${products} change a product, ${unchanged} have no effect, ${counts.errors} have errors.`,
    earlier &&
      `${describeBooking(earlier)}, at ${earlier.at.toISOString()}${earlier.importId ? `, import ${earlier.importId}` : ''}.`,
    agreed > 0 &&
      `${agreed} of the rows without effect are counts that agree with the books. Applying records them.`,
    large > 0 &&
      `${large} ${large === 1 ? 'change is' : 'changes are'} large: more than half of the stock.`,
    counts.suspects > 0 &&
      status !== 'applied' &&
      `A spreadsheet may have changed ${counts.suspects} new SKUs. They are listed only with --list-suspect-skus.`,
    encoding === 'windows-1252' && 'Read as Windows-1252, because the file is mostly not UTF-8.',
    quantities.length > 0 &&
      `No quantity is read from ${quantities.join(', ')}. To import one, name its column counted or received.`,
    ignored.length > 0 && `Ignored columns: ${ignored.join(', ')}.`,
    ...errors.map(({ row, sku, detail }) => `row ${row}, ${sku || '(no SKU)'}: ${detail}`),
    status === 'applied'
      ? `Applied ${counts.applied} rows; ${counts.refused} were refused.`
      : 'Nothing has changed. Use --apply to apply the file.',
  ]
  return lines.filter((line) => typeof line === 'string')
}

function inventory() {
  return db.connection('inventory')
}
