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

/** What operators look for and leave behind: added by a migration of its own, to the tables above. */
export const operatorTables = /* sql */ `
  -- Letters of one group have one cause: what differs from message to message is left out of the error.
  alter table dead_letters add column error_group text generated always as (
    case when reason <> 'waiting' then left(
      coalesce(error_class, '') || ': ' ||
      regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        coalesce(error_message, ''),
        '^.* - ', ''),
        '[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}', '…', 'gi'),
        '"[^"]*"', '"…"', 'g'),
        '[0-9]+', '…', 'g'), 300) end) stored;
  create index dead_letters_group on dead_letters (consumer, left(md5(error_group), 10), id);

  -- Who did what to the messages of this module, and why; ids are UUIDv7.
  create table operator_acts (
    id uuid primary key,
    at timestamptz not null default now(),
    who text not null,
    act text not null,
    why text,
    -- What it was meant for, and what came of it: {} where the process died in the middle.
    filter jsonb not null,
    outcome jsonb not null default '{}'
  );

  -- Its rows with ids up to up_to are published again; those up to position have been.
  create table replays (
    id uuid primary key,
    at timestamptz not null default now(),
    who text not null,
    why text not null,
    filter jsonb not null,
    position bigint not null,
    up_to bigint not null,
    matched bigint not null,
    replayed bigint not null default 0,
    finished_at timestamptz
  );
`

/** Takes them away again. */
export const dropOperatorTables = /* sql */ `
  drop table replays, operator_acts;
  alter table dead_letters drop column error_group;
`

/** Signs of consumers at work, and what was under way where one ended without a word: unclean_stops.ts. */
export const uncleanStopTables = /* sql */ `
  create table consumer_runs (
    consumer text not null,
    run uuid not null,
    seen_at timestamptz not null default clock_timestamp(),
    primary key (consumer, run)
  );
  create table suspects (
    consumer text not null,
    message_id uuid not null,
    run uuid not null,
    alone boolean not null,
    primary key (consumer, message_id)
  );
`

export const dropUncleanStopTables = 'drop table consumer_runs, suspects;'

/** Where a new leader of the relay begins: relay_floor.ts. Added by a migration of its own. */
export const floorColumn = /* sql */ `
  alter table messaging_state add column published_up_to bigint not null default 0;
`

/** Of processes: so many ended while they handled it, and nothing else. Added by a migration of its own. */
export const timesAloneColumn = /* sql */ `
  alter table suspects drop column alone, add column times_alone integer not null default 0;
`

/** Takes it away again. */
export const dropTimesAloneColumn = /* sql */ `
  alter table suspects drop column times_alone, add column alone boolean not null default false;
`
