import { BaseSchema } from '@adonisjs/lucid/schema'

/** A price of 1,000,000.00 is not high in IDR or HUF, which have two decimals in ISO 4217. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      alter table stock_items drop constraint stock_items_price_amount_check;
      alter table stock_items add constraint stock_items_price_amount_check
        check (price_amount between 0 and 1000000000000);
    `)
  }

  async down() {
    this.schema.raw(/* sql */ `
      alter table stock_items drop constraint stock_items_price_amount_check;
      alter table stock_items add constraint stock_items_price_amount_check
        check (price_amount between 0 and 100000000);
    `)
  }
}
