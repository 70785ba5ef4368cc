/*
 * Reading the ledger, over one SKU or all. Ids are UUIDv7: the newest first is by id, and a time is a
 * place among the ids.
 */
import db from '@adonisjs/lucid/services/db'
import type { DatabaseQueryBuilderContract } from '@adonisjs/lucid/types/querybuilder'
import type { Infer } from '@vinejs/vine/types'
import { idAfter, type Page } from '#http/pages'
import { firstIdAt } from '#messaging/sql'
import type { MovementRow } from './transformers/movement_body.ts'
import type { movementListParameters } from './validators/stock.ts'

export type MovementFilters = Omit<Infer<typeof movementListParameters>, 'limit' | 'cursor'> & {
  sku?: string
  by?: 'people' | 'order'
  /** The id of a movement: it, and the one that undoes it. */
  undone?: string
}

/** Kinds that orders cause; all others are people's. */
const BY_ORDERS = ['reserve', 'release', 'deduct']

/** Newest first. One row more than the page holds. */
export async function listMovements({
  after,
  limit,
  filters,
}: Page<MovementFilters>): Promise<MovementRow[]> {
  const query = movements(filters)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  const before = idAfter({ after, limit, filters: {} })
  return before ? query.where('id', '<', before) : query
}

/** All that the filters leave, in no order. */
export function movements(filters: MovementFilters): DatabaseQueryBuilderContract<MovementRow> {
  const { sku, by, kind, actorId, reference, orderId, messageId, importId, undone, from, before } =
    filters
  const query = db.connection('inventory').from('movements')
  if (sku) query.where('sku', sku)
  if (kind) {
    query.whereIn('kind', kind)
    // The indexes of what people do leave out what orders cause.
    if (!kind.some((one) => BY_ORDERS.includes(one))) query.whereNull('order_id')
  }
  if (by === 'people') query.whereNull('order_id')
  if (by === 'order') query.whereNotNull('order_id')
  if (actorId) query.whereNull('order_id').whereRaw(`actor->>'id' = ?`, [actorId])
  if (reference) query.where('reference', reference)
  if (orderId) query.where('order_id', orderId)
  if (messageId) query.where('message_id', messageId)
  if (importId) query.where('import_id', importId)
  if (undone) query.where((either) => either.where('id', undone).orWhere('reversal_of', undone))
  if (from) query.where('id', '>=', firstIdAt(from.getTime()))
  if (before) query.where('id', '<', firstIdAt(before.getTime()))
  return query
}
