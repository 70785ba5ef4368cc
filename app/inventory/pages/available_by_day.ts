import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { firstIdAt, run } from '#messaging/sql'

const DAYS = 30

/**
 * What was available at the end of each of the last days, and is now; the oldest first. A SKU without
 * a movement so old begins with its first balance, 0.
 *
 * @param zone - IANA name: whose midnight a day ends at
 */
export async function availableByDay(skus: string[], zone: string): Promise<Map<string, number[]>> {
  const today = DateTime.now().setZone(zone).startOf('day')
  const ends = Array.from({ length: DAYS }, (_, day) =>
    firstIdAt(today.minus({ days: DAYS - 1 - day }).toMillis())
  )
  // One look into the index for each day and SKU, however many movements there are.
  const rows = await run<{ sku: string; values: number[] }>(
    db.connection('inventory'),
    {
      name: 'available_by_day',
      text: /* sql */ `
        select sku, array(
            select coalesce((select on_hand - reserved from movements
                             where movements.sku = stock_items.sku and id < bound
                             order by id desc limit 1), 0)
            from unnest($2::uuid[]) with ordinality as day(bound, n) order by n
          ) || (on_hand - reserved) as values
        from stock_items where sku = any ($1::text[])`,
    },
    [skus, ends]
  )
  return new Map(rows.map(({ sku, values }) => [sku, values]))
}
