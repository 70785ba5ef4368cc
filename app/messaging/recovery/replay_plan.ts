import type { Client, ClientConfig } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'

/** Twice the longest transaction. Rows recorded further apart than this have ids in time order. */
const OVERLAP_MS = 60_000

/** Selects published messages of an outbox that match every given field. */
export interface ReplayFilter {
  /** The message's id. */
  id?: string
  /** Recorded at this time or later, and before that one; RFC 3339. */
  from?: string
  to?: string
  type?: string
  key?: string
  /** The message with this id and all that were recorded after it. */
  sinceMessage?: string
  /** Outbox rows up to this one, as shown by a dry run. */
  upTo?: number
}

export interface ReplayPlan {
  count: number
  types: { type: string; count: number }[]
  /** Number of keys, and the first and last in sorted order. */
  keys: { count: number; first: string | null; last: string | null }
  oldest: Date | null
  newest: Date | null
  /** The range of outbox rows: after `after`, up to `upTo`. */
  after: number
  upTo: number
  /** Time of the oldest stored message, if older ones of the requested time have been deleted; else null. */
  prunedBefore: Date | null
}

/**
 * The condition on `outbox`; $1 to $5 are `replayValues`.
 *
 * @param after - an SQL expression, the id before the first row
 * @param upTo - an SQL expression, the id of the last row
 */
export function isReplayed(after: string, upTo: string) {
  return /* sql */ `
    id > ${after} and id <= ${upTo} and published_at is not null and not headers ? 'ce_replayof'
    and ($1::uuid is null or message_id = $1)
    and ($2::timestamptz is null or created_at >= $2)
    and ($3::timestamptz is null or created_at < $3)
    and ($4::text is null or type = $4)
    and ($5::text is null or key = $5)`
}

export function replayValues({ id, from, to, type, key }: ReplayFilter) {
  return [id, from, to, type, key].map((value) => value ?? null)
}

/**
 * Finds the messages that match now. Messages committed later are not part of the plan.
 *
 * @returns null when the outbox no longer holds the message of `id` or `sinceMessage`
 */
export async function planReplay(
  direct: ClientConfig,
  filter: ReplayFilter
): Promise<ReplayPlan | null> {
  return withDedicatedConnection(direct, async (client) => {
    await client.query('begin isolation level repeatable read read only')
    const { rows: ends } = await client.query(`
      select coalesce(max(id), 0) as last, coalesce(min(id), 1) > 1 as pruned,
        -- Rows of parked keys are kept for longer than others.
        (select created_at from outbox where key not in (select key from parked_keys) order by id limit 1) as kept
      from outbox`)
    const [{ last, kept, pruned }] = ends
    const only = filter.id ? await rowOf(client, filter.id) : undefined
    const since = filter.sinceMessage ? await rowOf(client, filter.sinceMessage) : undefined
    if (only === null || since === null) return null
    const after = Math.max(only ?? 1, since ?? 1) - 1
    const upTo = Math.min(only ?? last, filter.upTo ?? last)
    const values = [...replayValues(filter), after, upTo]
    const { rows } = await client.query(
      `select type, count(*), min(created_at) as oldest, max(created_at) as newest
       from outbox where ${isReplayed('$6', '$7')} group by type order by type`,
      values
    )
    const { rows: keys } = await client.query(
      `select count(distinct key), min(key) as first, max(key) as last from outbox where ${isReplayed('$6', '$7')}`,
      values
    )
    const times = rows.flatMap(({ oldest, newest }) => [oldest, newest]).map(Number)
    return {
      count: rows.reduce((sum, { count }) => sum + count, 0),
      types: rows.map(({ type, count }) => ({ type, count })),
      keys: keys[0],
      oldest: times.length > 0 ? new Date(Math.min(...times)) : null,
      newest: times.length > 0 ? new Date(Math.max(...times)) : null,
      ...{ after, upTo },
      prunedBefore: pruned && kept && filter.from && new Date(filter.from) < kept ? kept : null,
    }
  })
}

/**
 * The first row of a message; null when it has been deleted.
 *
 * An index on message ids would cost every message a write, for a rare search. A UUIDv7 contains its time (RFC 9562),
 * and rows are roughly in time order, so the rows around that time are searched first, and then all.
 */
async function rowOf(client: Client, messageId: string): Promise<number | null> {
  const time = Number.parseInt(messageId.replaceAll('-', '').slice(0, 12), 16)
  const from = await firstRecordedSince(client, time - OVERLAP_MS)
  const to = await firstRecordedSince(client, time + OVERLAP_MS)
  const near = await firstRowBetween(client, messageId, from, to)
  return near ?? firstRowBetween(client, messageId, 0, Number.MAX_SAFE_INTEGER)
}

/** The id of the first row since a time, by binary search on the primary key. @param time - milliseconds since 1970 */
async function firstRecordedSince(client: Client, time: number): Promise<number> {
  const { rows: ends } = await client.query<{ low: number; high: number }>(
    'select coalesce(min(id), 1) as low, coalesce(max(id), 0) + 1 as high from outbox'
  )
  let [{ low, high }] = ends
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { rows } = await client.query<{ id: number; created_at: Date }>(
      'select id, created_at from outbox where id >= $1 order by id limit 1',
      [middle]
    )
    const isLater = rows.length === 0 || rows[0].created_at.getTime() >= time
    if (isLater) high = middle
    else low = rows[0].id + 1
  }
  return low
}

async function firstRowBetween(client: Client, messageId: string, from: number, to: number) {
  const { rows } = await client.query<{ id: number | null }>(
    `select min(id) as id from outbox
     where id >= $2 and id <= $3 and message_id = $1 and not headers ? 'ce_replayof'`,
    [messageId, from, to]
  )
  return rows[0].id
}

/** Whether the outbox holds a message of the type. */
export async function keepsType(direct: ClientConfig, type: string): Promise<boolean> {
  return withDedicatedConnection(direct, async (client) => {
    const { rows } = await client.query('select from outbox where type = $1 limit 1', [type])
    return rows.length > 0
  })
}
