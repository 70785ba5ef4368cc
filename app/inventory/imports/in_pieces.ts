/*
 * The rows of an import in the order of their SKUs, some hundred in one transaction. A process that dies
 * leaves whole pieces; the next one goes on with the rows that are not marked.
 */
import { setTimeout as pause } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { backoff } from '#messaging/retry_policy'
import { run, type Statement } from '#messaging/sql'
import { hold, note, type ImportCounts, type ImportRecord } from './import_record.ts'

/** Rows in one transaction: orders wait for no longer than these take. */
const PIECE = 500
const TRIES = 5

/** Somebody has written the same at the same moment: a deadlock, a lock or a serialization, a key taken. */
const CONTENTION = ['40P01', '40001', '55P03', '23505']

type SkuRow = { sku: string } & Record<string, unknown>

export interface Piece<Row extends SkuRow> {
  trx: TransactionClientContract
  work: ImportRecord
  rows: Row[]
  /** To be moved along. */
  counts: ImportCounts
}

export interface Pieces<Row extends SkuRow> {
  work: ImportRecord
  worker: string
  stop: AbortSignal
  /** $1 the import, $2 the SKU to go on after, $3 how many. */
  rows: Statement
  apply: (piece: Piece<Row>) => Promise<void>
}

/**
 * @returns whether all is done; not, where it was stopped
 * @throws TakenOver
 */
export async function inPieces<Row extends SkuRow>(pieces: Pieces<Row>): Promise<boolean> {
  const read = (after: string) => {
    const rows = readPiece(pieces, after)
    rows.catch(() => {})
    return rows
  }
  let rows = await read('')
  while (rows.length > 0) {
    if (pieces.stop.aborted) return false
    // Nobody else marks rows as long as each piece finds the import still held.
    const next = read(rows.at(-1)!.sku)
    await piece(pieces, rows)
    rows = await next
  }
  return true
}

/** Rows so new have no statistics: by itself PostgreSQL would read and sort all that are left, for each piece. */
function readPiece<Row extends SkuRow>({ work, rows }: Pieces<Row>, after: string): Promise<Row[]> {
  return db.connection('inventory').transaction(async (trx) => {
    await trx.rawQuery('set local enable_bitmapscan = off')
    return run<Row>(trx, rows, [work.id, after, PIECE])
  })
}

async function piece<Row extends SkuRow>(
  { work, worker, apply }: Pieces<Row>,
  rows: Row[]
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const counts = { ...work.counts }
    try {
      await db.connection('inventory').transaction(async (trx) => {
        await hold(trx, work.id, worker)
        await apply({ trx, work, rows, counts })
        await note(trx, work.id, counts)
      })
      work.counts = counts
      return
    } catch (error) {
      const { code } = error as { code?: string }
      if (!CONTENTION.includes(code ?? '') || attempt === TRIES) throw error
      await pause(backoff(attempt))
    }
  }
}
