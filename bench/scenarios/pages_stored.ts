/*
 * Data for the measurement of the admin pages.
 */
import type { DatabaseUnderTest } from '../under_test/database.ts'

export const SKUS = 100_000
export const BUSY_SKU = 'SKU-000001'
export const BUSY_MOVEMENTS = 1_000_000

/** Orders of one line, one each ten seconds, the newest now; one of a thousand waits for a reply. The first SKU has many movements. */
export async function storePages(database: DatabaseUnderTest, orders: number) {
  console.error(`… storing ${SKUS} SKUs, ${orders} orders with a movement each, and a busy SKU`)
  await database.query(
    `insert into inventory.stock_items (sku, name, price_amount, price_currency, on_hand, reserved, low_stock_at)
     select 'SKU-' || lpad(n::text, 6, '0'), 'Product number ' || n, 1250, 'EUR', n % 97, 0, 5
     from generate_series(1, $1::int) as n`,
    [SKUS]
  )
  await database.query(
    `insert into inventory.movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, at)
     select uuidv7(-interval '200 days'), sku, 'restock', on_hand, 0, on_hand, 0,
       '{"kind": "system", "id": null, "name": null}', now() - interval '200 days'
     from inventory.stock_items`
  )
  await database.query(
    `with placed as (
       insert into orders.orders (id, status, revision, held_revision, email, name, currency, placed_at, updated_at, fulfilled_at)
       select uuidv7(age), status, 1, 1, 'person-' || n % 5000 || '@example.com', 'Person', 'EUR',
         now() + age, now() + age, case when status = 'fulfilled' then now() + age end
       from (
         select n, -n * interval '10 seconds' as age,
           case when n % 1000 = 0 then 'pending' when n % 50 = 0 then 'confirmed' when n % 17 = 0 then 'cancelled'
             when n % 23 = 0 then 'rejected' else 'fulfilled' end as status
         from generate_series(0, $1::int - 1) as n) as each
       returning id
     ), line as (
       insert into orders.order_lines (order_id, revision, position, sku, name, quantity, unit_price)
       select id, 1, 1, 'SKU-' || lpad((1 + row_number() over () % $2::int)::text, 6, '0'), 'Product', 1, 1250
       from placed
       returning order_id, sku
     )
     insert into inventory.movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor,
                                      order_id, revision, at)
     select order_id, sku, 'reserve', 0, 1, 40, 1, '{"kind": "system", "id": null, "name": null}', order_id, 1, now()
     from line`,
    [orders, SKUS]
  )
  await database.query(
    `insert into inventory.movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor,
                                      order_id, revision, at)
     select uuidv7(age), $2, case when n % 10 = 0 then 'restock' else 'reserve' end,
       case when n % 10 = 0 then 9 else 0 end, case when n % 10 = 0 then 0 else 1 end, 40, n % 40,
       '{"kind": "system", "id": null, "name": null}',
       case when n % 10 > 0 then uuidv7(age) end, case when n % 10 > 0 then 1 end, now() + age
     from (select n, -n * interval '20 seconds' as age from generate_series(1, $1::int) as n) as each`,
    [BUSY_MOVEMENTS, BUSY_SKU]
  )
  for (const table of [
    'orders.orders',
    'orders.order_lines',
    'inventory.stock_items',
    'inventory.movements',
  ]) {
    await database.query(`vacuum analyze ${table}`)
  }
  // Flush the stored data before the measurement.
  await database.query('checkpoint')
}
