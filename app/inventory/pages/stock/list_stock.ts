/*
 * The stock list.
 */
import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/pagination'
import { invalidCursor } from '#http/pagination'
import { boundedCount, COUNT_LIMIT } from '#postgres/bounded_count'
import { run } from '#postgres/run'
import { contains } from '../../stock/find_stock.ts'
import { gtinOf } from '../../products/gtin.ts'

export const SORTS = ['sku', 'name', 'onHand', 'reserved', 'available'] as const
type Sort = (typeof SORTS)[number]

export interface StockFilter {
  q?: string
  level?: 'low' | 'out' | 'in'
  /** Descending with a leading minus. */
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

/**
 * Returns up to `limit` + 1 rows, in the direction of the slice.
 *
 * Balances have no index, because it would slow down every reservation: the statement sorts only SKUs, then
 * reads the rows, which is three times as fast as sorting whole rows. 100,000 SKUs take about 30 ms.
 *
 * @throws Problem 422 `invalid_cursor`
 */
export async function listStock(
  { q, level, sort = 'sku' }: StockFilter,
  { from, backwards, limit }: Slice
): Promise<StockRow[]> {
  const by = sort.replace('-', '') as Sort
  const down = sort.startsWith('-') !== backwards
  const order = `order by ${COLUMNS[by]} ${down ? 'desc' : 'asc'}, sku ${down ? 'desc' : 'asc'}`
  const conditions: [sql: string, ...values: unknown[]][] = [['true']]
  if (level) conditions.push(['level = ?', level])
  if (q) conditions.push([`(${contains} or ${hasBarcode})`, q, gtinOf(q.trim())])
  if (from) {
    const beyond = `(${COLUMNS[by]}, sku) ${down ? '<' : '>'} (?, ?)`
    conditions.push([beyond, ...position(from, by)])
  }
  const where = conditions.map(([sql]) => sql).join(' and ')
  const values = conditions.flatMap(([, ...each]) => each)
  const { rows } = await db.connection('inventory').rawQuery<{ rows: StockRow[] }>(
    `select sku, name, on_hand as "onHand", reserved, on_hand - reserved as available,
       low_stock_at as "lowStockAt", level, active
     from stock_items
     where sku = any (array(select sku from stock_items where ${where} ${order} limit ?)) ${order}`,
    [...values, limit + 1] as never[]
  )
  return rows
}

const hasBarcode = /* sql */ `sku = (select barcodes.sku from barcodes where gtin = ?)`

function position([value, sku]: string[], by: Sort) {
  const isText = by === 'sku' || by === 'name'
  const isBalance = /^-?\d{1,10}$/.test(value) && Math.abs(Number(value)) < 2 ** 31
  if (sku === undefined || !(isText || isBalance)) throw invalidCursor()
  return [isText ? value : Number(value), sku]
}

/** The row's position in the order of the list. */
export function positionOf(row: StockRow, { sort = 'sku' }: StockFilter): string[] {
  return [String(row[sort.replace('-', '')]), row.sku]
}

export interface StockCounts {
  all: number
  low: number
  out: number
  in: number
}

/** Counts the SKUs of each level, up to 10,001. */
export async function countByLevel(): Promise<StockCounts> {
  const [counts] = await run<Omit<StockCounts, 'all'>>(db.connection('inventory'), findCounts, [])
  const { low, out, in: inStock } = counts
  return { ...counts, all: Math.min(low + out + inStock, COUNT_LIMIT) }
}

const countOf = (level: string) => boundedCount(`stock_items where level = '${level}'`)

const findCounts = {
  name: 'stock_counts',
  text: `select ${countOf('low')} as low, ${countOf('out')} as out, ${countOf('in')} as "in"`,
}
