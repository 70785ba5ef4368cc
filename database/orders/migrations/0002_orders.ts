import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create sequence order_numbers start 100001;

      create table orders (
        id uuid primary key,
        number bigint not null default nextval('order_numbers') unique,
        reference text,
        customer_id uuid,
        status text not null
          check (status in ('pending', 'confirmed', 'updating', 'rejected', 'cancelled', 'fulfilled')),
        revision integer not null check (revision >= 1),
        held_revision integer check (held_revision <= revision),
        version integer not null default 1,
        edited_version integer not null default 1,
        attention boolean not null default false,
        email text not null,
        name text not null,
        ship_to jsonb,
        currency text not null,
        shortages jsonb not null default '[]',
        placed_at timestamptz not null,
        updated_at timestamptz not null,
        confirmed_at timestamptz,
        rejected_at timestamptz,
        cancelled_at timestamptz,
        cancel_reason text,
        fulfilled_at timestamptz,
        stock_released_at timestamptz,
        stock_deducted_at timestamptz,
        carrier text,
        tracking_number text,
        tracking_url text
      ) with (fillfactor = 85);
      -- Ids are UUIDv7: descending id is newest first.
      create index orders_customer on orders (customer_id, id desc);

      -- The lines of each revision that asked for lines, with the prices they were given.
      create table order_lines (
        order_id uuid not null references orders (id),
        revision integer not null,
        position smallint not null,
        sku text not null,
        name text not null,
        quantity integer not null check (quantity > 0),
        unit_price bigint not null check (unit_price >= 0),
        primary key (order_id, revision, position)
      );

      create table timeline_steps (
        id bigint generated always as identity (cache 1) primary key,
        order_id uuid not null references orders (id),
        sequence integer not null,
        at timestamptz not null,
        type text not null,
        status text not null,
        revision integer not null,
        actor jsonb not null,
        message_id uuid,
        detail jsonb not null default '{}',
        unique (order_id, sequence)
      );

      -- A copy of what inventory publishes: the prices that orders are placed at.
      create table price_list (
        sku text primary key,
        name text not null,
        price_amount bigint not null,
        price_currency text not null,
        active boolean not null,
        version integer not null
      );

      create table idempotency_keys (
        account_id uuid not null,
        method text not null,
        path text not null,
        key text not null,
        payload_hash text not null,
        status smallint not null,
        headers jsonb not null,
        body jsonb not null,
        created_at timestamptz not null default now(),
        primary key (account_id, method, path, key)
      );
      create index idempotency_keys_age on idempotency_keys (created_at);

      create table notifications (
        id uuid primary key,
        order_id uuid not null references orders (id),
        kind text not null,
        revision integer not null,
        detail jsonb not null default '{}',
        status text not null default 'pending' check (status in ('pending', 'sent', 'given_up')),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        sent_at timestamptz,
        last_error text,
        unique (order_id, kind, revision)
      );
      create index notifications_due on notifications (next_attempt_at) where status = 'pending';
      create index notifications_pending on notifications (order_id, id) where status = 'pending';
      create index notifications_order on notifications (order_id, id);
    `)
  }

  async down() {
    this.schema.raw(`
      drop table notifications, idempotency_keys, price_list, timeline_steps, order_lines, orders;
      drop sequence order_numbers;
    `)
  }
}
