import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create table accounts (
        id uuid primary key,
        email text,
        name text not null,
        password text,
        role text not null check (role in ('customer', 'clerk', 'operator', 'admin', 'service')),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        check (role = 'service' or (email is not null and password is not null))
      );
      create unique index accounts_email on accounts (lower(email));

      create table access_tokens (
        id uuid primary key default gen_random_uuid(),
        tokenable_id uuid not null references accounts (id) on delete cascade,
        type text not null,
        name text,
        hash text not null,
        abilities text not null,
        created_at timestamptz,
        updated_at timestamptz,
        last_used_at timestamptz,
        expires_at timestamptz
      );
      create index access_tokens_account on access_tokens (tokenable_id);
    `)
  }

  async down() {
    this.schema.raw('drop table access_tokens; drop table accounts;')
  }
}
