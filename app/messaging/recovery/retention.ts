/*
 * Retention of the kernel's tables. Each function deletes in bounded batches, one transaction each, and is safe to
 * run in any process at any time.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { ClientConfig } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'
import { firstIdAt } from '#postgres/run'

/** Rows per transaction, so that a delete does not slow down writers. */
const BATCH = 5_000
/** Operators' actions are kept for a year. */
const ACTS_KEPT_MS = 365 * 86_400_000

/**
 * Deletes published rows of the outbox. Pending rows and those of parked keys stay.
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
    // Ids grow with time: a window that reaches rows to be kept is the last one.
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
 * Deletes message ids that a consumer handled longer ago than `olderThan`. The ids are UUIDv7, older than their
 * handling, so the index is scanned only as far as needed.
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

/** Deletes operators' actions and replays older than a year. */
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
 * Runs a delete of at most `:most` rows until it deletes fewer.
 *
 * @returns the number of deleted rows
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
  return withDedicatedConnection(direct, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int from outbox where published_at < now() - $1::float8 * interval '1 millisecond'
         and not exists (select from parked_keys where parked_keys.key = outbox.key)`,
      [olderThan]
    )
    return rows[0].count
  })
}
