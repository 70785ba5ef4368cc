/*
 * The stock list, as the stock room reads it.
 */
import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/slices'
import { run } from '#messaging/sql'
import { invalidCursor } from '#http/pages'
import { anywhere, contains } from '../find_stock.ts'
import { asEan13 } from '../put_product.ts'

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

/** Balances are not: an index on one would make every reservation dearer. */
const INDEXED = new Set<Sort>(['sku', 'name'])

/** Up to `limit` + 1 rows, in the direction of the slice. @throws Problem 422 `invalid_cursor` */
export async function listStock(filter: StockFilter, slice: Slice): Promise<StockRow[]> {
  const { q, level, sort = 'sku' } = filter
  const by = sort.replace('-', '') as Sort
  const list: List = { by, down: sort.startsWith('-') !== slice.backwards, conditions: [] }
  if (level) list.conditions.push(['level = ?', level])
  if (q) list.conditions.push([`(${contains} or ${hasBarcode})`, anywhere(q), asEan13(q)])
  if (slice.from) list.conditions.push(beyond(list, position(slice.from, by)))
  const limit = slice.limit + 1
  if (!INDEXED.has(by)) {
    const rows = await read({ ...list, conditions: [...list.conditions, nearby(list)] }, limit)
    if (rows.length === limit) return rows
  }
  return read(list, limit)
}

const hasBarcode = /* sql */ `sku = (select barcodes.sku from barcodes where barcode = ?)`

interface List {
  by: Sort
  down: boolean
  conditions: Condition[]
}

/** SQL, and the values of its question marks. */
type Condition = [string, ...unknown[]]

function beyond({ by, down }: List, place: unknown[]): Condition {
  return [`(${COLUMNS[by]}, sku) ${down ? '<' : '>'} (?, ?)`, ...place]
}

/**
 * Not beyond a row some thousand places on, found in every hundredth block of the table: the rest need not
 * be sorted. It is farther on than a block has rows, which may follow one another. After Donjerkovic and
 * Ramakrishnan, "Probabilistic Optimization of Top N Queries", 1999.
 */
function nearby(list: List): Condition {
  const place = `${COLUMNS[list.by]}, sku`
  const [farOn, ...values] = select(
    place,
    'stock_items tablesample system (1) repeatable (1)',
    list
  )
  return [`(${place}) ${list.down ? '>=' : '<='} (${farOn} limit 1 offset 50)`, ...values]
}

/** Sorts SKUs alone, then reads the rest of the few rows: three times as fast as sorting whole rows. */
async function read(list: List, limit: number): Promise<StockRow[]> {
  const [skus, ...values] = select('sku', 'stock_items', list)
  const { rows } = await db.connection('inventory').rawQuery<{ rows: StockRow[] }>(
    `select sku, name, on_hand as "onHand", reserved, on_hand - reserved as available,
       low_stock_at as "lowStockAt", level, active
     from stock_items where sku = any (array(${skus} limit ?)) ${orderBy(list)}`,
    [...values, limit] as never[]
  )
  return rows
}

function select(what: string, table: string, list: List): Condition {
  const where = ['true', ...list.conditions.map(([sql]) => sql)].join(' and ')
  const values = list.conditions.flatMap(([, ...each]) => each)
  return [`select ${what} from ${table} where ${where} ${orderBy(list)}`, ...values]
}

function orderBy({ by, down }: List): string {
  const way = down ? 'desc' : 'asc'
  return `order by ${COLUMNS[by]} ${way}, sku ${way}`
}

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
  const counted = (level: string) =>
    `(select count(*) from (select from stock_items where level = '${level}' limit ${MOST}) as counted)`
  const [counts] = await run<StockCounts & Record<string, unknown>>(
    db.connection('inventory'),
    {
      name: 'stock_counts',
      text: /* sql */ `
        select least(low + out + "in", ${MOST})::int as all, low::int, out::int, "in"::int
        from (select ${counted('low')} as low, ${counted('out')} as out, ${counted('in')} as "in") as counts`,
    },
    []
  )
  return counts
}

const MOST = 10_001
