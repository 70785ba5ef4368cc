/*
 * The rows of an import in the order of their SKUs, some hundred in one transaction, two of these at a time:
 * one is prepared while the database is at the other. A process that dies leaves whole pieces; the next one
 * goes on with the rows that are not marked.
 */
import { setTimeout as pause } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { backoff } from '#messaging/retry_policy'
import { run, type Statement } from '#messaging/sql'
import { advance, type ImportCounts, type ImportRecord } from './import_record.ts'

/** Rows in one transaction: orders wait for no longer than these take. */
const PIECE = 500
/** Pieces under way. No SKU is in two of them. */
const LANES = 2
const TRIES = 5

/** Somebody has written the same at the same moment: a deadlock, a lock or a serialization, a key taken. */
const CONTENTION = ['40P01', '40001', '55P03', '23505']

type SkuRow = {
  sku: string
  /** Where it lies, for its mark. */
  place: string
} & Record<string, unknown>

/** What has become of its rows. */
export type Progress = Partial<ImportCounts>

export interface Piece<Row extends SkuRow> {
  trx: TransactionClientContract
  work: ImportRecord
  rows: Row[]
}

export interface Pieces<Row extends SkuRow> {
  work: ImportRecord
  worker: string
  stop: AbortSignal
  /** $1 the import, $2 the SKU to go on after, $3 how many. */
  rows: Statement
  apply: (piece: Piece<Row>) => Promise<Progress>
}

/**
 * @returns whether all is done; not, where it was stopped
 * @throws TakenOver
 */
export async function inPieces<Row extends SkuRow>(pieces: Pieces<Row>): Promise<boolean> {
  const left = readAhead(pieces)
  let done = true
  const lane = async () => {
    try {
      for (let next = await left.next(); !next.done; next = await left.next()) {
        done &&= !pieces.stop.aborted
        if (!done) return
        await piece(pieces, next.value)
      }
    } finally {
      // Where one lane ends early, so does the other after its piece.
      await left.return()
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: LANES }, lane))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return done
}

/** One piece is read while the ones before it are applied: nobody else marks rows as long as each finds the import still held. */
async function* readAhead<Row extends SkuRow>(pieces: Pieces<Row>) {
  let next = readPiece(pieces, '')
  for (;;) {
    const rows = await next
    if (rows.length === 0) return
    next = readPiece(pieces, rows.at(-1)!.sku)
    next.catch(() => {})
    yield rows
  }
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
    try {
      return await db.connection('inventory').transaction(async (trx) => {
        const progress = await apply({ trx, work, rows })
        await advance(trx, work.id, worker, progress)
      })
    } catch (error) {
      const { code } = error as { code?: string }
      if (!CONTENTION.includes(code ?? '') || attempt === TRIES) throw error
      await pause(backoff(attempt))
    }
  }
}
