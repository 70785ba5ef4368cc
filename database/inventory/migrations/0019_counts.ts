import { BaseSchema } from '@adonisjs/lucid/schema'

/** Marks movements that are counts. A later count prevents undoing a movement. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Also true for what an import has counted; of the kind count every movement is a count.
      alter table movements add column counted boolean not null default false;

      -- The ledger keeps what it says: this marks the rows of imports that were counts.
      alter table movements disable trigger movements_append_only;
      update movements set counted = true
      from stock_import_rows
      where movements.kind = 'import' and stock_import_rows.import_id = movements.import_id
        and stock_import_rows.movement_id = movements.id and stock_import_rows.counted is not null;
      alter table movements enable trigger movements_append_only;

      create index movements_counts on movements (sku, id desc) where kind = 'count' or counted;
    `)
  }

  async down() {
    this.schema.raw('alter table movements drop column counted')
  }
}
