import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { deleteInBatches } from '#postgres/delete_in_batches'
import { firstIdAt } from '#postgres/run'

/** Imports and receipts that ended before the retention. Later imports have higher ids. */
const OLD = /* sql */ `select id from stock_imports
  where id < :bound and status in ('applied', 'reversed', 'failed', 'discarded')
    and coalesce(reversed_at, applied_at, read_at, created_at) < to_timestamp(:before)`

const discardOldDryRuns = /* sql */ `
  update stock_imports set status = 'discarded', worker = null
  where id < :bound and status = 'ready' and coalesce(read_at, created_at) < to_timestamp(:before)`

// Of each old import separately, by the index of its rows: most have none left.
// For a count of release 0.1.0 that agreed with the books, the row is all there is.
const deleteRows = /* sql */ `
  delete from stock_import_rows where (import_id, row) in (
    select old.id, found.row from (${OLD}) as old, lateral (
      select row from stock_import_rows where import_id = old.id
        and not (counted is not null and delta = 0 and state = 'applied' and movement_id is null)
      limit :most) as found limit :most)`

// Unknown codes stay until a person has dealt with them.
const deleteScans = /* sql */ `
  delete from receipt_scans where (account_id, key) in (
    select account_id, key from (${OLD}) as old, lateral (
      select account_id, key from receipt_scans where import_id = old.id
        and (sku is not null or forgotten) limit :most) as found limit :most)`

const deleteParts = /* sql */ `
  delete from stock_import_parts where (import_id, part) in (
    select old.id, found.part from (${OLD}) as old, lateral (
      select part from stock_import_parts where import_id = old.id limit :most) as found
    limit :most)`

/**
 * Deletes the rows, scans and files of imports and receipts that ended longer ago than the retention, and discards
 * dry runs that are older. The imports stay, with their counts; their movements are in the ledger.
 *
 * @param retention - in milliseconds
 * @returns the number of deleted rows
 */
export async function forgetImports(
  client: QueryClientContract,
  retention: number,
  signal?: AbortSignal
): Promise<number> {
  const before = Date.now() - retention
  const values = { bound: firstIdAt(before), before: before / 1_000 }
  await client.rawQuery(discardOldDryRuns, values)
  let deleted = 0
  for (const statement of [deleteRows, deleteScans, deleteParts]) {
    deleted += await deleteInBatches(client, statement, values, signal)
  }
  return deleted
}
