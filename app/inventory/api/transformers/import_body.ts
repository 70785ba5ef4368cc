import type { Booking } from '../../ledger/bookings.ts'
import type { ImportRow } from '../../imports/find_imports.ts'
import { NOTHING_COUNTED, type ImportRecord } from '../../imports/import_record.ts'

/** An import or a receipt as the API shows it. */
export function importBody(record: ImportRecord, earlier: Booking | null) {
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
    alreadyBooked: bookingBody(earlier),
    createdAt: record.created_at.toISOString(),
    appliedAt: record.applied_at?.toISOString() ?? null,
    reversedAt: record.reversed_at?.toISOString() ?? null,
  }
}

/** The earlier booking of the same goods; null when there is none. */
export function bookingBody(earlier: Booking | null) {
  return earlier && { at: earlier.at.toISOString(), by: earlier.by, importId: earlier.importId }
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
export function importRowBody({ priceAmount, priceCurrency, ...row }: ImportRow) {
  return {
    ...row,
    price: priceAmount === null ? null : { amount: priceAmount, currency: priceCurrency! },
    after: row.before === null ? null : row.before + row.delta!,
  }
}
