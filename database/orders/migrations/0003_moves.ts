import { BaseSchema } from '@adonisjs/lucid/schema'

/** Columns and indexes of order transitions and order lists. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- When the request of the current revision is re-sent; null while no reply is expected.
      alter table orders add column resend_at timestamptz;
      alter table orders add column resends smallint not null default 0;
      update orders set resend_at = updated_at where status in ('pending', 'updating');
      create index orders_waiting on orders (resend_at) where resend_at is not null;

      -- The lists, newest first: each filter that may leave few of many has its index.
      create index orders_status on orders (status, id);
      create index orders_email on orders (lower(email), id);
      create index orders_reference on orders (reference, id) where reference is not null;
      create index orders_attention on orders (id) where attention;
      create index orders_updated on orders (updated_at);
      create index order_lines_sku on order_lines (sku, order_id);
    `)
  }

  async down() {
    this.schema.raw(`
      drop index order_lines_sku, orders_updated, orders_attention, orders_reference, orders_email,
        orders_status, orders_waiting;
      alter table orders drop column resends, drop column resend_at;
    `)
  }
}
