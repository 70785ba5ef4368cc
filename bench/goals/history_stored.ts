import type { DatabaseUnderTest } from '../under_test/database.ts'

/** Stores orders as the app leaves them: placed one each ten seconds, confirmed, published, with one line. */
export async function storeHistory(database: DatabaseUnderTest, orders: number) {
  console.error(`… storing ${orders} orders`)
  const actor = `'{"kind": "system", "id": null, "name": null}'`
  await database.query(
    `create table stored as
     select uuidv7(-n * interval '10 seconds') as id, now() - n * interval '10 seconds' as at, n
     from generate_series(1, $1::int) as n`,
    [orders]
  )
  for (const statement of [
    `insert into orders.orders (id, status, revision, held_revision, version, email, name, currency, placed_at, updated_at, confirmed_at)
     select id, 'confirmed', 1, 1, 2, 'person-' || n % 5000 || '@example.com', 'Person', 'EUR', at, at, at from stored`,
    `insert into orders.order_lines (order_id, revision, position, sku, name, quantity, unit_price)
     select id, 1, 1, 'SKU-' || n % 100, 'Product', 1, 1250 from stored`,
    `insert into orders.timeline_steps (order_id, sequence, at, type, status, revision, actor)
     select id, sequence, at, type, status, 1, ${actor}
     from stored, (values (1, 'placed', 'pending'), (2, 'confirmed', 'confirmed')) as step (sequence, type, status)`,
    `insert into orders.outbox (message_id, topic, key, key_hash, type, version, data, published_at, partition)
     select uuidv7(), 'orders', id, n, type, 1, '{"revision":1,"lines":[{"sku":"SKU-1","quantity":1}]}', at, 0
     from stored, (values ('order_placed'), ('order_confirmed')) as message (type)`,
    `insert into inventory.outbox (message_id, topic, key, key_hash, type, version, data, published_at, partition)
     select uuidv7(), 'inventory', id, n, 'stock_reserved', 1, '{"revision":1,"heldRevision":1}', at, 0 from stored`,
    `insert into orders.inbox (consumer, message_id) select 'orders', uuidv7() from stored`,
    `insert into inventory.inbox (consumer, message_id) select 'inventory', uuidv7() from stored`,
    `insert into inventory.reservation_heads (order_id, revision, outcome, held_revision) select id, 1, 'reserved', 1 from stored`,
    `insert into inventory.reservations (order_id, sku, quantity) select id, 'SKU-' || n % 100, 1 from stored`,
    `insert into inventory.movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, order_id, revision, at)
     select uuidv7(at - now()), 'SKU-' || n % 100, 'reserve', 0, 1, 1000000, 1, ${actor}, id, 1, at from stored`,
    `drop table stored`,
  ]) {
    await database.query(statement)
  }
  await database.query('vacuum analyze')
  await database.query('checkpoint')
}
