/*
 * An import as its row holds it, and who is at work on it.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { run } from '#messaging/sql'
import type { Encoding } from './csv_rows.ts'

export type ImportStatus =
  | ('uploading' | 'scanning' | 'reading' | 'ready' | 'applying' | 'applied')
  | ('reversing' | 'reversed' | 'failed' | 'discarded')

/** Rows, unless it says otherwise. */
export interface ImportCounts {
  rows: number
  errors: number
  /** That would change what is on hand. */
  changes: number
  /** Without any effect. */
  unchanged: number
  /** New products. */
  listed: number
  /** Changes of products that are there. */
  products: number
  /** Pieces. */
  up: number
  /** Pieces. */
  down: number
  large: number
  /** Of the file, while it is read. */
  bytesRead: number
  applied: number
  /** Of these: that have moved stock. */
  moved: number
  refused: number
  reversed: number
  /** Whose undo was refused. */
  stays: number
}

export const NOTHING_COUNTED: ImportCounts = {
  ...{ rows: 0, errors: 0, changes: 0, unchanged: 0, listed: 0, products: 0 },
  ...{ up: 0, down: 0, large: 0, bytesRead: 0, applied: 0, moved: 0, refused: 0, reversed: 0 },
  stays: 0,
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
  ignored_columns: string[]
  counts: ImportCounts
  error: string | null
  created_at: Date
  read_at: Date | null
  applied_at: Date | null
  reversed_at: Date | null
}

/** Another process has taken the import over: what this one began is not committed. */
export class TakenOver extends Error {
  name = 'TakenOver'
}

/** When it is over, whoever wants may take the import. */
const LEASE = `interval '10 seconds'`
/** So often a worker renews it, however long its transactions take. */
export const RENEWED_EACH_MS = 3_000

/**
 * Takes an import to work on it alone.
 *
 * @param worker - of this process, or of this call
 * @returns null while somebody else works on it, or where nothing is to be done
 */
export async function take(id: string, worker: string): Promise<ImportRecord | null> {
  const { rows } = await db.connection('inventory').rawQuery<{ rows: ImportRecord[] }>(
    `update stock_imports set worker = :worker, lease_until = now() + ${LEASE}
     where id = :id and status in ('reading', 'applying', 'reversing')
       and (worker is null or worker = :worker or lease_until < now())
     returning *`,
    { id, worker }
  )
  return rows[0] ?? null
}

/** Says that the worker is alive. */
export async function renew(id: string, worker: string) {
  await db
    .connection('inventory')
    .rawQuery(
      `update stock_imports set lease_until = now() + ${LEASE} where id = :id and worker = :worker`,
      { id, worker }
    )
}

/** Hands it back, for others to go on with. */
export async function release(id: string, worker: string) {
  await db
    .connection('inventory')
    .from('stock_imports')
    .where({ id, worker })
    .update({ worker: null, lease_until: null })
}

const lockHeld = {
  name: 'import_hold',
  text: /* sql */ `select from stock_imports where id = $1 and worker = $2 for no key update`,
}

/** First in each transaction: whoever has taken the import over finds what this one commits, or all of it undone. */
export async function hold(trx: TransactionClientContract, id: string, worker: string) {
  const held = await run(trx, lockHeld, [id, worker])
  if (held.length === 0) throw new TakenOver()
}

const writeCounts = {
  name: 'import_note',
  text: /* sql */ `
    update stock_imports set counts = $2, lease_until = now() + ${LEASE} where id = $1`,
}

/** How far it has come, as others see it. */
export async function note(trx: TransactionClientContract, id: string, counts: ImportCounts) {
  await run(trx, writeCounts, [id, JSON.stringify(counts)])
}

const addCounts = {
  name: 'import_advance',
  text: /* sql */ `
    update stock_imports set lease_until = now() + ${LEASE},
      counts = counts || (select jsonb_object_agg(key, value::int + (counts ->> key)::int) from jsonb_each_text($3))
    where id = $1 and worker = $2
    returning id`,
}

/**
 * Last in a transaction that did a part of the work, beside which others may run: adds to what is counted.
 *
 * @throws TakenOver
 */
export async function advance(
  trx: TransactionClientContract,
  id: string,
  worker: string,
  progress: Partial<ImportCounts>
) {
  const held = await run(trx, addCounts, [id, worker, JSON.stringify(progress)])
  if (held.length === 0) throw new TakenOver()
}

/** The work is done: nobody holds the import any longer. @throws TakenOver */
export async function finishWork(id: string, worker: string, end: Record<string, unknown>) {
  await db.connection('inventory').transaction(async (trx) => {
    await hold(trx, id, worker)
    await trx
      .from('stock_imports')
      .where({ id })
      .update({ ...end, worker: null, lease_until: null })
  })
}
