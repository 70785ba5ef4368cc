/*
 * The outbox is a partitioned table. Its partitions, called segments, hold consecutive ids: `outbox_0`, `outbox_1`, and
 * so on. New messages go into the segment of the id sequence. A new segment begins when a seventh of the retention has
 * passed, which is a day by default, and an expired segment is dropped as a whole: nothing is left to vacuum.
 *
 * - No statement of a request or of the relay waits for this work, also while a transaction that has read the outbox
 *   stays open. Attaching and detaching lock no reader or writer out; to begin a segment is to set the sequence forward.
 * - A message is never refused: the current segment takes messages until the next one begins.
 * - A segment with a pending message, with a message of a parked key, or with the message that guards a change of the
 *   transport is never dropped.
 * - The process may be killed after any statement: the next run continues.
 */
import { DatabaseError, type Client, type ClientConfig } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'

/** Ids of a segment. At one segment an hour, ids stay exact numbers in JavaScript for a century. */
export const SEGMENT_IDS = 10_000_000_000

/** Marks the tables that this file may drop. */
export const SEGMENT_COMMENT = 'segment of the outbox'

/** A segment's options: a mark as published leaves a dead row. */
export const SEGMENT_OPTIONS =
  'autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.05'

const SEGMENTS_PER_RETENTION = 7
const SHORTEST_MS = 3_600_000
/** Statements slow down with the number of segments, so no new one begins while parked keys keep this many. */
const MAX_SEGMENTS = 12

/** How long to wait for transactions that have read the outbox; nobody waits meanwhile. */
const READERS_MS = 1_000
/** How long marks of published messages may wait. */
const MARKS_MS = 50

interface Segment {
  name: string
  number: number
}

/** Milliseconds after which a new segment begins. Messages may be kept for longer than the retention by as much. */
export function segmentPeriod(retention: number): number {
  return Math.max(SHORTEST_MS, retention / SEGMENTS_PER_RETENTION)
}

/**
 * Drops expired segments, and begins a new one when it is due. What cannot be done now, because a transaction that has
 * read the outbox is open, is left to the next call.
 *
 * @param direct - a connection whose session user owns the tables
 * @param retention - milliseconds since messages were published
 * @returns about how many messages were dropped: the number of their ids
 */
export async function renewSegments(direct: ClientConfig, retention: number): Promise<number> {
  return withDedicatedConnection(direct, async (client) => {
    // The session's own user has run the installer: only the owner can attach, detach and drop.
    await client.query(`set role none; set lock_timeout = ${READERS_MS}`)
    if (!(await takesLock(client))) return 0
    let dropped = 0
    await unlessLocked(async () => {
      await finishDetaching(client)
      dropped += await dropDetached(client)
      for (const segment of await closedSegments(client)) {
        if (!(await canBeDropped(client, segment, retention))) continue
        await client.query(`alter table outbox detach partition ${segment.name} concurrently`)
        dropped += await dropDetached(client)
      }
    })
    // Last, so that the statements that took an id of the old segment have ended when it may be dropped.
    await unlessLocked(() => beginSegment(client, segmentPeriod(retention)))
    return dropped
  })
}

/** Leaves work for which a lock is not free to the next call. */
async function unlessLocked(work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    if (!isLockTimeout(error)) throw error
  }
}

function isLockTimeout(error: unknown) {
  return error instanceof DatabaseError && error.code === '55P03'
}

/** @returns false while another process is at work */
async function takesLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(hashtext('outbox segments'), 'outbox'::regclass::oid::int) as taken`
  )
  return rows[0].taken
}

/** Continues after a detach that was interrupted while it waited for readers. */
async function finishDetaching(client: Client) {
  const { rows } = await client.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
     where inhparent = 'outbox'::regclass and inhdetachpending`
  )
  for (const { name } of rows) {
    await client.query(`alter table outbox detach partition ${name} finalize`)
  }
}

/** Drops detached segments, or attaches one again that has to stay. @returns the number of their ids */
async function dropDetached(client: Client): Promise<number> {
  let dropped = 0
  for (const segment of await segments(client, 'not relispartition')) {
    const { name } = segment
    if (!(await isClear(client, segment))) {
      await client.query(attach(segment))
      continue
    }
    const { rows } = await client.query<{ ids: number }>(
      `select coalesce(max(id) - min(id) + 1, 0)::float8 as ids from ${name}`
    )
    await client.query(`drop table ${name}`)
    dropped += rows[0].ids
  }
  return dropped
}

/** The segments below that of the sequence, the oldest first. */
async function closedSegments(client: Client): Promise<Segment[]> {
  const current = await currentSegment(client)
  const attached = await segments(client, 'relispartition')
  return attached.filter(({ number }) => number < current)
}

