import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Who wants to be told by mail what runs low: at once, or each day at this hour of the person's zone.
      alter table accounts add column low_stock_mail text check (low_stock_mail in ('at_once', 'daily'));
      alter table accounts add column low_stock_hour smallint not null default 8
        check (low_stock_hour between 0 and 23);
    `)
  }

  async down() {
    this.schema.raw('alter table accounts drop column low_stock_hour, drop column low_stock_mail')
  }
}
