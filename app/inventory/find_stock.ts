/*
 * Reading stock.
 */
import db from '@adonisjs/lucid/services/db'
import type { Infer } from '@vinejs/vine/types'
import { idAfter, invalidCursor, type Page } from '#http/pages'
import { notFound } from '#http/problem'
import StockItem from './models/stock_item.ts'
import type { stockListParameters } from './validators/stock.ts'

/** @throws Problem 404 */
export async function findItem(sku: string): Promise<StockItem> {
  // PostgreSQL's text cannot hold NUL.
  if (sku.includes('\0')) throw notFound('product')
  const item = await StockItem.query().where('sku', sku.toUpperCase()).preload('barcodes').first()
  if (!item) throw notFound('product')
  return item
}

export type StockFilters = Omit<Infer<typeof stockListParameters>, 'limit' | 'cursor'>

/**
 * In SKU order, which the key's index gives. One row more than the page holds.
 *
 * @throws Problem 422 `invalid_cursor`
 */
export async function listItems(page: Page<StockFilters>): Promise<StockItem[]> {
  const { q, sku, level, updatedAfter } = page.filters
  const after = skuAfter(page)
  const query = StockItem.query()
    .preload('barcodes')
    .orderBy('sku')
    .limit(page.limit + 1)
  if (after) query.where('sku', '>', after)
  if (sku) query.whereIn('sku', sku)
  if (q) query.whereRaw(contains, [anywhere(q)])
  if (level) query.where('level', level)
  if (updatedAfter) query.where('updated_at', '>=', updatedAfter)
  return query
}

/** Whether SKU or name contains what `anywhere` makes of a text; the expression of an index. */
export const contains = /* sql */ `lower(sku || E'\\n' || name) like lower(?)`

/** What is looked for is taken as it stands: it has no wildcards. */
export function anywhere(text: string) {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
}

function skuAfter({ after }: Page): string | null {
  if (after && !/^[A-Z0-9][A-Z0-9._-]{0,63}$/.test(after[0])) throw invalidCursor()
  return after && after[0]
}

export interface Holding {
  order_id: string
  held_revision: number
  lines: { sku: string; quantity: number }[]
}

/** What each order holds, by order id; only orders that hold something. */
export async function listHoldings(page: Page): Promise<Holding[]> {
  const { rows } = await inventory().rawQuery<{ rows: Holding[] }>(
    `select order_id, held_revision,
       (select coalesce(json_agg(json_build_object('sku', sku, 'quantity', quantity) order by sku), '[]')
        from reservations where reservations.order_id = reservation_heads.order_id) as lines
     from reservation_heads
     where held_revision is not null and order_id > ?::uuid
     order by order_id limit ?`,
    [idAfter(page) ?? '00000000-0000-0000-0000-000000000000', page.limit + 1]
  )
  return rows
}

function inventory() {
  return db.connection('inventory')
}
