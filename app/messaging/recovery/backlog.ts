import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Client } from 'pg'
import { COUNT_LIMIT } from '#postgres/bounded_count'
import { run } from '#postgres/run'
import { isPending } from '../outbox/low_watermark.ts'

/** `waiting`: in line. `parked`: behind a message that the broker refuses. `replayed`: published again. */
export const PENDING_KINDS = ['waiting', 'parked', 'replayed'] as const
export type PendingKind = (typeof PENDING_KINDS)[number]

/** Unpublished and unhandled messages of one module. Counts are exact up to 10,000 unless `exact` is set. */
export interface Backlog {
  pending: Record<PendingKind, number>
  /** Age of the oldest of each kind in seconds; 0 without one. */
  oldest: Record<PendingKind, number>
  /** How many of the parked messages are published again. */
  parkedReplays: number
  parkedKeys: number
  /** Keys whose messages wait behind a dead letter. */
  blockedKeys: number
  /** Seconds since the first of them was blocked; null without one. */
  oldestBlocked: number | null
  deadLetters: number
  /** Null unless requested. */
  throughput: Throughput | null
}

/** Messages that all processes together have published and handled. */
export interface Throughput {
  /** The machine and process whose relay leads; null without a leader. */
  leader: string | null
  publishedPerMinute: number
  handledPerMinute: number
  lastPublished: Date | null
  lastHandled: Date | null
}

/** The rate is counted among the newest rows: there is no index on the time of publication. */
const RECENT_ROWS = 100_000

// $1: the consumer. $2: how far to count, null for exact counts. $3: newest rows for the throughput, 0 for none.
const statement = {
  name: 'messaging_backlog',
  text: /* sql */ `
    with pending as (
      select created_at, headers ? 'ce_replayof' as "isReplay", case
          when exists (select from parked_keys where parked_keys.key = outbox.key) then 'parked'
          when headers ? 'ce_replayof' then 'replayed'
          else 'waiting'
        end as kind
      from outbox where ${isPending} order by id limit $2
    ), blocked as materialized (
      select since from waiting_keys limit $2
    ), published as materialized (
      select published_at as at from outbox order by id desc limit $3
    ), handled as materialized (
      -- Message ids are UUIDv7: the newest are last in the inbox's primary key.
      select handled_at as at from inbox where consumer = $1 order by message_id desc limit $3
    )
    select
      ${perKind((kind) => `count(*) filter (where kind = '${kind}')`)} as pending,
      ${perKind(
        (kind) => `greatest(0, coalesce(extract(epoch from clock_timestamp()
          - min(created_at) filter (where kind = '${kind}')), 0))`
      )} as oldest,
      count(*) filter (where kind = 'parked' and "isReplay")::int as "parkedReplays",
      (select count(*) from (select from parked_keys limit $2) as counted)::int as "parkedKeys",
      (select count(*) from blocked)::int as "blockedKeys",
      -- greatest() ignores null: without a blocked key it would be 0.
      (select greatest(0, extract(epoch from clock_timestamp() - since)) from blocked
       order by since limit 1)::float8 as "oldestBlocked",
      (select count(*) from (select from dead_letters limit $2) as counted)::int as "deadLetters",
      case when $3 > 0 then (
        select application_name from pg_stat_activity where pid = (
          select pid from pg_locks
          where locktype = 'advisory' and objid = 'outbox'::regclass::oid and classid = 0 and objsubid = 1
            and database = (select oid from pg_database where datname = current_database()) and granted
          limit 1)) end as leader,
      (select count(*) from published where at > now() - interval '1 minute')::int as "publishedPerMinute",
      (select count(*) from handled where at > now() - interval '1 minute')::int as "handledPerMinute",
      (select max(at) from published) as "lastPublished",
      (select max(at) from handled) as "lastHandled"
    from pending`,
}

/** A JSON object with an SQL expression for each kind. */
function perKind(expression: (kind: PendingKind) => string) {
  return `json_build_object(${PENDING_KINDS.map((kind) => `'${kind}', ${expression(kind)}`).join(', ')})`
}

type Row = Omit<Backlog, 'throughput'> & Throughput & { [column: string]: unknown }

/**
 * Reads the backlog in one statement, on indexes.
 *
 * @param module - also the name of its consumer
 * @param options.throughput - reads the newest rows of outbox and inbox as well: 10,001, or 100,000 with `exact`
 * @param options.exact - counts all rows: for a connection without a statement timeout
 */
export async function readBacklog(
  client: QueryClientContract | Client,
  module: string,
  options: { throughput?: boolean; exact?: boolean } = {}
): Promise<Backlog> {
  const counted = options.exact ? null : COUNT_LIMIT
  const recent = options.throughput ? (counted ?? RECENT_ROWS) : 0
  const values = [module, counted, recent]
  const rows =
    'connectionName' in client
      ? await run<Row>(client, statement, values)
      : await client.query<Row>({ ...statement, values }).then((result) => result.rows)
  const [{ leader, publishedPerMinute, handledPerMinute, lastPublished, lastHandled, ...backlog }] =
    rows
  return {
    ...backlog,
    throughput: options.throughput
      ? { leader, publishedPerMinute, handledPerMinute, lastPublished, lastHandled }
      : null,
  }
}

/** Whether a module's outbox has at least `count` unpublished messages. */
export async function isOutboxBehind(client: QueryClientContract, count: number) {
  const [{ pending }] = await run<{ pending: number }>(client, countPending, [count])
  return pending >= count
}

const countPending = {
  name: 'messaging_count_pending',
  text: /* sql */ `
    select count(*)::int as pending from (select from outbox where ${isPending} limit $1) as counted`,
}
