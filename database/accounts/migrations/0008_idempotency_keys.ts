import { BaseSchema } from '@adonisjs/lucid/schema'

/** Idempotency keys of the forms about people; see app/http/idempotency.ts. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create table idempotency_keys (
        account_id uuid not null,
        method text not null,
        path text not null,
        key text not null,
        payload_hash text not null,
        status smallint not null,
        headers jsonb not null,
        body jsonb not null,
        created_at timestamptz not null default now(),
        primary key (account_id, method, path, key)
      );
      create index idempotency_keys_age on idempotency_keys (created_at);
    `)
  }

  async down() {
    this.schema.raw('drop table idempotency_keys')
  }
}
