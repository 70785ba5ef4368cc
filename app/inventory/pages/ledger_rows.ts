/*
 * The ledger as people read it: by day, with who and why, and what may be undone.
 */
import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/slices'
import { isUuid } from '#http/fields'
import { invalidCursor } from '#http/pages'
import { movements, type MovementFilters } from '../find_movements.ts'
import { isReversible } from '../reverse_movement.ts'
import type { MovementRow } from '../transformers/movement_body.ts'

export interface LedgerRow extends MovementRow {
  /** The movement that has undone it. */
  undoneBy: string | null
  /** Whether a person may undo it now. */
  undoable: boolean
}

/** Up to `limit` + 1 rows in the direction of the slice, forwards towards the oldest. */
export async function readLedger(
  filters: MovementFilters,
  { from, backwards, limit }: Slice
): Promise<LedgerRow[]> {
  const query = movements(filters)
    .orderBy('id', backwards ? 'asc' : 'desc')
    .limit(limit + 1)
  if (from) {
    if (!isUuid(from[0])) throw invalidCursor()
    query.where('id', backwards ? '>' : '<', from[0])
  }
  return withReversals((await query) as MovementRow[])
}

export async function withReversals(rows: MovementRow[]): Promise<LedgerRow[]> {
  const reversals: { id: string; reversal_of: string }[] = await db
    .connection('inventory')
    .from('movements')
    .whereIn(
      'reversal_of',
      rows.filter(isReversible).map(({ id }) => id)
    )
    .select('id', 'reversal_of')
  const undone = new Map(reversals.map((reversal) => [reversal.reversal_of, reversal.id]))
  return rows.map((row) => {
    const undoneBy = undone.get(row.id) ?? null
    return { ...row, undoneBy, undoable: undoneBy === null && isReversible(row) }
  })
}

export interface LedgerCounts {
  all: number
  people: number
}

/** Of one SKU; exact up to 10,000, then one more than that. */
export async function countLedger(sku: string): Promise<LedgerCounts> {
  const { rows } = await db.connection('inventory').rawQuery<{ rows: LedgerCounts[] }>(
    `select
       (select count(*) from (select from movements where sku = :sku limit 10001) as counted)::int as all,
       (select count(*) from (select from movements where sku = :sku and order_id is null
                              limit 10001) as counted)::int as people`,
    { sku }
  )
  return rows[0]
}
