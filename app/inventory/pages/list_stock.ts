/*
 * The stock list, as the stock room reads it.
 */
import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/slices'
import { run } from '#messaging/sql'
import { invalidCursor } from '#http/pages'
import { anywhere, contains } from '../find_stock.ts'

export const SORTS = ['sku', 'name', 'onHand', 'reserved', 'available'] as const
type Sort = (typeof SORTS)[number]

export interface StockFilter {
  q?: string
  level?: 'low' | 'out' | 'in'
  /** With a minus in front: the largest first. */
  sort?: Sort | `-${Sort}`
}

export interface StockRow extends Record<string, unknown> {
  sku: string
  name: string
  onHand: number
  reserved: number
  available: number
  lowStockAt: number | null
  level: 'low' | 'out' | 'in'
  active: boolean
}

const COLUMNS: Record<Sort, string> = {
  sku: 'sku',
  name: 'name',
  onHand: 'on_hand',
  reserved: 'reserved',
  available: '(on_hand - reserved)',
}

/** Up to `limit` + 1 rows, in the direction of the slice. @throws Problem 422 `invalid_cursor` */
export async function listStock(filter: StockFilter, slice: Slice): Promise<StockRow[]> {
  const { q, level, sort = 'sku' } = filter
  const by = sort.replace('-', '') as Sort
  const down = sort.startsWith('-') !== slice.backwards
  const query = db
    .connection('inventory')
    .from('stock_items')
    .select('sku', 'name', 'reserved', 'level', 'active')
    .select({ onHand: 'on_hand', lowStockAt: 'low_stock_at' })
    .select(db.raw('on_hand - reserved as available'))
    .orderByRaw(`${COLUMNS[by]} ${down ? 'desc' : 'asc'}, sku ${down ? 'desc' : 'asc'}`)
    .limit(slice.limit + 1)
  if (level) query.where('level', level)
  if (q) query.whereRaw(`(${contains} or ${hasBarcode})`, [anywhere(q), q])
  if (slice.from) {
    query.whereRaw(`(${COLUMNS[by]}, sku) ${down ? '<' : '>'} (?, ?)`, position(slice.from, by))
  }
  return query
}

const hasBarcode = /* sql */ `sku = (select barcodes.sku from barcodes where barcode = ?)`

function position([value, sku]: string[], by: Sort) {
  const isText = by === 'sku' || by === 'name'
  const isBalance = /^-?\d{1,10}$/.test(value) && Math.abs(Number(value)) < 2 ** 31
  if (sku === undefined || !(isText || isBalance)) throw invalidCursor()
  return [isText ? value : Number(value), sku]
}

/** Where a row stands in the order of the list. */
export function positionOf(row: StockRow, { sort = 'sku' }: StockFilter): string[] {
  return [String(row[sort.replace('-', '')]), row.sku]
}

export interface StockCounts {
  all: number
  low: number
  out: number
  in: number
}

/** Exact up to 10,000, then one more than that. */
export async function countStock(): Promise<StockCounts> {
  const [counts] = await run<StockCounts & Record<string, unknown>>(
    db.connection('inventory'),
    {
      name: 'stock_counts',
      text: /* sql */ `
        select
          (select count(*) from (select from stock_items limit 10001) as counted)::int as all,
          (select count(*) from (select from stock_items where level = 'low' limit 10001) as counted)::int as low,
          (select count(*) from (select from stock_items where level = 'out' limit 10001) as counted)::int as out,
          (select count(*) from (select from stock_items where level = 'in' limit 10001) as counted)::int as in`,
    },
    []
  )
  return counts
}
