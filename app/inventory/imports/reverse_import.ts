/*
 * An import undone as a whole, by a movement of the inverse for each of its own. What it said of products
 * stays.
 */
import { outbox } from '#messaging/outbox'
import { adjustedMessage } from '../change_on_hand.ts'
import { lockStock, writeLedger } from '../ledger.ts'
import { inPieces, type Piece, type Progress } from './in_pieces.ts'
import { finishWork, type ImportRecord } from './import_record.ts'
import { MOST_ON_HAND } from './judge_row.ts'
import { markRows, type Mark } from './mark_rows.ts'
import type { RowError } from './read_cells.ts'

interface MovedRow extends Record<string, unknown> {
  row: number
  place: string
  sku: string
  /** What it has moved. */
  delta: number
  movementId: string
}

const movedRows = {
  name: 'import_moved',
  text: /* sql */ `
    select stock_import_rows.row, stock_import_rows.ctid as place, stock_import_rows.sku, movements.on_hand_delta as delta, movements.id as "movementId"
    from stock_import_rows join movements on movements.id = movement_id
    where stock_import_rows.import_id = $1 and stock_import_rows.sku > $2 and state = 'applied'
    order by stock_import_rows.sku limit $3`,
}

/**
 * Undoes what is left of an import, and leaves it `reversed`. Where fewer are available than the import
 * brought, the row stays as it is and says so.
 *
 * @param stop - ends it between two pieces
 * @throws TakenOver
 */
export async function reverseImport(work: ImportRecord, worker: string, stop: AbortSignal) {
  const done = await inPieces<MovedRow>({
    work,
    worker,
    stop,
    rows: movedRows,
    apply: reversePiece,
  })
  if (done) await finishWork(work.id, worker, { status: 'reversed', reversed_at: new Date() })
}

async function reversePiece({ trx, work, rows }: Piece<MovedRow>): Promise<Progress> {
  const balances = await lockStock(
    trx,
    rows.map(({ sku }) => sku)
  )
  const marks = rows.map(({ row, place, sku, delta }): Mark => {
    const error = refusalOf(delta, balances.get(sku)!)
    return error ? { row, place, state: 'stays', error } : { row, place, state: 'reversed' }
  })
  const undone = rows.filter((_, place) => marks[place].state === 'reversed')
  const movements = await writeLedger(
    trx,
    balances,
    undone.map(({ sku, delta, movementId }) => ({
      ...({ sku, kind: 'reversal', onHandDelta: -delta, reservedDelta: 0 } as const),
      ...{ actor: work.reversed_by!, reference: work.reference },
      ...{ importId: work.id, reversalOf: movementId },
    }))
  )
  await Promise.all([
    outbox.add(trx, movements.map(adjustedMessage)),
    markRows(trx, work.id, marks),
  ])
  return { reversed: undone.length, stays: rows.length - undone.length }
}

function refusalOf(delta: number, { onHand, reserved }: { onHand: number; reserved: number }) {
  const left = onHand - delta
  if (left >= reserved && left <= MOST_ON_HAND) return null
  const available = onHand - reserved
  const error: RowError =
    left < reserved
      ? {
          ...{ column: null, code: 'reserved_exceeds' },
          detail: `${delta} were added, but only ${available} are available: ${reserved} are reserved for orders.`,
        }
      : { column: null, code: 'on_hand_too_large', detail: 'On hand would go above 2000000000.' }
  return error
}
