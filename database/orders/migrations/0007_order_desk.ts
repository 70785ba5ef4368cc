import { BaseSchema } from '@adonisjs/lucid/schema'

/** Notes and shipment data of orders. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- For the staff alone: no version and no step of it.
      alter table orders add column note text;
    `)
  }

  async down() {
    this.schema.raw('alter table orders drop column note')
  }
}
