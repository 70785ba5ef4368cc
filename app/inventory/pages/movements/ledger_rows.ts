/*
 * The ledger as the pages show it, with the movements that can be undone.
 */
import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/pagination'
import { boundedCount } from '#postgres/bounded_count'
import { listMovements, type MovementFilters } from '../../ledger/find_movements.ts'
import type { Movement } from '../../ledger/movement.ts'
import { orderNumbers } from '../../reservations/order_numbers.ts'
import { isReversible } from '../../stock/reverse_movement.ts'

export interface LedgerRow extends Movement {
  /** The movement that undid it. */
  undoneBy: string | null
  /** Whether a person can undo it now. */
  undoable: boolean
  /** The number of its order; null if inventory does not know it. */
  orderNumber: string | null
}

/** Newest first; up to `limit` + 1 rows, in the direction of the slice. */
export async function readLedger(filters: MovementFilters, slice: Slice): Promise<LedgerRow[]> {
  const rows = await listMovements(filters, slice)
  const reversals: { id: string; reversal_of: string }[] = await db
    .connection('inventory')
    .from('movements')
    .whereIn(
      'reversal_of',
      rows.filter(isReversible).map(({ id }) => id)
    )
    .select('id', 'reversal_of')
  const numbers = await orderNumbers(
    db.connection('inventory'),
    rows.map(({ orderId }) => orderId)
  )
  const undone = new Map(reversals.map((reversal) => [reversal.reversal_of, reversal.id]))
  return rows.map((row) => {
    const undoneBy = undone.get(row.id) ?? null
    const orderNumber = numbers.get(row.orderId!) ?? null
    return { ...row, undoneBy, undoable: undoneBy === null && isReversible(row), orderNumber }
  })
}

export interface LedgerCounts {
  all: number
  people: number
}

/** Counts the movements of an SKU, up to 10,001. */
export async function countLedger(sku: string): Promise<LedgerCounts> {
  const { rows } = await db.connection('inventory').rawQuery<{ rows: LedgerCounts[] }>(
    `select
       ${boundedCount('movements where sku = :sku')} as all,
       ${boundedCount('movements where sku = :sku and order_id is null')} as people`,
    { sku }
  )
  return rows[0]
}
