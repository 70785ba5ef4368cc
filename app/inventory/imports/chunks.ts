/*
 * Processes the rows of an import in SKU order, a few hundred per transaction. Two chunks run at a time:
 * one is prepared while the database executes the other. A process that dies leaves whole chunks behind,
 * and the next one continues with the rows that have no outcome yet.
 */
import { setTimeout as pause } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { isTimeLimit } from '#postgres/errors'
import { run, transaction, type Statement } from '#postgres/run'
import { backoff } from '#runtime/backoff'
import { addProgress, type ImportCounts, type ImportRecord } from './import_record.ts'

/** Rows per transaction. Orders for the same SKUs wait for the whole transaction. */
const CHUNK_SIZE = 500
/** Chunks in progress. No SKU is in two of them. */
const LANES = 2
const ATTEMPTS = 5

/** SQLSTATEs of a conflict with a concurrent write: deadlock, serialization, lock timeout, duplicate key. */
const CONTENTION = ['40P01', '40001', '55P03', '23505']

type SkuRow = { sku: string } & Record<string, unknown>

/** What a chunk adds to the import's counts. */
export type Progress = Partial<ImportCounts>

export interface Chunk<Row extends SkuRow> {
  trx: TransactionClientContract
  work: ImportRecord
  rows: Row[]
}

export interface ChunkedWork<Row extends SkuRow> {
  work: ImportRecord
  worker: string
  stop: AbortSignal
  /** Selects rows: $1 the import id, $2 the SKU to continue after, $3 the limit. */
  rows: Statement
  apply: (chunk: Chunk<Row>) => Promise<Progress>
}

/**
 * Processes all rows.
 *
 * @returns false when it was stopped before the end
 * @throws LeaseLost
 */
export async function inChunks<Row extends SkuRow>(work: ChunkedWork<Row>): Promise<boolean> {
  const chunks = readAhead(work)
  let done = true
  const lane = async () => {
    try {
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        done &&= !work.stop.aborted
        if (!done) return
        await applyChunk(work, next.value)
      }
    } finally {
      // When one lane ends early, the other one ends after its current chunk.
      await chunks.return()
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason
  return done
}

/** Reads the next chunk while the ones before it are applied. Only the lease holder writes outcomes. */
async function* readAhead<Row extends SkuRow>(work: ChunkedWork<Row>) {
  let next = readChunk(work, '')
  for (;;) {
    const rows = await next
    if (rows.length === 0) return
    next = readChunk(work, rows.at(-1)!.sku)
    next.catch(() => {})
    yield rows
  }
}

function readChunk<Row extends SkuRow>({ work, rows }: ChunkedWork<Row>, after: string) {
  return run<Row>(db.connection('inventory'), rows, [work.id, after, CHUNK_SIZE])
}

/** Applies a chunk: again after contention, and in halves after a time limit. */
async function applyChunk<Row extends SkuRow>(
  { work, worker, apply }: ChunkedWork<Row>,
  chunk: Row[]
): Promise<void> {
  const once = (rows: Row[]) =>
    transaction(db.connection('inventory'), async (trx) => {
      const progress = await apply({ trx, work, rows })
      await addProgress(trx, work.id, worker, progress)
    })
  const retried = async (rows: Row[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(rows)
      } catch (error) {
        const { code = '' } = error as { code?: string }
        if (!CONTENTION.includes(code) || attempt === ATTEMPTS) throw error
        await pause(backoff(attempt))
      }
    }
  }
  await inHalves(chunk, retried)
}

/**
 * Handles rows together. When a time limit ends that, it handles each half alone, down to single rows:
 * the same rows together would hit the limit every time.
 */
export async function inHalves<Row>(rows: Row[], handle: (rows: Row[]) => Promise<void>) {
  try {
    await handle(rows)
  } catch (error) {
    if (!isTimeLimit(error) || rows.length === 1) throw error
    const half = Math.ceil(rows.length / 2)
    await inHalves(rows.slice(0, half), handle)
    await inHalves(rows.slice(half), handle)
  }
}
