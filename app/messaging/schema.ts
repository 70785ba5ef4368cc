/*
 * The kernel's tables. Each module has its own set in its own schema, so that its state and its messages
 * commit in one transaction. `installer.ts` runs the steps.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { divideOutbox } from './outbox/divide_outbox.ts'

/** Every table of the kernel. `waiting_keys` holds the blocked keys. */
export const KERNEL_TABLES = [
  'consumer_runs',
  'dead_letters',
  'inbox',
  'messaging_state',
  'messaging_steps',
  'operator_acts',
  'outbox',
  'parked_keys',
  'replays',
  'suspects',
  'unreadable_batches',
  'waiting_keys',
  'worker_roles',
]

export interface SchemaStep {
  /** Recorded in the database: never rename a released step. */
  name: string
  /** A query that returns `applied`: whether an older migration has already made this change. */
  isApplied?: string
  /** Statements that run in one transaction with the step's record. */
  sql?: string
  /**
   * Runs outside a transaction, for `create index concurrently` and updates in batches. After an
   * interruption it runs again from its beginning, so it skips what is already done.
   */
  online?(owner: QueryClientContract): Promise<void>
}

/**
 * In order. A released step never changes: databases have run it. `isApplied` finds what a migration of
 * release 0.1.0 or later had created before steps were recorded; new steps have none.
 */
export const KERNEL_STEPS: SchemaStep[] = [
  {
    name: '0001_tables',
    isApplied: hasTable('outbox'),
    sql: /* sql */ `
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
    `,
  },
  // Groups of dead letters, and operator actions and replays.
  {
    name: '0002_operators',
    isApplied: hasTable('operator_acts'),
    sql: /* sql */ `
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
    `,
  },
  // Running consumers, and the messages in progress where one crashed.
  {
    name: '0003_crash_detection',
    isApplied: hasTable('consumer_runs'),
    sql: /* sql */ `
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
    `,
  },
  // Where a new leader of the relay begins to read.
  {
    name: '0004_low_watermark',
    isApplied: hasColumn('messaging_state', 'published_up_to'),
    sql: /* sql */ `
      alter table messaging_state add column published_up_to bigint not null default 0;
    `,
  },
  // Crashes during which the message was the only one in progress.
  {
    name: '0005_solo_crashes',
    isApplied: hasColumn('suspects', 'times_alone'),
    sql: /* sql */ `
      alter table suspects drop column alone, add column times_alone integer not null default 0;
    `,
  },
  // Batches of a topic that a consumer cannot read.
  {
    name: '0006_unreadable_batches',
    isApplied: hasTable('unreadable_batches'),
    sql: /* sql */ `
      create table unreadable_batches (
        consumer text not null,
        topic text not null,
        partition integer not null,
        first_offset bigint not null,
        last_offset bigint not null,
        reason text not null,
        found_at timestamptz not null default clock_timestamp(),
        -- Set when an operator passes over the batch.
        skipped_at timestamptz,
        skipped_by text,
        skipped_why text,
        primary key (consumer, topic, partition, first_offset)
      );
    `,
  },
  // When a blocked key is retried; null for one that waits for an operator.
  {
    name: '0007_blocked_key_retries',
    isApplied: hasColumn('waiting_keys', 'retry_at'),
    sql: /* sql */ `
      alter table waiting_keys
        add column retry_at timestamptz,
        add column tries integer not null default 0;
      create index waiting_keys_retry on waiting_keys (consumer, retry_at) where retry_at is not null;
    `,
  },
  // When a process last reported that it runs a worker role, by the database's clock.
  {
    name: '0008_worker_roles',
    isApplied: hasTable('worker_roles'),
    sql: /* sql */ `
      create table worker_roles (role text primary key, seen_at timestamptz not null);
    `,
  },
  // The outbox in segments, which are dropped whole.
  { name: '0009_outbox_segments', online: divideOutbox },
]

function hasTable(table: string) {
  return `select to_regclass(quote_ident(current_schema) || '.${table}') is not null as applied`
}

function hasColumn(table: string, column: string) {
  return `select exists (select from information_schema.columns where table_schema = current_schema
    and table_name = '${table}' and column_name = '${column}') as applied`
}
