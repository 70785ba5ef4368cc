/*
 * Reads a person's open receipt.
 */
import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/pagination'
import type { SignedIn } from '#contracts/actor'
import { invalidCursor } from '#http/pagination'
import { run } from '#postgres/run'
import { selectReceipt, type Receipt } from './lock_receipt.ts'

const findOpen = { name: 'receipt_open', text: selectReceipt }

/** @returns null before the first scan */
export async function findReceipt({ id }: SignedIn): Promise<Receipt | null> {
  const [receipt] = await run<Receipt>(db.connection('inventory'), findOpen, [id])
  return receipt ?? null
}

export interface LastScan extends Record<string, unknown> {
  import_id: string
  code: string
  /** Null for an unknown code. */
  sku: string | null
  name: string | null
  active: boolean | null
  on_hand: number | null
  quantity: number
  /** Units of the SKU before the scan. */
  was: number | null
  sets: boolean
  forgotten: boolean
  /** Units of the SKU now. */
  scanned: number | null
}

const SCAN = /* sql */ `
  select scan.import_id, scan.code, scan.sku, scan.quantity, scan.was, scan.sets, scan.forgotten,
    item.name, item.active, item.on_hand, line.received as scanned
  from receipt_scans as scan left join stock_items as item on item.sku = scan.sku
    left join stock_import_rows as line on line.import_id = scan.import_id and line.sku = scan.sku`

const findLast = {
  name: 'receipt_last',
  text: `${SCAN} where scan.import_id = $1 order by scan.at desc limit 1`,
}

const findByKey = {
  name: 'receipt_scan',
  text: `${SCAN} where scan.account_id = $1 and scan.key = $2`,
}

/**
 * Finds the last scan of the receipt, or the scan with a key.
 *
 * @param key - of the scan that this browser sent; another browser may have scanned since
 */
export async function lastScan(
  account: SignedIn,
  receipt: Receipt | null,
  key?: string
): Promise<LastScan | null> {
  if (key === undefined && !receipt) return null
  const [found] = await run<LastScan>(
    db.connection('inventory'),
    key === undefined ? findLast : findByKey,
    key === undefined ? [receipt!.id] : [account.id, key]
  )
  return found ?? null
}

export interface ReceiptLine {
  row: number
  sku: string
  name: string
  active: boolean
  on_hand: number
  received: number
}

/** The SKU scanned last first; up to `limit` + 1 lines, in the direction of the slice. */
export async function linesByScan(
  { id }: Receipt,
  { from, backwards, limit }: Slice
): Promise<ReceiptLine[]> {
  if (from && !/^\d{1,9}$/.test(from[0])) throw invalidCursor()
  const query = linesOf(id, limit).orderBy('row', backwards ? 'asc' : 'desc')
  return from ? query.where('row', backwards ? '>' : '<', Number(from[0])) : query
}

/** In SKU order; up to `limit` + 1 lines, in the direction of the slice. */
export async function linesBySku(
  { id }: Receipt,
  { from, backwards, limit }: Slice
): Promise<ReceiptLine[]> {
  const sku = 'stock_import_rows.sku'
  const query = linesOf(id, limit).orderBy(sku, backwards ? 'desc' : 'asc')
  return from ? query.where(sku, backwards ? '<' : '>', from[0]) : query
}

function linesOf(id: string, limit: number) {
  return db
    .connection('inventory')
    .from('stock_import_rows')
    .join('stock_items', 'stock_items.sku', 'stock_import_rows.sku')
    .where('import_id', id)
    .select('row', 'stock_items.sku', 'stock_items.name', 'stock_items.active')
    .select('on_hand', 'received')
    .limit(limit + 1)
}
