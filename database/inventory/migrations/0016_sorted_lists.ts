import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create index stock_items_name on stock_items (name, sku);
      -- To start a worker takes longer than it saves for a page, and takes another processor from the orders.
      alter table stock_items set (parallel_workers = 0);
    `)
  }

  async down() {
    this.schema.raw(/* sql */ `
      alter table stock_items reset (parallel_workers);
      drop index stock_items_name;
    `)
  }
}
