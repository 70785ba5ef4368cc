/*
 * Reading stock.
 */
import db from '@adonisjs/lucid/services/db'
import { idAfter, type Page } from '#http/pages'
import { notFound } from '#http/problem'
import StockItem from './models/stock_item.ts'
import type { MovementRow } from './transformers/movement_body.ts'

/** @throws Problem 404 */
export async function findItem(sku: string): Promise<StockItem> {
  // PostgreSQL's text cannot hold NUL.
  if (sku.includes('\0')) throw notFound('product')
  const item = await StockItem.query().where('sku', sku.toUpperCase()).preload('barcodes').first()
  if (!item) throw notFound('product')
  return item
}

/** In SKU order. One row more than the page holds. */
export async function listItems({ limit, after }: Page): Promise<StockItem[]> {
  const query = StockItem.query()
    .preload('barcodes')
    .orderBy('sku')
    .limit(limit + 1)
  return after ? query.where('sku', '>', after[0]) : query
}

/** Newest first: ids are UUIDv7. */
export async function listMovements(sku: string, page: Page): Promise<MovementRow[]> {
  const after = idAfter(page)
  const query = inventory()
    .from('movements')
    .where('sku', sku.toUpperCase())
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  return after ? query.where('id', '<', after) : query
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
