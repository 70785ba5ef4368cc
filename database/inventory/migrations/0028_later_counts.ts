import { BaseSchema } from '@adonisjs/lucid/schema'

/** Columns that order counts and movements. Neither rewrites a table. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Read with the balance under its lock, so that a slow clock gives no id below it. Not indexed: an update
      -- of a balance stays on its own page (HOT).
      alter table stock_items add column last_movement_id uuid;

      -- Release 0.1.0 wrote no movement for a count of an import that agreed with the books: the row is all there is.
      create index stock_import_rows_agreed on stock_import_rows (sku)
        where counted is not null and delta = 0;
    `)
  }

  async down() {
    this.schema.raw(`
      drop index stock_import_rows_agreed;
      alter table stock_items drop column last_movement_id;
    `)
  }
}
