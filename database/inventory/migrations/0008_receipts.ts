import { BaseSchema } from '@adonisjs/lucid/schema'

/** Receipts by scanning: a receipt is a row of `stock_imports`, its counts are in `stock_import_rows`. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Moves with the tally: what is applied is what was reviewed.
      alter table stock_imports add column version integer not null default 0;

      -- A receipt belongs to a person, in whichever browser it is scanned: one at a time.
      create unique index stock_imports_scanning on stock_imports (account_id) where status = 'scanning';

      -- Each scan, and each correction (sets), under the key that its browser gave it: it counts once,
      -- whenever it is sent again. Without a SKU the code is unknown, and kept aside until it is forgotten.
      create table receipt_scans (
        account_id uuid not null,
        key text not null,
        import_id uuid not null references stock_imports (id) on delete cascade,
        code text not null,
        sku text,
        quantity integer not null,
        was integer,
        sets boolean not null default false,
        forgotten boolean not null default false,
        at timestamptz not null default clock_timestamp(),
        primary key (account_id, key)
      );
      create index receipt_scans_last on receipt_scans (import_id, at desc);
      create index receipt_scans_unknown on receipt_scans (account_id, code)
        where sku is null and not forgotten;
    `)
  }

  async down() {
    this.schema.raw(`
      drop table receipt_scans;
      drop index stock_imports_scanning;
      alter table stock_imports drop column version;
    `)
  }
}
