import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      alter table accounts
        add column disabled_at timestamptz,
        -- IANA name; null for the one in TIME_ZONE.
        add column time_zone text;

      -- As the session store of @adonisjs/session wants it. It deletes the expired ones itself.
      create table sessions (
        id text primary key,
        data text not null,
        user_id text,
        expires_at timestamptz not null
      );
      create index sessions_account on sessions (user_id) where user_id is not null;
      create index sessions_age on sessions (expires_at);

      -- What people of the staff did. The row is there before the act: status is null while it is under way,
      -- and for good where the process died in the middle.
      create table audit_entries (
        id uuid primary key,
        at timestamptz not null default now(),
        account_id uuid not null,
        account_name text not null,
        role text not null,
        act text not null,
        path text not null,
        thing text,
        detail jsonb not null default '{}',
        address text not null,
        request_id text not null,
        status smallint
      );
      create index audit_entries_account on audit_entries (account_id, id desc);
      create index audit_entries_thing on audit_entries (thing, id desc);
      create index audit_entries_act on audit_entries (act, id desc);
    `)
  }

  async down() {
    this.schema.raw(`
      drop table audit_entries, sessions;
      alter table accounts drop column time_zone, drop column disabled_at;
    `)
  }
}
