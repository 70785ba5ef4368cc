/*
 * Applies a dry run in chunks. The transaction that moves a row's stock also writes its outcome.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { outbox } from '#messaging/outbox/outbox'
import { MOST_ON_HAND, type Balance, type LockedBalance } from '../ledger/balance.ts'
import { lockStock, writeLedger } from '../ledger/ledger.ts'
import type { Movement } from '../ledger/movement.ts'
import { gtinOf } from '../products/gtin.ts'
import {
  productVersions,
  takenBarcodes,
  updateLowStock,
  writeProducts,
} from '../products/write_products.ts'
import { adjustedMessage, restockedMessage } from '../stock/change_on_hand.ts'
import { inChunks, type Chunk, type Progress } from './chunks.ts'
import type { RowError } from './file/read_cells.ts'
import { finishWork, type ImportRecord } from './import_record.ts'
import type { PlannedRow } from './plan_row.ts'
import { writeOutcomes, type RowOutcome } from './write_outcomes.ts'

type PendingRow = Omit<PlannedRow, 'delta' | 'large' | 'state' | 'errors'> & Record<string, unknown>

const pendingRows = {
  name: 'import_pending',
  text: /* sql */ `
    select row, sku, name, price_amount as "priceAmount", price_currency as "priceCurrency",
      low_stock_at as "lowStockAt", barcode, active, counted, received, before, lists, changes_product as "changesProduct",
      product_version as "productVersion"
    from stock_import_rows where import_id = $1 and sku > $2 and state = 'pending' order by sku limit $3`,
}

/**
 * Applies the pending rows of an import and sets its status to `applied`. A row is refused when its
 * stock or its product has changed since the dry run.
 *
 * @param stop - stops the work between two chunks
 * @throws LeaseLost
 */
export async function applyImport(work: ImportRecord, worker: string, stop: AbortSignal) {
  const done = await inChunks<PendingRow>({
    work,
    worker,
    stop,
    rows: pendingRows,
    apply: applyChunk,
  })
  if (done) await finishWork(work.id, worker, { status: 'applied', applied_at: new Date() })
}

async function applyChunk({ trx, work, rows }: Chunk<PendingRow>): Promise<Progress> {
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
  const accepted = rows.filter(({ row }) => !refusals.has(row))
  await writeProducts(trx, accepted, balances)
  const movements = await moveStock(trx, work, accepted, balances)
  const unmoved = accepted.filter(
    ({ sku, lowStockAt }) => lowStockAt !== null && !movements.has(sku)
  )
  const outcomes = rows.map(({ row, sku }): RowOutcome => {
    const refusal = refusals.get(row)
    return refusal
      ? { row, state: 'refused', error: refusal }
      : { row, state: 'applied', movementId: movements.get(sku)?.id }
  })
  const moved = [...movements.values()].filter(({ onHandDelta }) => onHandDelta !== 0)
  // Pipelined: the database executes one statement while the next one is prepared.
  await Promise.all([
    publish(trx, work, moved),
    updateLowStock(
      trx,
      unmoved.map(({ sku }) => sku),
      balances
    ),
    writeOutcomes(trx, work.id, outcomes),
  ])
  const recorded = movements.size - moved.length
  return { applied: accepted.length, moved: moved.length, recorded, refused: refusals.size }
}

function productRefusal(
  { sku, lists, productVersion, barcode }: PendingRow,
  exists: boolean,
  versions: Map<string, number>,
  taken: Map<string, { sku: string }>
): RowError | null {
  if (lists && exists) {
    const detail = `Somebody else listed ${sku} after the dry run. Import the row again to change that product.`
    return { column: 'sku', code: 'product_moved', detail }
  }
  if (productVersion !== null && productVersion !== versions.get(sku)) {
    const detail =
      'Somebody changed the product after the dry run. Check the product, then import the row again.'
    return { column: null, code: 'product_moved', detail }
  }
  const owner = barcode === null ? undefined : taken.get(gtinOf(barcode))
  if (owner && owner.sku !== sku) {
    const detail = `The barcode ${barcode} now belongs to ${owner.sku}.`
    return { column: 'barcode', code: 'barcode_taken', detail }
  }
  return null
}

function stockRefusal(
  { counted, received, before }: PendingRow,
  { onHand, reserved }: Balance = { onHand: 0, reserved: 0 }
): RowError | null {
  if (counted !== null && onHand !== before) {
    const detail = `On hand was ${before} at the dry run and is now ${onHand}. Count again.`
    return { column: 'counted', code: 'stock_moved', detail }
  }
  if (counted !== null && counted < reserved) {
    const detail = `You counted ${counted}, but orders now reserve ${reserved}. Count again, or change the orders first.`
    return { column: 'counted', code: 'reserved_exceeds', detail }
  }
  if (onHand + (received ?? 0) > MOST_ON_HAND) {
    const detail = 'On hand would exceed 2,000,000,000. Check the quantity.'
    return { column: 'received', code: 'on_hand_too_large', detail }
  }
  return null
}

/** Writes the movements, also of counts that agree with the books. @returns SKU → movement */
async function moveStock(
  trx: TransactionClientContract,
  { id, source, actor, reference }: ImportRecord,
  rows: PendingRow[],
  balances: Map<string, LockedBalance>
): Promise<Map<string, Movement>> {
  const kind = source === 'scan' ? 'restock' : 'import'
  const moved = rows
    .map(({ sku, counted, received }) => ({
      ...({ sku, kind, reservedDelta: 0, actor, reference, importId: id } as const),
      counted: counted !== null,
      onHandDelta: counted === null ? (received ?? 0) : counted - balances.get(sku)!.onHand,
    }))
    .filter(({ counted, onHandDelta }) => counted || onHandDelta !== 0)
  const movements = await writeLedger(trx, balances, moved)
  return new Map(movements.map((movement) => [movement.sku, movement]))
}

function publish(trx: TransactionClientContract, { source }: ImportRecord, movements: Movement[]) {
  return outbox.add(
    trx,
    source === 'scan' ? movements.map(restockedMessage) : movements.map(adjustedMessage)
  )
}
