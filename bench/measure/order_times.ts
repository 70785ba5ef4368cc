import type { DatabaseUnderTest } from '../under_test/database.ts'

/** Commit times of an order's steps, in milliseconds since 1970, with fractions. */
export interface OrderTimes {
  placed: number | null
  /** Inventory's reply. */
  reserved: number | null
  confirmed: number | null
  rejected: number | null
}

/**
 * Timeline steps and movements are never updated, so `xmin` is the transaction of the step, whose commit time
 * PostgreSQL records.
 *
 * @param flushMs - added to each time, because PostgreSQL records the commit time just before it flushes the WAL
 */
export async function findTimes(database: DatabaseUnderTest, flushMs: number) {
  const rows = await database.query<{ id: string; step: keyof OrderTimes; at: number }>(
    `select id, step, extract(epoch from pg_xact_commit_timestamp(transaction))::float8 * 1000 as at
     from (
       select order_id as id, type as step, xmin as transaction from orders.timeline_steps
       where type in ('placed', 'confirmed', 'rejected')
       union all
       select distinct on (order_id) order_id, 'reserved', xmin from inventory.movements where kind = 'reserve'
     ) as steps`
  )
  const times = new Map<string, OrderTimes>()
  for (const { id, step, at } of rows) {
    const known = times.get(id) ?? { placed: null, reserved: null, confirmed: null, rejected: null }
    times.set(id, { ...known, [step]: at + flushMs })
  }
  return times
}
