/*
 * What people tell an import to do next. Told twice, it is done once; the work itself goes on in the
 * background.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { isUuid } from '#http/fields'
import { notFound } from '#http/problem'
import { importNotApplied, importNotReady } from '../exceptions.ts'
import type { ImportCounts, ImportRecord } from './import_record.ts'

/** The upload is whole: from here on the dry run goes by itself. */
export async function startReading(
  trx: TransactionClientContract,
  { id, bytes, encoding }: { id: string; bytes: number; encoding: string }
): Promise<ImportRecord> {
  return change(trx, await lock(trx, id), { status: 'reading', bytes, encoding, lease_until: null })
}

/**
 * Applies a dry run that is ready.
 *
 * @throws Problem 404 · 409 `import_not_ready`
 */
export async function startApplication(trx: TransactionClientContract, id: string) {
  const found = await lock(trx, id)
  if (found.status === 'applying' || found.status === 'applied') return found
  if (found.status !== 'ready') throw importNotReady(found.status)
  return change(trx, found, { status: 'applying' })
}

/**
 * Undoes an import that was applied; once more, where rows stayed because orders held what they brought.
 *
 * @throws Problem 404 · 409 `import_not_applied`
 */
export async function startReversal(trx: TransactionClientContract, id: string, by: Actor) {
  const found = await lock(trx, id)
  const { status, counts } = found
  const stays = counts.stays > 0
  if (status === 'reversing' || (status === 'reversed' && !stays)) return found
  if (status !== 'applied' && status !== 'reversed') throw importNotApplied(status)
  if (stays) {
    await trx
      .from('stock_import_rows')
      .where({ import_id: id, state: 'stays' })
      .update({ state: 'applied', errors: '[]' })
  }
  const again: ImportCounts = { ...counts, stays: 0 }
  return change(trx, found, {
    status: 'reversing',
    reversed_by: JSON.stringify(by),
    counts: JSON.stringify(again),
  })
}

/**
 * Drops a dry run: nothing of it will be applied.
 *
 * @throws Problem 404 · 409 `import_not_ready`
 */
export async function discardImport(trx: TransactionClientContract, id: string) {
  const found = await lock(trx, id)
  if (found.status === 'discarded') return found
  if (found.status !== 'ready' && found.status !== 'failed') throw importNotReady(found.status)
  return change(trx, found, { status: 'discarded' })
}

async function lock(trx: TransactionClientContract, id: string): Promise<ImportRecord> {
  const found = isUuid(id) && (await trx.from('stock_imports').where({ id }).forUpdate().first())
  if (!found) throw notFound('import')
  return found
}

async function change(
  trx: TransactionClientContract,
  { id }: ImportRecord,
  to: Record<string, unknown>
): Promise<ImportRecord> {
  const [row] = await trx
    .from('stock_imports')
    .where({ id })
    .update({ worker: null, ...to })
    .returning('*')
  return row as ImportRecord
}
