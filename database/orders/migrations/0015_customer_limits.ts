import { BaseSchema } from '@adonisjs/lucid/schema'

/** Data that the limits for customers are checked against. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create index orders_open on orders (customer_id)
        where customer_id is not null and status in ('pending', 'confirmed', 'updating');

      -- [open orders, pieces that they hold or ask for] of a customer, without the order given. The lock is
      -- held to the end of the transaction. A volatile function reads with a snapshot of its own, taken after
      -- the lock: so the placement's one statement counts orders that were committed while it waited.
      create function customer_load(customer uuid, without uuid) returns bigint[]
      language plpgsql volatile as $$
      begin
        perform pg_advisory_xact_lock(hashtextextended('orders of customer ' || customer, 0));
        return (
          select array[count(*), coalesce(sum(pieces), 0)::bigint]
          from orders, lateral (
            -- Inventory may still hold any revision since the last one known to be held.
            select max(sum) as pieces from (
              select sum(quantity) from order_lines
              where order_id = orders.id and order_lines.revision >= coalesce(held_revision, 1)
              group by order_lines.revision) as revisions) as most
          where customer_id = customer and status in ('pending', 'confirmed', 'updating')
            and (without is null or id <> without)
        );
      end $$;
    `)
  }

  async down() {
    this.schema.raw('drop function customer_load; drop index orders_open')
  }
}
