/*
 * The rows of an import as the page shows them.
 */
import db from '@adonisjs/lucid/services/db'
import { csvLine } from '#admin/csv'
import type { Slice } from '#admin/slices'
import { invalidCursor } from '#http/pages'
import { ROW_COLUMNS, type ImportRow } from '../../imports/find_imports.ts'

export const SHOWN = ['changes', 'large', 'up', 'down', 'problems', 'all'] as const
export type Shown = (typeof SHOWN)[number]

/** A row with its product as it is now; null when there is none. */
export interface ImportPageRow extends ImportRow {
  product: { name: string; amount: number; currency: string; lowAt: number | null; active: boolean; onHand: number } | null // prettier-ignore
}

const CHANGES = '(delta <> 0 or lists or changes_product)'

const FILTERS: Record<Shown, string> = {
  changes: CHANGES,
  large: 'large',
  up: `${CHANGES} and delta > 0`,
  down: `${CHANGES} and delta < 0`,
  problems: 'wrong',
  all: 'true',
}

/** Lists of changes show large changes first. */
const bySize = (show: Shown) => FILTERS[show].startsWith(CHANGES)

/** Returns up to `limit` + 1 rows, in the direction of the slice. @throws Problem 422 `invalid_cursor` */
export async function readImportRows(
  id: string,
  show: Shown,
  { from, backwards, limit }: Slice
): Promise<ImportPageRow[]> {
  const order = bySize(show) ? ['(not large)', 'row'] : ['row']
  const isPosition = bySize(show) ? /^(true|false) \d{1,9}$/ : /^\d{1,9}$/
  const query = db
    .connection('inventory')
    .from('stock_import_rows as imported')
    .where('import_id', id)
    .whereRaw(FILTERS[show])
    .orderByRaw(order.map((one) => `${one} ${backwards ? 'desc' : 'asc'}`).join(', '))
    .limit(limit + 1)
    .select(db.raw(`${ROW_COLUMNS}, (${PRODUCT}) as product`))
  if (from) {
    if (!isPosition.test(from.join(' '))) throw invalidCursor()
    query.whereRaw(`(${order}) ${backwards ? '<' : '>'} (${order.map(() => '?')})`, from)
  }
  return query
}

const PRODUCT = /* sql */ `
  select json_build_object('name', item.name, 'amount', price_amount, 'currency', price_currency,
    'lowAt', low_stock_at, 'active', active, 'onHand', on_hand)
  from stock_items as item where item.sku = imported.sku`

/** The row's position in the order of the list. */
export function positionOf({ large, row }: ImportRow, show: Shown): string[] {
  return bySize(show) ? [String(!large), String(row)] : [String(row)]
}

const EXPORT_BATCH = 2_000

/** The effect of the import as CSV, one line per row. */
export async function* importLines(id: string, show: Shown) {
  yield csvLine(['row', 'sku', 'before', 'after', 'delta', 'state', 'problem'])
  for (let from: string[] | null = null; ;) {
    const slice: Slice = { from, backwards: false, limit: EXPORT_BATCH }
    const rows: ImportPageRow[] = await readImportRows(id, show, slice)
    const page = rows.slice(0, EXPORT_BATCH)
    yield page.map(lineOf).join('')
    if (rows.length <= EXPORT_BATCH) return
    from = positionOf(page.at(-1)!, show)
  }
}

function lineOf({ row, sku, before, delta, state, errors }: ImportRow) {
  const after = before === null ? null : before + delta!
  return csvLine([row, sku, before, after, delta, state, errors.map((one) => one.detail).join(' ')])
}
