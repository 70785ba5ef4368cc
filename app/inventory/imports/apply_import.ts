/*
 * What a dry run has shown, done: piece by piece, each row marked in the transaction that moves its stock.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { stockRestocked } from '#contracts/inventory'
import { outbox } from '#messaging/outbox'
import { adjustedMessage } from '../change_on_hand.ts'
import { lockStock, writeLedger, type Movement } from '../ledger.ts'
import type { StockBalance } from '../stock_plan.ts'
import { inPieces, type Piece, type Progress } from './in_pieces.ts'
import { finishWork, type ImportRecord } from './import_record.ts'
import { markRows, type Mark } from './mark_rows.ts'
import { MOST_ON_HAND } from './judge_row.ts'
import type { RowError } from './read_cells.ts'
import {
  productVersions,
  updateLow,
  takenBarcodes,
  writeProducts,
  type ProductRow,
} from './write_products.ts'

interface PendingRow extends ProductRow, Record<string, unknown> {
  row: number
  place: string
  counted: number | null
  received: number | null
  before: number | null
  /** Of the product that it changes, at the dry run. */
  productVersion: number | null
}

const pendingRows = {
  name: 'import_pending',
  text: /* sql */ `
    select ctid as place, row, sku, name, price_amount as "priceAmount", price_currency as "priceCurrency",
      low_stock_at as "lowStockAt", barcode, active, counted, received, before, lists, changes_product as "changesProduct",
      product_version as "productVersion"
    from stock_import_rows where import_id = $1 and sku > $2 and state = 'pending' order by sku limit $3`,
}

/**
 * Applies what is left of an import, and leaves it `applied`. A row is refused where what it was tried on has
 * moved since: what was counted, or the product.
 *
 * @param stop - ends it between two pieces
 * @throws TakenOver
 */
export async function applyImport(work: ImportRecord, worker: string, stop: AbortSignal) {
  const done = await inPieces<PendingRow>({
    work,
    worker,
    stop,
    rows: pendingRows,
    apply: applyPiece,
  })
  if (done) await finishWork(work.id, worker, { status: 'applied', applied_at: new Date() })
}

async function applyPiece({ trx, work, rows }: Piece<PendingRow>): Promise<Progress> {
  const balances = await lockStock(
    trx,
    rows.map(({ sku }) => sku)
  )
  const [taken, versions] = await Promise.all([
    takenBarcodes(trx, rows),
    productVersions(trx, rows),
  ])
  const refusals = new Map<number, RowError>()
  for (const row of rows) {
    const refusal =
      productRefusal(row, balances.has(row.sku), versions, taken) ??
      stockRefusal(row, balances.get(row.sku))
    if (refusal) refusals.set(row.row, refusal)
  }
  const going = rows.filter(({ row }) => !refusals.has(row))
  await writeProducts(trx, going, balances)
  const movements = await move(trx, work, going, balances)
  const still = going.filter(({ sku, lowStockAt }) => lowStockAt !== null && !movements.has(sku))
  const marks = rows.map(({ row, place, sku }): Mark => {
    const refusal = refusals.get(row)
    return refusal
      ? { row, place, state: 'refused', error: refusal }
      : { row, place, state: 'applied', movementId: movements.get(sku)?.id }
  })
  // The database is at one while we prepare the next.
  await Promise.all([
    tell(trx, work, [...movements.values()]),
    updateLow(
      trx,
      still.map(({ sku }) => sku),
      balances
    ),
    markRows(trx, work.id, marks),
  ])
  return { applied: going.length, moved: movements.size, refused: refusals.size }
}

function productRefusal(
  { sku, lists, productVersion, barcode }: PendingRow,
  isThere: boolean,
  versions: Map<string, number>,
  taken: Map<string, string>
): RowError | null {
  if (lists && isThere) {
    const detail = `${sku} was listed by somebody else after the dry run.`
    return { column: 'sku', code: 'product_moved', detail }
  }
  if (productVersion !== null && productVersion !== versions.get(sku)) {
    const detail = 'The product was changed after the dry run.'
    return { column: null, code: 'product_moved', detail }
  }
  if (barcode !== null && taken.has(barcode) && taken.get(barcode) !== sku) {
    const detail = `The barcode ${barcode} belongs to ${taken.get(barcode)} by now.`
    return { column: 'barcode', code: 'barcode_taken', detail }
  }
  return null
}

function stockRefusal(
  { counted, received, before }: PendingRow,
  { onHand, reserved }: Pick<StockBalance, 'onHand' | 'reserved'> = { onHand: 0, reserved: 0 }
): RowError | null {
  if (counted !== null && onHand !== before) {
    const detail = `On hand was ${before} at the dry run and is ${onHand} now.`
    return { column: 'counted', code: 'stock_moved', detail }
  }
  if (counted !== null && counted < reserved) {
    const detail = `Counted ${counted}, but ${reserved} are reserved for orders by now.`
    return { column: 'counted', code: 'reserved_exceeds', detail }
  }
  if (onHand + (received ?? 0) > MOST_ON_HAND) {
    const detail = 'On hand would go above 2000000000.'
    return { column: 'received', code: 'on_hand_too_large', detail }
  }
  return null
}

/** @returns the movements by their SKUs; a count that agrees moves nothing */
async function move(
  trx: TransactionClientContract,
  { id, source, actor, reference }: ImportRecord,
  rows: PendingRow[],
  balances: Map<string, StockBalance>
): Promise<Map<string, Movement>> {
  const kind = source === 'scan' ? 'restock' : 'import'
  const moved = rows
    .map(({ sku, counted, received }) => ({
      ...({ sku, kind, reservedDelta: 0, actor, reference, importId: id } as const),
      onHandDelta: counted === null ? (received ?? 0) : counted - balances.get(sku)!.onHand,
    }))
    .filter(({ onHandDelta }) => onHandDelta !== 0)
  const movements = await writeLedger(trx, balances, moved)
  return new Map(movements.map((movement) => [movement.sku, movement]))
}

function tell(trx: TransactionClientContract, { source }: ImportRecord, movements: Movement[]) {
  return outbox.add(
    trx,
    source === 'scan' ? movements.map(restockedMessage) : movements.map(adjustedMessage)
  )
}

function restockedMessage({ sku, onHandDelta: quantity, onHand, reserved, reference }: Movement) {
  return stockRestocked.about(sku, {
    sku,
    quantity,
    onHand,
    reserved,
    reference: reference ?? null,
  })
}
