import { BaseSchema } from '@adonisjs/lucid/schema'

/** Imports: files and receipts that change many SKUs, with their rows, plans and results. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create table stock_imports (
        id uuid primary key,
        source text not null check (source in ('csv', 'scan')),
        status text not null check (status in ('uploading', 'scanning', 'reading', 'ready', 'applying', 'applied',
                                               'reversing', 'reversed', 'failed', 'discarded')),
        name text,
        reference text,
        actor jsonb not null,
        account_id uuid,
        reversed_by jsonb,
        encoding text,
        bytes bigint not null default 0,
        ignored_columns jsonb not null default '[]',
        counts jsonb not null default '{}',
        error text,
        created_at timestamptz not null default now(),
        read_at timestamptz,
        applied_at timestamptz,
        reversed_at timestamptz,
        worker uuid,
        lease_until timestamptz
      );
      create index stock_imports_waiting on stock_imports (id)
        where status in ('uploading', 'reading', 'applying', 'reversing');

      -- A file as it came, until it is read.
      create table stock_import_parts (
        import_id uuid not null references stock_imports (id) on delete cascade,
        part integer not null,
        bytes bytea not null,
        primary key (import_id, part)
      );
      alter table stock_import_parts alter column bytes set storage external;

      create table stock_import_rows (
        import_id uuid not null references stock_imports (id) on delete cascade,
        row integer not null,
        sku text not null,
        name text,
        price_amount bigint,
        price_currency text,
        low_stock_at integer,
        barcode text,
        active boolean,
        counted integer,
        received integer,
        before integer,
        delta integer,
        lists boolean not null default false,
        changes_product boolean not null default false,
        product_version integer,
        large boolean not null default false,
        state text not null check (state in ('error', 'pending', 'applied', 'refused', 'reversed', 'stays')),
        wrong boolean not null generated always as (state in ('error', 'refused', 'stays')) stored,
        errors jsonb not null default '[]',
        movement_id uuid,
        primary key (import_id, row)
      ) with (fillfactor = 45);
      -- No index names the state: a row that is applied, and one that is undone, is updated on its own page (HOT).
      create index stock_import_rows_sku on stock_import_rows (import_id, sku, row);
      create index stock_import_rows_wrong on stock_import_rows (import_id, row) where wrong;
      create index stock_import_rows_barcode on stock_import_rows (import_id, barcode, row) where barcode is not null;
      -- Large ones first.
      create index stock_import_rows_changes on stock_import_rows (import_id, (not large), row)
        where delta <> 0 or lists or changes_product;
      create index stock_import_rows_large on stock_import_rows (import_id, row) where large;
    `)
  }

  async down() {
    this.schema.raw('drop table stock_import_rows, stock_import_parts, stock_imports')
  }
}
