/*
 * Stores a history of 20,000 rows or more in every table that grows with orders, changes of stock or people.
 */
import db from '@adonisjs/lucid/services/db'

const ROWS = 20_000
/** The catalogue does not grow with the orders, and sorted lists of stock read all of it. */
const SKUS = 2_000

/** The SQL of a UUIDv7 of a time, different for each `n`. */
const idAt = (time: string) => `(lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0')
  || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid`

/** `n`, the time `at` of an order, `recently` for what is kept for a day, and an id for each. */
const EACH = /* sql */ `
  (select n, at, recently, ${idAt('at')} as id, 'SKU-' || lpad((1 + n % ${SKUS})::text, 5, '0') as sku
   from generate_series(1, ${ROWS}) as n,
     lateral (select now() - n * interval '10 minutes' as at, now() - n * interval '3 seconds' as recently) as times
  ) as each`

const SYSTEM = `'{"kind": "system", "id": null, "name": null}'::jsonb`

const KERNEL = [
  `insert into outbox (message_id, topic, key, key_hash, type, version, data, created_at, published_at)
   select id, current_schema, id::text, n, 'history', 1, '{}', recently, recently from ${EACH}`,
  `insert into inbox (consumer, message_id, handled_at) select current_schema, ${idAt('recently')}, recently
   from ${EACH}`,
  `insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body, created_at)
   select id, 'POST', '/api/v1/orders', n::text, md5(n::text), 202, '{}', '{}', recently from ${EACH}`,
]

const TABLES: Record<string, string[]> = {
  orders: [
    `insert into orders (id, customer_id, status, version, revision, held_revision, email, name, reference, currency, placed_at,
                         updated_at, confirmed_at, fulfilled_at, stock_deducted_at, resend_at)
     select id, case when n % 3 = 0 then id end, status, 2, 1, 1, 'person-' || n % 5000 || '@example.com', 'Person',
       case when n % 2 = 0 then 'PO-' || n end, 'EUR', at, at, at, case when status = 'fulfilled' then at end,
       case when status = 'fulfilled' then at end, case when status = 'pending' then now() + interval '1 hour' end
     from ${EACH}, lateral (select case
       when n % 1000 = 0 then 'pending' when n % 50 = 0 then 'confirmed' when n % 17 = 0 then 'cancelled'
       when n % 23 = 0 then 'rejected' else 'fulfilled' end as status) as state`,
    `insert into order_lines (order_id, revision, position, sku, name, quantity, unit_price)
     select id, 1, position, case position when 1 then sku else 'SKU-00001' end, 'Product', 1, 1250
     from ${EACH}, generate_series(1, 2) as position`,
    `insert into timeline_steps (order_id, sequence, at, type, status, revision, actor)
     select id, sequence, at, case sequence when 1 then 'placed' else 'confirmed' end, 'confirmed', 1, ${SYSTEM}
     from ${EACH}, generate_series(1, 2) as sequence`,
    `insert into notifications (id, order_id, kind, revision, status, sent_at, created_at)
     select id, id, 'order_confirmed', 1, 'sent', at, at from ${EACH}`,
    `insert into price_list (sku, name, price_amount, price_currency, active, version)
     select sku, 'Product', 1250, 'EUR', true, 1 from ${EACH} where n <= ${SKUS}`,
    ...KERNEL,
  ],
  inventory: [
    `insert into stock_items (sku, name, price_amount, price_currency, on_hand, reserved)
     select sku, 'Product ' || n, 1250, 'EUR', 100, 1 from ${EACH} where n <= ${SKUS}`,
    `insert into barcodes (barcode, sku) select lpad(n::text, 13, '0'), sku from ${EACH} where n <= ${SKUS}`,
    `insert into reservations (order_id, sku, quantity) select id, sku, 1 from ${EACH}`,
    `insert into reservation_heads (order_id, revision, outcome, held_revision) select id, 1, 'reserved', 1 from ${EACH}`,
    `insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, order_id, revision, at)
     select id, case when n % 2 = 0 then 'SKU-00001' else sku end, case when n % 10 = 0 then 'restock' else 'reserve' end,
       0, 0, 100, 1, ${SYSTEM}, case when n % 10 > 0 then id end, case when n % 10 > 0 then 1 end, at from ${EACH}`,
    `insert into stock_imports (id, source, status, name, actor, created_at, applied_at)
     select id, case when n % 2 = 0 then 'scan' else 'csv' end, 'applied', 'file.csv', ${SYSTEM}, at, at
     from ${EACH}`,
    `insert into stock_import_rows (import_id, row, sku, received, delta, state)
     select id, 1, sku, 1, 1, 'applied' from ${EACH}`,
    `insert into receipt_scans (account_id, key, import_id, code, sku, quantity, at)
     select id, n::text, id, n::text, sku, 1, at from ${EACH}`,
    `insert into low_crossings (id, sku, available, low_stock_at, at) select id, sku, 1, 5, at from ${EACH}`,
    `insert into notifications (id, account_id, kind, period, status, sent_at, created_at)
     select id, id, 'low_stock', n::text, 'sent', at, at from ${EACH}`,
    ...KERNEL,
  ],
  accounts: [
    `insert into accounts (id, email, name, password, role)
     select id, 'person-' || n || '@example.com', 'Person ' || n, '', 'customer' from ${EACH}`,
    `insert into access_tokens (tokenable_id, type, hash, abilities, created_at, expires_at)
     select id, 'auth_token', md5(n::text), '[]', at, now() + interval '1 day' from ${EACH}`,
    `insert into sessions (id, data, user_id, expires_at) select n::text, '', id::text, now() + interval '1 day' from ${EACH}`,
    `insert into attempts (key, points, expire)
     select n::text, 1, (extract(epoch from now()) * 1000)::bigint + 3600000 from ${EACH}`,
    `insert into audit_entries (id, at, account_id, account_name, role, act, path, thing, address, request_id, status)
     select id, at, id, 'Person', 'admin', 'order.note', '/', 'order ' || id, '192.0.2.1', n::text, 200 from ${EACH}`,
    KERNEL[2],
  ],
}

/** Fills the tables, and lets PostgreSQL collect their statistics. */
export async function storeHistory() {
  for (const [module, statements] of Object.entries(TABLES)) {
    const owner = db.connection(`${module}_owner`)
    await owner.transaction(async (trx) => {
      await trx.rawQuery('set local session_replication_role = replica')
      for (const statement of statements) await trx.rawQuery(statement)
    })
    const { rows } = await owner.rawQuery<{ rows: { name: string }[] }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = current_schema`
    )
    for (const { name } of rows) await owner.rawQuery(`vacuum analyze ${name}`)
  }
}
