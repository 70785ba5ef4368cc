/*
 * Counts made after a movement. A count includes the movement's effect on the shelf, so undoing the
 * movement would change the counted number.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { run } from '#postgres/run'

/** A count that prevents an undo. */
export interface LaterCount {
  /** The id of the count's movement; null for imports of release 0.1.0, which wrote no movement. */
  id: string | null
  sku: string
  /** Units on the shelf. */
  counted: number
  actor: Actor
  /** The import that the count belongs to. */
  importId: string | null
  at: string
}

// Movement ids of one SKU ascend. Release 0.1.0 wrote no movement for an imported count that agreed
// with the books: such a count is later when its import was applied later, until the import is undone.
const findCounts = {
  name: 'ledger_later_counts',
  text: /* sql */ `
    select moved.id as "movementId", later.* from unnest($1::text[], $2::uuid[]) as moved(sku, id), lateral (
      (select id, sku, on_hand as counted, actor, import_id as "importId", at from movements as count
        where count.sku = moved.sku and count.id > moved.id and (kind = 'count' or counted)
          and not exists (select from movements as undo where undo.reversal_of = count.id)
        order by count.id desc limit 1)
      union all
      (select null, imported.sku, imported.counted, actor, import_id, applied_at
        from stock_import_rows as imported join stock_imports on stock_imports.id = import_id
        where imported.sku = moved.sku and imported.counted is not null and delta = 0
          and state = 'applied' and movement_id is null and status = 'applied'
          and applied_at > (select at from movements where movements.id = moved.id)
        order by applied_at desc limit 1)
      limit 1
    ) as later`,
}

/**
 * Finds the newest count after each movement. Counts that were undone are ignored.
 *
 * @param moved - movements whose SKUs this transaction has locked, so that no count can be added
 * @returns movement id → count, for the movements that have a later count
 */
export async function findLaterCounts(
  trx: TransactionClientContract,
  moved: { id: string; sku: string }[]
): Promise<Map<string, LaterCount>> {
  if (moved.length === 0) return new Map()
  const rows = await run<{ movementId: string; at: Date } & Omit<LaterCount, 'at'>>(
    trx,
    findCounts,
    [moved.map(({ sku }) => sku), moved.map(({ id }) => id)]
  )
  return new Map(
    rows.map(({ movementId, at, ...count }) => [movementId, { ...count, at: at.toISOString() }])
  )
}

/** For example "Grace counted 50 of MUG at 2026-11-22T12:00:00.000Z". */
export function describeCount({ sku, counted, actor, at }: LaterCount): string {
  return `${actor.name ?? 'Quartermaster'} counted ${counted} of ${sku} at ${at}`
}
