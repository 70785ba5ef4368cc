/*
 * The kernel's tables. Each module has its own set, in its own schema, so that its state and its
 * messages commit in one transaction.
 */

/** The statements that create the kernel's tables in the current schema. */
export const messagingTables = /* sql */ `
  -- CACHE 1: an id drawn under an aggregate's row lock is that key's place in commit order.
  create table outbox (
    id bigint generated always as identity (cache 1) primary key,
    message_id uuid not null,
    topic text not null,
    key text not null,
    key_hash integer not null,
    type text not null,
    version smallint not null,
    data json not null,
    headers jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    partition integer,
    "offset" bigint
  ) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.05);
  create index outbox_pending on outbox (id) where published_at is null;
  create index outbox_key on outbox (key, id);

  create table inbox (
    consumer text not null,
    message_id uuid not null,
    handled_at timestamptz not null default now(),
    primary key (consumer, message_id)
  );

  -- What a consumer could not handle ('failed'), what waits behind it in its key's order ('waiting'),
  -- and what is no message of ours ('junk').
  create table dead_letters (
    id bigint generated always as identity primary key,
    consumer text not null,
    reason text not null check (reason in ('failed', 'waiting', 'junk')),
    topic text not null,
    partition integer,
    "offset" bigint,
    message_id uuid,
    key text,
    type text,
    value text,
    headers jsonb not null,
    error_class text,
    error_message text,
    error_stack text,
    attempts integer not null,
    created_at timestamptz not null default now()
  );
  create unique index dead_letters_junk on dead_letters (consumer, topic, partition, "offset")
    where reason = 'junk';
  create index dead_letters_key on dead_letters (consumer, key, id);

  create table waiting_keys (
    consumer text not null,
    key text not null,
    since timestamptz not null default now(),
    primary key (consumer, key)
  );

  create table parked_keys (
    key text primary key,
    outbox_id bigint not null,
    error text not null,
    parked_at timestamptz not null default now()
  );

  create table messaging_state (
    singleton boolean primary key default true check (singleton),
    transport text,
    partitions integer,
    -- Up to this row "messaging:verify" has found everything handled.
    verified_id bigint not null default 0
  );
  insert into messaging_state default values;
`
