/*
 * Reads products with their stock.
 */
import db from '@adonisjs/lucid/services/db'
import { idAfter, invalidCursor, type Page } from '#http/pagination'
import { notFound } from '#http/problem'
import StockItem, { isSku } from './stock_item.ts'

/** @throws Problem 404 */
export async function findItem(sku: string): Promise<StockItem> {
  // PostgreSQL rejects NUL in text.
  if (sku.includes('\0')) throw notFound('product')
  const item = await StockItem.query().where('sku', sku.toUpperCase()).preload('barcodes').first()
  if (!item) throw notFound('product')
  return item
}

export interface StockFilters {
  /** Part of the SKU or the name. */
  q?: string
  sku?: string[]
  level?: 'low' | 'out' | 'in'
  updatedAfter?: Date
}

/**
 * In SKU order; up to `limit` + 1 items.
 *
 * @param only.active - only products that are for sale
 * @throws Problem 422 `invalid_cursor`
 */
export async function listItems(
  page: Page<StockFilters>,
  only: { active: boolean } = { active: false }
): Promise<StockItem[]> {
  const { q, sku, level, updatedAfter } = page.filters
  const after = skuAfter(page)
  const query = StockItem.query()
    .preload('barcodes')
    .orderBy('sku')
    .limit(page.limit + 1)
  if (only.active) query.where('active', true)
  if (after) query.where('sku', '>', after)
  if (sku) query.whereIn('sku', sku)
  if (q) query.whereRaw(contains, [q])
  if (level) query.where('level', level)
  if (updatedAfter) query.where('updated_at', '>=', updatedAfter)
  return query
}

/**
 * SQL condition: the SKU or the name contains the text of the placeholder. Case, accents and kinds of
 * whitespace make no difference, and the text has no wildcards. The left side is an indexed expression.
 */
export const contains = /* sql */ `(lower(sku) || E'\\n' || search_text(name))
  like '%' || regexp_replace(search_text(?), '([\\\\%_])', '\\\\\\1', 'g') || '%'`

function skuAfter({ after }: Page): string | null {
  if (after && !isSku(after[0])) throw invalidCursor()
  return after && after[0]
}

export interface Holding {
  orderId: string
  heldRevision: number
  lines: { sku: string; quantity: number }[]
}

/** The units that each order holds, by order id. Orders that hold nothing are left out. */
export async function listHoldings(page: Page): Promise<Holding[]> {
  const { rows } = await db.connection('inventory').rawQuery<{ rows: Holding[] }>(
    `select order_id as "orderId", held_revision as "heldRevision",
       (select coalesce(json_agg(json_build_object('sku', sku, 'quantity', quantity) order by sku), '[]')
        from reservations where reservations.order_id = reservation_heads.order_id) as lines
     from reservation_heads
     where held_revision is not null and order_id > ?::uuid
     order by order_id limit ?`,
    [idAfter(page) ?? '00000000-0000-0000-0000-000000000000', page.limit + 1]
  )
  return rows
}
