import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- The CHECK is the backstop, not the mechanism. Half-full pages and no index on the balances
      -- keep an update of a balance on its own page (HOT).
      create table stock_items (
        -- First what a sorted list reads of every row: texts in front of it would have to be measured each time.
        on_hand integer not null default 0 check (on_hand <= 2000000000),
        reserved integer not null default 0,
        low_stock_at integer,
        version integer not null default 1,
        price_amount bigint not null check (price_amount between 0 and 100000000),
        updated_at timestamptz not null default now(),
        active boolean not null default true,
        is_low boolean not null default false,
        sku text primary key,
        name text not null,
        price_currency text not null,
        check (reserved >= 0 and reserved <= on_hand)
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

      create table barcodes (
        barcode text primary key,
        sku text not null references stock_items (sku)
      );
      create index barcodes_sku on barcodes (sku);

      create table reservations (
        order_id uuid not null,
        sku text not null references stock_items (sku),
        quantity integer not null check (quantity > 0),
        primary key (order_id, sku)
      );
      create index reservations_sku on reservations (sku);

      -- The highest revision seen of each order, what came of it, and whose lines are held. Never pruned.
      create table reservation_heads (
        order_id uuid primary key,
        revision integer not null,
        outcome text check (outcome in ('reserved', 'rejected', 'released', 'deducted')),
        held_revision integer,
        shortages jsonb not null default '[]'
      );

      create table movements (
        id uuid primary key,
        sku text not null,
        kind text not null check (kind in
          ('restock', 'reserve', 'release', 'deduct', 'adjust', 'count', 'import', 'reversal')),
        on_hand_delta integer not null,
        reserved_delta integer not null,
        on_hand integer not null,
        reserved integer not null,
        reason text,
        note text,
        reference text,
        actor jsonb not null,
        order_id uuid,
        revision integer,
        message_id uuid,
        import_id uuid,
        reversal_of uuid references movements (id),
        at timestamptz not null
      );
      create index movements_sku on movements (sku, id desc);
      create index movements_order on movements (order_id) where order_id is not null;

      create function refuse_ledger_change() returns trigger language plpgsql as $$
      begin
        raise exception 'the stock ledger is append-only: a correction is a new movement'
          using errcode = 'restrict_violation';
      end $$;
      create trigger movements_append_only before update or delete on movements
        for each statement execute function refuse_ledger_change();
      create trigger movements_keep before truncate on movements
        for each statement execute function refuse_ledger_change();
      revoke update, delete, truncate on movements from inventory_app;

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
    `)
  }

  async down() {
    this.schema.raw(`
      drop table idempotency_keys, movements, reservation_heads, reservations, barcodes, stock_items;
      drop function refuse_ledger_change;
    `)
  }
}
