/*
 * The row of an import, and the lease of the worker that processes it.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { run } from '#postgres/run'
import type { Encoding } from './file/encoding.ts'

export type ImportStatus =
  | ('uploading' | 'scanning' | 'reading' | 'ready' | 'applying' | 'applied')
  | ('reversing' | 'reversed' | 'failed' | 'discarded')

/** Counts of rows, units and bytes; the API schema of imports describes each. */
export type ImportCounts = typeof NOTHING_COUNTED

export const NOTHING_COUNTED = {
  ...{ rows: 0, errors: 0, suspects: 0, changes: 0, unchanged: 0, agreed: 0, listed: 0 },
  ...{ products: 0, up: 0, down: 0, large: 0, bytesRead: 0, applied: 0, moved: 0, recorded: 0 },
  ...{ refused: 0, reversed: 0, stays: 0 },
}

export interface ImportRecord {
  id: string
  source: 'csv' | 'scan'
  status: ImportStatus
  name: string | null
  reference: string | null
  actor: Actor
  account_id: string | null
  reversed_by: Actor | null
  encoding: Encoding | null
  bytes: number
  /** SHA-256 of the file; null for a receipt, and for files that release 0.1.0 received. */
  file_hash: Buffer | null
  ignored_columns: string[]
  counts: ImportCounts
  error: string | null
  created_at: Date
  read_at: Date | null
  /** When somebody applied it. */
  booked_at: Date | null
  applied_at: Date | null
  reversed_at: Date | null
}

/** Another worker has claimed the import. The transaction in progress is rolled back. */
export class LeaseLost extends Error {
  name = 'LeaseLost'
}

/** After this time without a renewal, any worker may claim the import. */
const LEASE = `interval '10 seconds'`
export const LEASE_RENEWAL_MS = 3_000

/**
 * Claims an import for one worker.
 *
 * @param worker - id of the process, or of the call
 * @returns null when another worker holds the lease, or when there is nothing to do
 */
export async function claim(id: string, worker: string): Promise<ImportRecord | null> {
  const { rows } = await db.connection('inventory').rawQuery<{ rows: ImportRecord[] }>(
    `update stock_imports set worker = :worker, lease_until = now() + ${LEASE}
     where id = :id and status in ('reading', 'applying', 'reversing')
       and (worker is null or worker = :worker or lease_until < now())
     returning *`,
    { id, worker }
  )
  return rows[0] ?? null
}

export async function renewLease(id: string, worker: string) {
  await db
    .connection('inventory')
    .rawQuery(
      `update stock_imports set lease_until = now() + ${LEASE} where id = :id and worker = :worker`,
      { id, worker }
    )
}

/** Ends the lease, so that another worker can continue at once. */
export async function release(id: string, worker: string) {
  await db
    .connection('inventory')
    .from('stock_imports')
    .where({ id, worker })
    .update({ worker: null, lease_until: null })
}

const lockHeld = {
  name: 'import_lock',
  text: /* sql */ `select from stock_imports where id = $1 and worker = $2 for no key update`,
}

/**
 * Locks the import. Call it first in a transaction: a worker that claims the import waits for the end.
 *
 * @throws LeaseLost
 */
export async function lockLease(trx: TransactionClientContract, id: string, worker: string) {
  const held = await run(trx, lockHeld, [id, worker])
  if (held.length === 0) throw new LeaseLost()
}

const setCounts = {
  name: 'import_counts',
  text: /* sql */ `
    update stock_imports set counts = $2, lease_until = now() + ${LEASE} where id = $1`,
}

export async function writeCounts(
  trx: TransactionClientContract,
  id: string,
  counts: ImportCounts
) {
  await run(trx, setCounts, [id, JSON.stringify(counts)])
}

const addCounts = {
  name: 'import_add_counts',
  text: /* sql */ `
    update stock_imports set lease_until = now() + ${LEASE},
      counts = counts || (select jsonb_object_agg(key, value::int + coalesce((counts ->> key)::int, 0)) from jsonb_each_text($3))
    where id = $1 and worker = $2
    returning id`,
}

/**
 * Adds to the counts. Call it last in a transaction: concurrent chunks update the same row.
 *
 * @throws LeaseLost
 */
export async function addProgress(
  trx: TransactionClientContract,
  id: string,
  worker: string,
  progress: Partial<ImportCounts>
) {
  const held = await run(trx, addCounts, [id, worker, JSON.stringify(progress)])
  if (held.length === 0) throw new LeaseLost()
}

/** Writes the final columns and ends the lease. @throws LeaseLost */
export async function finishWork(id: string, worker: string, end: Record<string, unknown>) {
  await db.connection('inventory').transaction(async (trx) => {
    await lockLease(trx, id, worker)
    await trx
      .from('stock_imports')
      .where({ id })
      .update({ ...end, worker: null, lease_until: null })
  })
}