async function currentSegment(client: Client): Promise<number> {
  const { rows } = await client.query<{ last: number }>(
    `select coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0) as last`
  )
  return Math.floor(Number(rows[0].last) / SEGMENT_IDS)
}

async function segments(client: Client, condition: string): Promise<Segment[]> {
  const { rows } = await client.query<Segment>(
    `select relname as name, substr(relname, 8)::int as number from pg_class
     where relnamespace = current_schema::regnamespace and relname ~ '^outbox_[0-9]+$' and relkind = 'r'
       and obj_description(oid, 'pg_class') = $1 and ${condition}
     order by number`,
    [SEGMENT_COMMENT]
  )
  return rows
}

async function canBeDropped(client: Client, segment: Segment, retention: number): Promise<boolean> {
  return (
    (await isClear(client, segment)) &&
    (await isExpired(client, segment, retention)) &&
    (await hasNoWriters(client, segment))
  )
}

async function isExpired(client: Client, { name }: Segment, retention: number): Promise<boolean> {
  const isYoung = `published_at >= now() - $1 * interval '1 millisecond'`
  // Most segments are young, and their last message shows it.
  const last = `select ${isYoung} as young from ${name} order by id desc limit 1`
  const { rows } = await client.query<{ young: boolean }>(last, [retention])
  if (rows[0]?.young) return false
  const any = await client.query(`select from ${name} where ${isYoung} limit 1`, [retention])
  return any.rows.length === 0
}

/**
 * Whether every transaction that wrote to a closed segment has ended and the segment may be dropped. Messages of one
 * that is still open would become invisible to the relay when they commit.
 */
async function hasNoWriters(client: Client, segment: Segment): Promise<boolean> {
  await client.query(`begin; set local lock_timeout = ${MARKS_MS}`)
  try {
    // Conflicts with every writer of the segment, and with no reader.
    await client.query(`lock table only ${segment.name} in share mode`)
    return await isClear(client, segment)
  } catch (error) {
    if (isLockTimeout(error)) return false
    throw error
  } finally {
    await client.query('rollback')
  }
}

/**
 * Whether a segment holds no pending message, none of a parked key, and not the newest published one, which guards a
 * change of the transport until it is verified, as in recovery/retention.ts.
 */
async function isClear(client: Client, { name }: Segment): Promise<boolean> {
  const { rows } = await client.query<{ clear: boolean }>(
    `select not exists (select from ${name} where published_at is null)
       and not exists (select from ${name} join parked_keys using (key))
       and not exists (
         select from messaging_state,
           (select id, partition from ${name} where published_at is not null order by id desc limit 1) as newest
         where newest.partition is not null and newest.id > verified_id
           and not exists (select from outbox where published_at is not null and id > newest.id)) as clear`
  )
  return rows[0].clear
}

/**
 * Sets the sequence forward to the next segment when the current one is old enough. Ids still grow within each key: an
 * id is assigned under the lock of its key.
 *
 * A running statement sees only the segments that were attached when it started, so a segment is attached while the one
 * before it takes messages.
 *
 * @param period - milliseconds
 */
async function beginSegment(client: Client, period: number) {
  const attached = await segments(client, 'relispartition')
  const isAttached = (wanted: number) => attached.some(({ number }) => number === wanted)
  let current = await currentSegment(client)
  if (isAttached(current + 1) && (await isDue(client, current, period))) {
    current++
    await client.query(`select setval(pg_get_serial_sequence('outbox', 'id'), $1)`, [
      current * SEGMENT_IDS,
    ])
  }
  if (isAttached(current + 1) || attached.length >= MAX_SEGMENTS) return
  await createSegment(client, { name: `outbox_${current + 1}`, number: current + 1 })
}

async function isDue(client: Client, segment: number, period: number): Promise<boolean> {
  const { rows } = await client.query<{ due: boolean }>(
    `select created_at < now() - $2 * interval '1 millisecond' as due
     from outbox where id >= $1 order by id limit 1`,
    [segment * SEGMENT_IDS, period]
  )
  return rows[0]?.due ?? false
}

/** Attaching an empty table locks no reader or writer out; creating it as a partition would. */
async function createSegment(client: Client, segment: Segment) {
  const { name } = segment
  await client.query(
    `begin;
     create table ${name} (like outbox including defaults including indexes) with (${SEGMENT_OPTIONS});
     comment on table ${name} is '${SEGMENT_COMMENT}';
     ${attach(segment)};
     commit`
  )
}

function attach({ name, number }: Segment) {
  const [from, to] = [number * SEGMENT_IDS, (number + 1) * SEGMENT_IDS]
  return `alter table outbox attach partition ${name} for values from (${number === 0 ? 'minvalue' : from}) to (${to})`
}
