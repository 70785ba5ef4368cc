/*
 * The statements of the limit, on the tables of both modules. A parameter is a column of a batch: one array.
 */

export interface Statement {
  name: string
  text: string
}

/**
 * Adds messages of one type.
 *
 * @param parameter - the number of the first of four: message ids, keys, hashes of the keys, data
 */
function addMessages(parameter: number, topic: string, type: string) {
  const [ids, keys, hashes, data] = [0, 1, 2, 3].map((offset) => `$${parameter + offset}`)
  return /* sql */ `
    insert into outbox (message_id, topic, key, key_hash, type, version, data, headers, created_at)
    select id, '${topic}', key, hash, '${type}', 1, data,
      '{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}', now()
    from unnest(${ids}::uuid[], ${keys}::text[], ${hashes}::int[], ${data}::json[]) as message(id, key, hash, data)`
}

/** $1 order ids, $2 stored answers; $3 to $5 order id, position and SKU of each line; $6 `order_placed` messages. */
export const placeOrders: Statement = {
  name: 'limit_place',
  text: /* sql */ `
    with placed as (
      insert into orders (id, status, revision, email, name, currency, placed_at, updated_at, resend_at)
      select id, 'pending', 1, 'ada@example.com', 'Ada', 'EUR', now(), now(), now() + interval '30 seconds'
      from unnest($1::uuid[]) as id
    ), lines as (
      insert into order_lines (order_id, revision, position, sku, name, quantity, unit_price)
      select order_id, 1, position, sku, sku, 1, 1250
      from unnest($3::uuid[], $4::int[], $5::text[]) as line(order_id, position, sku)
    ), steps as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id)
      select id, 1, now(), 'placed', 'pending', 1, '{"id":null,"kind":"service","name":"shop"}', message_id
      from unnest($1::uuid[], $6::uuid[]) as step(id, message_id)
    ), keys as (
      insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body)
      select '00000000-0000-0000-0000-000000000001', 'POST', '/api/v1/orders', id::text, repeat('ab', 32), 202,
        '{}', body
      from unnest($1::uuid[], $2::jsonb[]) as answer(id, body)
      on conflict do nothing
    )
    ${addMessages(6, 'orders', 'order_placed')}`,
}

/** $1 message ids, $2 order ids, $3 SKUs. Returns the balances, locked. */
export const lockStock: Statement = {
  name: 'limit_lock_stock',
  text: /* sql */ `
    with admitted as (
      insert into inbox (consumer, message_id)
      select 'inventory', id from unnest($1::uuid[]) as id order by id on conflict do nothing
    ), heads as (
      insert into reservation_heads (order_id, revision)
      select id, 0 from unnest($2::uuid[]) as id order by id
      on conflict (order_id) do update set order_id = excluded.order_id
      returning order_id
    ), blocked as materialized (
      select key from waiting_keys where consumer = 'inventory' and key = any ($2::text[])
    )
    select sku, on_hand as "onHand", reserved from stock_items
    where sku = any ($3) and (select count(*) from heads) > 0 and (select count(*) from blocked) = 0
    order by sku for no key update`,
}

/**
 * $1 to $6 id, SKU, on hand, reserved, order id and message id of each movement; $7 to $9 SKU, reserved and last
 * movement of each balance; $10 `stock_reserved` messages.
 */
export const writeReservations: Statement = {
  name: 'limit_reserve',
  text: /* sql */ `
    with held as (
      insert into reservations (order_id, sku, quantity)
      select order_id, sku, 1 from unnest($5::uuid[], $2::text[]) as held(order_id, sku)
    ), heads as (
      update reservation_heads set revision = 1, outcome = 'reserved', held_revision = 1
      from unnest($11::text[]) as key where order_id = key::uuid
    ), movements as (
      insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, order_id,
                             revision, message_id, at)
      select id, sku, 'reserve', 0, 1, on_hand, reserved, '{"id":null,"kind":"system","name":null}', order_id,
        1, message_id, now()
      from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::uuid[], $6::uuid[])
        as movement(id, sku, on_hand, reserved, order_id, message_id)
    ), balances as (
      update stock_items set reserved = balance.reserved, last_movement_id = balance.last, updated_at = now()
      from unnest($7::text[], $8::int[], $9::uuid[]) as balance(sku, reserved, last)
      where stock_items.sku = balance.sku
    )
    ${addMessages(10, 'inventory', 'stock_reserved')}`,
}

/** $1 message ids, $2 order ids. Returns the lines of the orders, which it locks. */
export const lockOrders: Statement = {
  name: 'limit_lock_orders',
  text: /* sql */ `
    with admitted as (
      insert into inbox (consumer, message_id)
      select 'orders', id from unnest($1::uuid[]) as id order by id on conflict do nothing
    ), locked as materialized (
      select id from orders where id = any ($2::uuid[]) order by id for update
    ), blocked as materialized (
      select key from waiting_keys where consumer = 'orders' and key = any ($2::text[])
    )
    select order_id as "orderId", sku, quantity from order_lines
    where order_id in (select id from locked) and (select count(*) from blocked) = 0`,
}

/** $1 order ids, $2 ids of the replies, $3 `order_confirmed` messages. */
export const confirmOrders: Statement = {
  name: 'limit_confirm',
  text: /* sql */ `
    with confirmed as (
      update orders set status = 'confirmed', held_revision = 1, version = 2, updated_at = now(),
        confirmed_at = now(), resend_at = null
      from unnest($1::uuid[]) as confirmed(order_id) where id = order_id
    ), steps as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id)
      select order_id, 2, now(), 'confirmed', 'confirmed', 1, '{"id":null,"kind":"system","name":null}', message_id
      from unnest($1::uuid[], $2::uuid[]) as step(order_id, message_id)
    )
    ${addMessages(3, 'orders', 'order_confirmed')}`,
}

export const readPending: Statement = {
  name: 'limit_read',
  text: /* sql */ `
    select id, message_id as "messageId", key, type, data::text as json from outbox
    where published_at is null order by id limit 500`,
}

/** $1 ids of the outbox. */
export const markPublished: Statement = {
  name: 'limit_mark',
  text: /* sql */ `
    update outbox set published_at = clock_timestamp(), partition = 0 where id = any ($1::bigint[])`,
}
