import db from '@adonisjs/lucid/services/db'
import type { Slice } from '#admin/slices'
import { isUuid } from '#http/fields'
import { invalidCursor } from '#http/pages'
import type { ImportRecord } from '../imports/import_record.ts'

/** Newest first: up to `limit` + 1, in the direction of the slice. @throws Problem 422 `invalid_cursor` */
export async function listImportPage({ from, backwards, limit }: Slice): Promise<ImportRecord[]> {
  const query = db
    .connection('inventory')
    .from('stock_imports')
    .whereNot('status', 'uploading')
    .orderBy('id', backwards ? 'asc' : 'desc')
    .limit(limit + 1)
  if (from) {
    if (!isUuid(from[0])) throw invalidCursor()
    query.where('id', backwards ? '>' : '<', from[0])
  }
  return query
}
