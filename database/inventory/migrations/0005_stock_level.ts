import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- What customers are told and the stock room filters by. A balance that moves within its level is still
      -- updated on its own page (HOT): the indexed value stays.
      alter table stock_items add column level text not null generated always as (
        case when on_hand <= reserved then 'out' when on_hand - reserved <= low_stock_at then 'low' else 'in' end
      ) stored;
      create index stock_items_level on stock_items (level, sku);
    `)
  }

  async down() {
    this.schema.raw('alter table stock_items drop column level')
  }
}
