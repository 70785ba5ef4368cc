/*
 * Reads the ledger, for one SKU or for all. Movement ids are UUIDv7: their order is the order in time,
 * and a range of times is a range of ids.
 */
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { DatabaseQueryBuilderContract } from '@adonisjs/lucid/types/querybuilder'
import { invalidCursor } from '#http/pagination'
import { firstIdAt } from '#postgres/run'
import { isUuid } from '#runtime/uuid'
import type { Movement, MovementKind } from './movement.ts'

export interface MovementFilters {
  sku?: string
  kind?: MovementKind[]
  actorId?: string
  reference?: string
  orderId?: string
  messageId?: string
  importId?: string
  /** At this time or later. */
  from?: Date
  before?: Date
  /** Movements of people, or of orders. */
  by?: 'people' | 'order'
  /** A movement id: that movement and the one that undoes it. */
  undone?: string
}

/** The kinds that orders cause. People cause all others. */
const KINDS_OF_ORDERS: MovementKind[] = ['reserve', 'release', 'deduct']

/**
 * Lists movements, newest first.
 *
 * @param page.from - the position after which to continue: a movement id; null for the start
 * @param page.backwards - towards newer movements, which are then returned oldest first
 * @returns up to `limit` + 1 rows
 * @throws Problem 422 `invalid_cursor`
 */
export async function listMovements(
  filters: MovementFilters,
  { from, backwards = false, limit }: { from: string[] | null; backwards?: boolean; limit: number }
): Promise<Movement[]> {
  const query = matching(filters)
    .orderBy('id', backwards ? 'asc' : 'desc')
    .limit(limit + 1)
  if (!from) return query
  if (!isUuid(from[0])) throw invalidCursor()
  return query.where('id', backwards ? '>' : '<', from[0])
}

function matching(filters: MovementFilters) {
  const { sku, by, kind, actorId, reference, orderId, messageId, importId, undone, from, before } =
    filters
  const query = movements(db.connection('inventory'))
  if (sku) query.where('sku', sku)
  if (kind) {
    query.whereIn('kind', kind)
    // The indexes for movements of people are partial: they need this condition.
    if (!kind.some((one) => KINDS_OF_ORDERS.includes(one))) query.whereNull('order_id')
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

/** The ledger in the shape of `Movement`, for the caller to filter. */
export function movements(client: QueryClientContract): DatabaseQueryBuilderContract<Movement> {
  return client.from('movements').select(db.raw(COLUMNS))
}

const COLUMNS = /* sql */ `
  id, sku, kind, on_hand_delta as "onHandDelta", reserved_delta as "reservedDelta", on_hand as "onHand",
  reserved, reason, note, reference, actor, order_id as "orderId", revision, message_id as "messageId",
  import_id as "importId", reversal_of as "reversalOf", at`
