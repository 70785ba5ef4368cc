import db from '@adonisjs/lucid/services/db'
import { firstIdAt, run } from '#postgres/run'
import { lastDays } from '#runtime/days'

const DAYS = 30

/**
 * Returns the available units at the end of each of the last 30 days, oldest first, and now. Days before
 * an SKU's first movement have 0.
 *
 * @param items - with the units available now
 * @param zone - IANA name of the time zone in which days end
 */
export async function availableByDay(
  items: { sku: string; available: number }[],
  zone: string,
  now = new Date()
): Promise<Map<string, number[]>> {
  // Today starts where the last of the 30 days ends.
  const ends = lastDays(zone, DAYS, now).map(({ start }) => firstIdAt(start.getTime()))
  const skus = items.map(({ sku }) => sku)
  const rows = await run<{ sku: string; day: number; balance: number }>(
    db.connection('inventory'),
    lastOfEachDay,
    [skus, ends]
  )
  const days = new Map(skus.map((sku) => [sku, new Array<number>(DAYS).fill(0)]))
  for (const { sku, day, balance } of rows) days.get(sku)!.fill(balance, day)
  for (const { sku, available } of items) days.get(sku)!.push(available)
  return days
}

/**
 * The last balance of each day that has movements, oldest first. Walks the index backwards from day to
 * day, so that its cost does not depend on the number of movements.
 */
const lastOfEachDay = {
  name: 'last_of_each_day',
  text: /* sql */ `
    with recursive last(sku, day, balance) as (
      select sku, newest.* from unnest($1::text[]) as sku, lateral (
        select width_bucket(id, $2::uuid[]), on_hand - reserved from movements
        where movements.sku = sku.sku and id < ($2::uuid[])[cardinality($2::uuid[])]
        order by id desc limit 1) as newest
      union all
      select sku, before.* from last, lateral (
        select width_bucket(id, $2::uuid[]), on_hand - reserved from movements
        where movements.sku = last.sku and id < ($2::uuid[])[last.day]
        order by id desc limit 1) as before
    )
    select * from last order by day`,
}
