/*
 * Reads imports, receipts and their rows.
 */
import db from '@adonisjs/lucid/services/db'
import { isUuid } from '#runtime/uuid'
import { invalidCursor, type Page } from '#http/pagination'
import { notFound } from '#http/problem'
import type { ImportRecord } from './import_record.ts'
import type { PlannedRow } from './plan_row.ts'

export const ROW_STATES = ['error', 'pending', 'applied', 'refused', 'reversed', 'stays'] as const
export type RowState = (typeof ROW_STATES)[number]

/** The states that the partial index on `wrong` covers. */
const WRONG: RowState[] = ['error', 'refused', 'stays']

/** A row of an import or a receipt. */
export interface ImportRow extends Omit<PlannedRow, 'productVersion' | 'state'> {
  state: RowState
  movementId: string | null
}

/** The columns of `ImportRow`. */
export const ROW_COLUMNS = /* sql */ `
  row, sku, name, price_amount as "priceAmount", price_currency as "priceCurrency",
  low_stock_at as "lowStockAt", barcode, active, counted, received, before, delta, lists,
  changes_product as "changesProduct", large, state, errors, movement_id as "movementId"`

/** @throws Problem 404 */
export async function findImport(id: string): Promise<ImportRecord> {
  const found =
    isUuid(id) &&
    (await inventory().from('stock_imports').where({ id }).whereNot('status', 'uploading').first())
  if (!found) throw notFound('import')
  return found
}

/**
 * Lists imports and receipts, newest first.
 *
 * @param page - as in `listMovements`
 * @returns up to `limit` + 1 imports
 * @throws Problem 422 `invalid_cursor`
 */
export async function listImports({
  from,
  backwards = false,
  limit,
}: {
  from: string[] | null
  backwards?: boolean
  limit: number
}): Promise<ImportRecord[]> {
  const query = inventory()
    .from('stock_imports')
    .whereNot('status', 'uploading')
    .orderBy('id', backwards ? 'asc' : 'desc')
    .limit(limit + 1)
  if (!from) return query
  if (!isUuid(from[0])) throw invalidCursor()
  return query.where('id', backwards ? '>' : '<', from[0])
}

/** In file order; up to `limit` + 1 rows. @throws Problem 422 `invalid_cursor` */
export async function listRows(
  id: string,
  { after, limit, filters: { state } }: Page<{ state?: RowState }>
): Promise<ImportRow[]> {
  if (after && !/^\d{1,9}$/.test(after[0])) throw invalidCursor()
  const query = rowsOf(id, limit)
  if (state) query.where('state', state)
  if (state && WRONG.includes(state)) query.where('wrong', true)
  return after ? query.where('row', '>', Number(after[0])) : query
}

/** Streams the rows with problems, in file order. */
export async function* wrongRows(id: string): AsyncGenerator<ImportRow> {
  for (let last: number | undefined = 0; last !== undefined;) {
    const rows: ImportRow[] = await rowsOf(id, 1_000).where('wrong', true).where('row', '>', last)
    yield* rows
    last = rows.at(-1)?.row
  }
}

function rowsOf(id: string, limit: number) {
  return inventory()
    .from('stock_import_rows')
    .select(db.raw(ROW_COLUMNS))
    .where('import_id', id)
    .orderBy('row')
    .limit(limit + 1)
}

function inventory() {
  return db.connection('inventory')
}
