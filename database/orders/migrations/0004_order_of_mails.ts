import { BaseSchema } from '@adonisjs/lucid/schema'

/** Mails about one order are sent in commit order, whichever process wrote them. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- CACHE 1: drawn under the order's row lock, it is the place in commit order.
      alter table notifications add column sequence bigint generated always as identity (cache 1);
      drop index notifications_pending, notifications_order;
      create index notifications_pending on notifications (order_id, sequence) where status = 'pending';
      create index notifications_order on notifications (order_id, sequence);
    `)
  }

  async down() {
    this.schema.raw(`
      drop index notifications_pending, notifications_order;
      create index notifications_pending on notifications (order_id, id) where status = 'pending';
      create index notifications_order on notifications (order_id, id);
      alter table notifications drop column sequence;
    `)
  }
}
