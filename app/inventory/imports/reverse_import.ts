/*
 * Undoes an import by an inverse movement for each of its movements. Changes to products stay.
 */
import { outbox } from '#messaging/outbox/outbox'
import { MOST_ON_HAND, type Balance } from '../ledger/balance.ts'
import { describeCount, findLaterCounts, type LaterCount } from '../ledger/later_counts.ts'
import { lockStock, writeLedger } from '../ledger/ledger.ts'
import { adjustedMessage } from '../stock/change_on_hand.ts'
import { inChunks, type Chunk, type Progress } from './chunks.ts'
import type { RowError } from './file/read_cells.ts'
import { finishWork, type ImportRecord } from './import_record.ts'
import { writeOutcomes, type RowOutcome } from './write_outcomes.ts'

interface MovedRow extends Record<string, unknown> {
  row: number
  sku: string
  /** The change to on hand that the row caused. */
  delta: number
  movementId: string
}

const movedRows = {
  name: 'import_moved',
  text: /* sql */ `
    select stock_import_rows.row, stock_import_rows.sku,
      movements.on_hand_delta as delta, movements.id as "movementId"
    from stock_import_rows join movements on movements.id = movement_id
    where stock_import_rows.import_id = $1 and stock_import_rows.sku > $2 and state = 'applied'
    order by stock_import_rows.sku limit $3`,
}

/**
 * Undoes the applied rows of an import and sets its status to `reversed`. A row stays, with an error,
 * when fewer units are available than it added, or when the SKU was counted since.
 *
 * @param stop - stops the work between two chunks
 * @throws LeaseLost
 */
export async function reverseImport(work: ImportRecord, worker: string, stop: AbortSignal) {
  const done = await inChunks<MovedRow>({
    work,
    worker,
    stop,
    rows: movedRows,
    apply: reverseChunk,
  })
  if (done) await finishWork(work.id, worker, { status: 'reversed', reversed_at: new Date() })
}

async function reverseChunk({ trx, work, rows }: Chunk<MovedRow>): Promise<Progress> {
  const balances = await lockStock(
    trx,
    rows.map(({ sku }) => sku)
  )
  const counts = await findLaterCounts(
    trx,
    rows.map(({ movementId: id, sku }) => ({ id, sku }))
  )
  const outcomes = rows.map(({ row, sku, delta, movementId }): RowOutcome => {
    const error = delta !== 0 && refusalOf(delta, balances.get(sku)!, counts.get(movementId))
    return error ? { row, state: 'stays', error } : { row, state: 'reversed' }
  })
  const undone = rows.filter((_, index) => outcomes[index].state === 'reversed')
  const movements = await writeLedger(
    trx,
    balances,
    undone.map(({ sku, delta, movementId }) => ({
      ...({ sku, kind: 'reversal', onHandDelta: -delta, reservedDelta: 0 } as const),
      ...{ actor: work.reversed_by!, reference: work.reference },
      ...{ importId: work.id, reversalOf: movementId },
    }))
  )
  const moved = movements.filter(({ onHandDelta }) => onHandDelta !== 0)
  await Promise.all([
    outbox.add(trx, moved.map(adjustedMessage)),
    writeOutcomes(trx, work.id, outcomes),
  ])
  return { reversed: moved.length, stays: rows.length - undone.length }
}

function refusalOf(
  delta: number,
  { onHand, reserved }: Balance,
  count: LaterCount | undefined
): RowError | null {
  const refusal = (code: string, detail: string) => ({ column: null, code, detail })
  if (count) {
    return refusal('counted_since', `${describeCount(count)}, after this import.`)
  }
  const left = onHand - delta
  if (left < 0) {
    return refusal('reserved_exceeds', `This row added ${delta}, but only ${onHand} are on hand.`)
  }
  if (left < reserved) {
    const available = onHand - reserved
    return refusal(
      'reserved_exceeds',
      `This row added ${delta}, but only ${available} are available: orders reserve ${reserved}.`
    )
  }
  if (left > MOST_ON_HAND) {
    return refusal('on_hand_too_large', 'On hand would exceed 2,000,000,000.')
  }
  return null
}
