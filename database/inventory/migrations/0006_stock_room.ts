import { BaseSchema } from '@adonisjs/lucid/schema'

/** Columns and indexes to adjust, count, undo and read the ledger. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Undone once. Movements by orders, which are by far the most, are in none of these indexes.
      create unique index movements_reversal on movements (reversal_of) where reversal_of is not null;
      create index movements_people on movements (id desc) where order_id is null;
      create index movements_people_sku on movements (sku, id desc) where order_id is null;
      create index movements_actor on movements ((actor->>'id'), id desc) where order_id is null;
      create index movements_reference on movements (reference, id desc) where reference is not null;
      create index movements_import on movements (import_id, id) where import_id is not null;

      -- What is low already does not cross.
      update stock_items set is_low = coalesce(on_hand - reserved <= low_stock_at, false);
    `)
  }

  async down() {
    this.schema.raw(`
      drop index movements_reversal, movements_people, movements_people_sku, movements_actor,
        movements_reference, movements_import;
    `)
  }
}
