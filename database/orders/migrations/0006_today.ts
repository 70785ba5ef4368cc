import { BaseSchema } from '@adonisjs/lucid/schema'

/** Indexes of the page Today. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create index orders_fulfilled on orders (fulfilled_at) where fulfilled_at is not null;
      create index notifications_given_up on notifications (id) where status = 'given_up';
    `)
  }

  async down() {
    this.schema.raw('drop index notifications_given_up, orders_fulfilled')
  }
}
