import { BaseSchema } from '@adonisjs/lucid/schema'
import { withBriefLock } from '#postgres/brief_lock'
import { createIndex, dropIndex } from '../../online.ts'

/** Tables whose rows belong to an order. */
const PARTS = ['order_lines', 'timeline_steps', 'notifications']

/** Less is written and checked for each order: docs/decisions/0030-less-written-per-order.md. */
export default class extends BaseSchema {
  static disableTransactions = true

  async up() {
    this.defer(async (owner) => {
      // BRIN: an order changes soon after it is placed, so neighbours in the table have similar times.
      await createIndex(
        owner,
        'orders_changed',
        'on orders using brin (updated_at) with (pages_per_range = 16, autosummarize = on)'
      )
      await dropIndex(owner, 'orders_updated')
      await createIndex(
        owner,
        'orders_of_customer',
        'on orders (customer_id, id desc) where customer_id is not null'
      )
      await dropIndex(owner, 'orders_customer')
      // An order has few mails, so their unique index suffices.
      await dropIndex(owner, 'notifications_pending')
      await dropIndex(owner, 'notifications_order')

      // Every insert follows a lock or the insert of its order in the same transaction, so only a delete could break
      // a reference.
      await withBriefLock(
        owner,
        `create or replace function refuse_to_delete_orders() returns trigger language plpgsql as $$
         begin
           raise exception 'orders are not deleted: lines, timeline and mails refer to them'
             using errcode = 'restrict_violation';
         end $$;
         create or replace trigger orders_stay before delete or truncate on orders
           for each statement execute function refuse_to_delete_orders()`
      )
      for (const table of PARTS) {
        await withBriefLock(
          owner,
          `alter table ${table} drop constraint if exists ${table}_order_id_fkey`
        )
      }
    })
  }

  async down() {
    this.defer(async (owner) => {
      for (const table of PARTS) {
        const constraint = `${table}_order_id_fkey`
        await withBriefLock(
          owner,
          `alter table ${table} add constraint ${constraint} foreign key (order_id) references orders (id) not valid`
        )
        await owner.rawQuery(`alter table ${table} validate constraint ${constraint}`)
      }
      await withBriefLock(
        owner,
        'drop trigger orders_stay on orders; drop function refuse_to_delete_orders'
      )
      await createIndex(owner, 'orders_updated', 'on orders (updated_at)')
      await dropIndex(owner, 'orders_changed')
      await createIndex(owner, 'orders_customer', 'on orders (customer_id, id desc)')
      await dropIndex(owner, 'orders_of_customer')
      await createIndex(owner, 'notifications_order', 'on notifications (order_id, sequence)')
      await createIndex(
        owner,
        'notifications_pending',
        `on notifications (order_id, sequence) where status = 'pending'`
      )
    })
  }
}
