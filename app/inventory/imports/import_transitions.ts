/*
 * Status changes that people request. Each takes effect once, however often it is requested; the worker
 * then does the work in the background.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { importRetention } from '#config/app'
import type { Actor } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { notFound, Problem } from '#http/problem'
import { run } from '#postgres/run'
import { earlierBooking, lockSameGoods, type Booking } from '../ledger/bookings.ts'
import type { ImportCounts, ImportRecord } from './import_record.ts'
import { SUSPECT_SKU } from './plan_row.ts'

/** The upload is complete: the dry run can start. */
export async function startReading(
  trx: TransactionClientContract,
  { id, bytes, encoding, hash }: { id: string; bytes: number; encoding: string; hash: string }
): Promise<ImportRecord> {
  const found = await lockImport(trx, id)
  const stored = { bytes, encoding, file_hash: Buffer.from(hash, 'hex') }
  return updateImport(trx, found, { status: 'reading', ...stored, lease_until: null })
}

/**
 * Applies a dry run that is ready.
 *
 * @param options.listSuspectSkus - also lists new SKUs that a spreadsheet may have changed
 * @param options.check - receives the earlier booking of the same goods; when it throws, the dry run stays ready
 * @throws Problem 404 · 409 `import_not_ready` · errors of `check`
 */
export async function startApplication(
  trx: TransactionClientContract,
  id: string,
  {
    listSuspectSkus = false,
    check = () => {},
  }: { listSuspectSkus?: boolean; check?: (earlier: Booking | null) => void } = {}
) {
  await lockSameGoods(trx, id)
  const found = await lockImport(trx, id)
  if (found.status === 'applying' || found.status === 'applied') return found
  if (found.status !== 'ready') throw importNotReady(found.status)
  check(await earlierBooking(trx, found))
  const counts = listSuspectSkus ? await confirmSuspects(trx, found) : found.counts
  return updateImport(trx, found, {
    ...{ status: 'applying', booked_at: trx.raw('clock_timestamp()') },
    counts: JSON.stringify(counts),
  })
}

/** @returns the import's counts, with the effect of the confirmed rows */
async function confirmSuspects(trx: TransactionClientContract, { id, counts }: ImportRecord) {
  const [confirmed] = await run<{ rows: number; changes: number; up: number }>(
    trx,
    confirmSuspectRows,
    [id, JSON.stringify([{ code: SUSPECT_SKU }])]
  )
  const { rows, changes, up } = confirmed
  return {
    ...counts,
    errors: counts.errors - rows,
    listed: counts.listed + rows,
    changes: counts.changes + changes,
    up: counts.up + up,
  }
}

const confirmSuspectRows = {
  name: 'import_confirm_suspects',
  text: /* sql */ `
    with confirmed as (
      update stock_import_rows set state = 'pending', errors = '[]'
      where import_id = $1 and wrong and state = 'error' and errors @> $2::jsonb
      returning delta
    )
    select count(*)::int as rows, (count(*) filter (where delta <> 0))::int as changes,
      coalesce(sum(delta), 0)::int8 as up from confirmed`,
}

/**
 * Undoes an applied import. Undoing it again retries the rows that could not be undone, because orders
 * held the units or the SKU was counted since.
 *
 * @throws Problem 404 · 409 `import_not_applied`
 */
export async function startReversal(trx: TransactionClientContract, id: string, by: Actor) {
  const found = await lockImport(trx, id)
  const { status, counts } = found
  const stays = counts.stays > 0
  if (status === 'reversing' || (status === 'reversed' && !stays)) return found
  if (status !== 'applied' && status !== 'reversed') throw importNotApplied(status)
  if (Date.now() - Number(found.applied_at) > importRetention) throw importTooOld()
  if (stays) {
    await trx
      .from('stock_import_rows')
      .where({ import_id: id, state: 'stays' })
      .update({ state: 'applied', errors: '[]' })
  }
  const restarted: ImportCounts = { ...counts, stays: 0 }
  return updateImport(trx, found, {
    status: 'reversing',
    reversed_by: JSON.stringify(by),
    counts: JSON.stringify(restarted),
  })
}

/**
 * Discards a dry run.
 *
 * @throws Problem 404 · 409 `import_not_ready`
 */
export async function discardImport(trx: TransactionClientContract, id: string) {
  const found = await lockImport(trx, id)
  if (found.status === 'discarded') return found
  if (found.status !== 'ready' && found.status !== 'failed') throw importNotReady(found.status)
  return updateImport(trx, found, { status: 'discarded' })
}

async function lockImport(trx: TransactionClientContract, id: string): Promise<ImportRecord> {
  const found = isUuid(id) && (await trx.from('stock_imports').where({ id }).forUpdate().first())
  if (!found) throw notFound('import')
  return found
}

/** @returns the import after the change */
export async function updateImport(
  trx: TransactionClientContract,
  { id }: ImportRecord,
  columns: Record<string, unknown>
): Promise<ImportRecord> {
  const [row] = await trx
    .from('stock_imports')
    .where({ id })
    .update({ worker: null, ...columns })
    .returning('*')
  return row as ImportRecord
}

function importNotReady(status: string) {
  const detail = `The import's status is ${status}. Only a dry run with status ready can be applied or discarded.`
  return new Problem('import_not_ready', detail)
}

function importNotApplied(status: string) {
  const detail = `The import's status is ${status}. Only an applied import can be undone.`
  return new Problem('import_not_applied', detail)
}

function importTooOld() {
  const detail =
    'The import was applied longer ago than IMPORT_RETENTION, so its rows are no longer kept. Correct the stock by a count or an adjustment.'
  return new Problem('import_not_applied', detail)
}
