import type { DatabaseUnderTest } from './database_under_test.ts'

/** When what happened to an order was committed: milliseconds since 1970, with fractions. */
export interface OrderTimes {
  placed: number | null
  /** Inventory's answer. */
  reserved: number | null
  confirmed: number | null
  rejected: number | null
}

/**
 * Timeline steps and movements are never updated, so the transaction that inserted the row (`xmin`) is
 * the one that moved the order, and PostgreSQL knows when it committed.
 *
 * @param flushMs - added to each: PostgreSQL takes the time of a commit just before it flushes the WAL,
 *   and the commit counts only after that
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
