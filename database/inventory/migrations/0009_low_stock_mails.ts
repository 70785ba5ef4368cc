import { BaseSchema } from '@adonisjs/lucid/schema'

/** Low-stock crossings and their mails. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Each time that no more are left than the mark; beside the message, in the same transaction.
      create table low_crossings (
        id uuid primary key,
        sku text not null,
        available integer not null,
        low_stock_at integer not null,
        at timestamptz not null
      );

      -- Up to where each person has been told, and the last day of a daily digest. Its row is the lock.
      create table low_stock_readers (
        account_id uuid primary key,
        told_id uuid not null,
        told_day date
      );

      -- As the mail sender wants it: app/mail/queue.ts.
      create table notifications (
        id uuid primary key,
        account_id uuid not null,
        kind text not null,
        -- The day of a daily digest, or the last crossing in one that was sent at once.
        period text not null,
        revision integer not null default 1,
        detail jsonb not null default '{}',
        status text not null default 'pending' check (status in ('pending', 'sent', 'given_up')),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        sent_at timestamptz,
        last_error text,
        sequence bigint generated always as identity (cache 1),
        unique (account_id, kind, period)
      );
      create index notifications_due on notifications (next_attempt_at) where status = 'pending';
      create index notifications_pending on notifications (account_id, sequence) where status = 'pending';
      create index notifications_given_up on notifications (id) where status = 'given_up';
    `)
  }

  async down() {
    this.schema.raw('drop table notifications, low_stock_readers, low_crossings')
  }
}
