import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create index accounts_staff on accounts (lower(name), id) where role <> 'customer';
      create unique index access_tokens_name on access_tokens (tokenable_id, name)
        where name is not null;

      -- Goes when it is accepted or withdrawn.
      create table invitations (
        id uuid primary key,
        email text not null,
        name text not null,
        role text not null check (role in ('clerk', 'operator', 'admin')),
        -- The mail whose link is good: it grows when the invitation is sent again.
        revision integer not null default 1,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      );
      create unique index invitations_email on invitations (lower(email));

      -- As the mail sender wants it: app/mail/queue.ts.
      create table notifications (
        id uuid primary key,
        invitation_id uuid not null references invitations (id) on delete cascade,
        kind text not null,
        revision integer not null,
        detail jsonb not null default '{}',
        status text not null default 'pending' check (status in ('pending', 'sent', 'given_up')),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        sent_at timestamptz,
        last_error text,
        sequence bigint generated always as identity (cache 1),
        unique (invitation_id, kind, revision)
      );
      create index notifications_due on notifications (next_attempt_at) where status = 'pending';
      create index notifications_pending on notifications (invitation_id, sequence)
        where status = 'pending';
    `)
  }

  async down() {
    this.schema.raw(`
      drop table notifications, invitations;
      drop index access_tokens_name, accounts_staff;
    `)
  }
}
