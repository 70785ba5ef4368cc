/*
 * What the kernel's tables may forget. Each function goes in bounded batches, each a transaction of its own,
 * and may be run anywhere and at any time.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { ClientConfig } from 'pg'
import { openConnection } from './own_connection.ts'
import { firstIdAt } from './sql.ts'

/** Rows a transaction at most: a delete must not be a burden to those who write. */
const BATCH = 5_000
/** What operators did is kept for a year. */
const ACTS_KEPT_MS = 365 * 86_400_000

/**
 * Deletes published rows of the outbox; those of parked keys stay, and so does all that is pending.
 *
 * @param olderThan - milliseconds since they were published
 * @returns how many
 */
export async function pruneOutbox(
  client: QueryClientContract,
  olderThan: number,
  signal?: AbortSignal,
  turn: (pruned: number) => void = () => {}
): Promise<number> {
  let pruned = 0
  for (let after = 0; !signal?.aborted;) {
    // Ids grow with time: a window that reaches into what is kept is the last one.
    const { rows } = await client.rawQuery<{ rows: Window[] }>(
      `with looked as materialized (
         select id, key, published_at, created_at from outbox where id > :after order by id limit ${BATCH}
       ), gone as (
         delete from outbox using looked
         where outbox.id = looked.id and looked.published_at < now() - :olderThan * interval '1 millisecond'
           and not exists (select from parked_keys where parked_keys.key = looked.key)
         returning outbox.id
       )
       select max(id) as last, (select count(*) from gone) as gone,
         count(*) < ${BATCH} or max(created_at) >= now() - :olderThan * interval '1 millisecond' as ended
       from looked`,
      { after, olderThan }
    )
    const [{ last, gone, ended }] = rows
    pruned += gone
    turn(pruned)
    if (ended) break
    after = last!
  }
  return pruned
}

interface Window {
  last: number | null
  gone: number
  ended: boolean
}

/**
 * Forgets message ids that a consumer handled so long ago. The ids are UUIDv7: older than the time at which
 * they were handled, so the index that they lie in is walked only as far as needed.
 *
 * @param olderThan - milliseconds
 */
export async function pruneInbox(
  client: QueryClientContract,
  consumer: string,
  olderThan: number,
  signal?: AbortSignal
) {
  if (!Number.isFinite(olderThan)) return 0
  return forgetInBatches(
    client,
    `delete from inbox where consumer = :consumer and message_id in (
       select message_id from inbox
       where consumer = :consumer and message_id < :bound
         and handled_at < now() - :olderThan * interval '1 millisecond'
       order by message_id limit :most for update skip locked)`,
    { consumer, olderThan, bound: firstIdAt(Date.now() - olderThan) },
    signal
  )
}

/** Forgets what operators did more than a year ago, and their replays. */
export async function pruneActs(client: QueryClientContract) {
  const bound = firstIdAt(Date.now() - ACTS_KEPT_MS)
  let forgotten = 0
  for (const table of ['operator_acts', 'replays']) {
    forgotten += await forgetInBatches(
      client,
      `delete from ${table} where id in (select id from ${table} where id < :bound order by id limit :most)`,
      { bound }
    )
  }
  return forgotten
}

/**
 * Runs a delete of at most `:most` rows until it finds fewer.
 *
 * @returns how many went
 */
export async function forgetInBatches(
  client: QueryClientContract,
  statement: string,
  values: Record<string, string | number>,
  signal?: AbortSignal
): Promise<number> {
  for (let forgotten = 0; ;) {
    const { rowCount } = await client.rawQuery<{ rowCount: number }>(statement, {
      ...values,
      most: BATCH,
    })
    forgotten += rowCount
    if (rowCount < BATCH || signal?.aborted) return forgotten
  }
}

/** How many rows `pruneOutbox` would delete. */
export async function countPrunable(direct: ClientConfig, olderThan: number): Promise<number> {
  const client = await openConnection(direct)
  try {
    const { rows } = await client.query<{ count: number }>(
      `select count(*) from outbox where published_at < now() - $1::float8 * interval '1 millisecond'
         and not exists (select from parked_keys where parked_keys.key = outbox.key)`,
      [olderThan]
    )
    return rows[0].count
  } finally {
    await client.end()
  }
}
