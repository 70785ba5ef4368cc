import type { ImportRow } from '../../imports/find_imports.ts'
import { NOTHING_COUNTED, type ImportRecord } from '../../imports/import_record.ts'

/** An import or a receipt as the API shows it. */
export function importBody(record: ImportRecord) {
  return {
    id: record.id,
    source: record.source,
    status: record.status,
    name: record.name,
    reference: record.reference,
    actor: record.actor,
    // Imports of earlier releases lack the newer counts.
    counts: { ...NOTHING_COUNTED, ...record.counts },
    progress: progressOf(record),
    encoding: record.encoding,
    ignoredColumns: record.ignored_columns,
    error: record.error,
    createdAt: record.created_at.toISOString(),
    appliedAt: record.applied_at?.toISOString() ?? null,
    reversedAt: record.reversed_at?.toISOString() ?? null,
  }
}

/** Progress of the step in progress; null when there is none. */
export function progressOf({ status, counts, bytes }: ImportRecord) {
  const { applied, moved, refused, reversed, stays, rows, errors } = counts
  if (status === 'reading') return { done: counts.bytesRead, of: bytes, unit: 'bytes' }
  if (status === 'applying') return { done: applied + refused, of: rows - errors, unit: 'rows' }
  if (status === 'reversing') return { done: reversed + stays, of: moved, unit: 'rows' }
  return null
}

/** A row of an import as the API shows it. */
export function importRowBody(row: ImportRow) {
  const { price_amount: amount, price_currency: currency } = row
  return {
    row: row.row,
    sku: row.sku,
    name: row.name,
    price: amount === null ? null : { amount, currency: currency! },
    lowStockAt: row.low_stock_at,
    barcode: row.barcode,
    active: row.active,
    counted: row.counted,
    received: row.received,
    before: row.before,
    after: row.before === null ? null : row.before + row.delta!,
    delta: row.delta,
    lists: row.lists,
    changesProduct: row.changes_product,
    large: row.large,
    state: row.state,
    errors: row.errors,
    movementId: row.movement_id,
  }
}
