/*
 * The rows of an import as the page shows them.
 */
import db from '@adonisjs/lucid/services/db'
import { csvOf } from '#admin/csv'
import type { Slice } from '#admin/pagination'
import { invalidCursor } from '#http/pagination'
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

/** The effect of the import as CSV, one line per row. */
export function importCsv(id: string, show: Shown) {
  return csvOf<ImportRow>(
    [
      ['row', ({ row }) => row],
      ['sku', ({ sku }) => sku],
      ['before', ({ before }) => before],
      ['after', ({ before, delta }) => (before === null ? null : before + delta!)],
      ['delta', ({ delta }) => delta],
      ['state', ({ state }) => state],
      ['problem', ({ errors }) => errors.map(({ detail }) => detail).join(' ')],
    ],
    (slice) => readImportRows(id, show, slice),
    (row) => positionOf(row, show)
  )
}
