/*
 * Retention of the kernel's tables. Each function deletes in bounded batches, one transaction each, and is safe to
 * run in any process at any time.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { ClientConfig } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'
import { DELETE_BATCH, deleteInBatches } from '#postgres/delete_in_batches'
import { firstIdAt } from '#postgres/run'

const ACTS_KEPT_MS = 365 * 86_400_000

/**
 * The newest published row, until messaging:verify has found everything handled. It shows that the transport may still
 * store messages, so that a change of the transport is refused (transport_guard.ts).
 */
const GUARDS_TRANSPORT = `outbox.id = (
  select newest.id from messaging_state,
    (select id, partition from outbox where published_at is not null order by id desc limit 1) as newest
  where newest.partition is not null and newest.id > verified_id)`

/**
 * Deletes published rows of the outbox. Pending rows, those of parked keys, and the row that guards a change of the
 * transport stay.
 *
 * @param olderThan - milliseconds since they were published
 * @param onProgress - called after each batch with the number of deleted rows
 * @returns the number of deleted rows
 */
export async function pruneOutbox(
  client: QueryClientContract,
  olderThan: number,
  signal?: AbortSignal,
  onProgress?: (deleted: number) => void
): Promise<number> {
  let deleted = 0
  for (let after = 0; !signal?.aborted;) {
    // Ids grow with time, so a batch that reaches rows to be kept is the last one.
    const { rows } = await client.rawQuery<{ rows: Batch[] }>(
      `with batch as materialized (
         select id, key, published_at, created_at from outbox where id > :after order by id limit ${DELETE_BATCH}
       ), deleted as (
         delete from outbox using batch
         where outbox.id = batch.id and batch.published_at < now() - :olderThan * interval '1 millisecond'
           and not exists (select from parked_keys where parked_keys.key = batch.key)
           and (${GUARDS_TRANSPORT}) is not true
         returning outbox.id
       )
       select max(id) as last, (select count(*) from deleted) as "rowCount",
         count(*) < ${DELETE_BATCH} or max(created_at) >= now() - :olderThan * interval '1 millisecond' as ended
       from batch`,
      { after, olderThan }
    )
    const [{ last, rowCount, ended }] = rows
    deleted += rowCount
    onProgress?.(deleted)
    if (ended) break
    after = last!
  }
  return deleted
}

interface Batch {
  last: number | null
  rowCount: number
  ended: boolean
}

/**
 * Deletes the ids of messages that a consumer handled longer ago than this. A UUIDv7 contains the time of its message,
 * which is before its handling, so only the beginning of the index is read.
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
  return deleteInBatches(
    client,
    `delete from inbox where ctid = any (array(
       select ctid from inbox
       where consumer = :consumer and message_id < :bound
         and handled_at < now() - :olderThan * interval '1 millisecond'
       order by message_id limit :most for update skip locked))`,
    { consumer, olderThan, bound: firstIdAt(Date.now() - olderThan) },
    signal
  )
}

/** Deletes operators' actions and replays older than a year. */
export async function pruneActions(client: QueryClientContract) {
  const bound = firstIdAt(Date.now() - ACTS_KEPT_MS)
  let deleted = 0
  for (const table of ['operator_acts', 'replays']) {
    deleted += await deleteInBatches(
      client,
      `delete from ${table} where id in (select id from ${table} where id < :bound order by id limit :most)`,
      { bound }
    )
  }
  return deleted
}

/** How many rows `pruneOutbox` would delete. */
export async function countPrunable(direct: ClientConfig, olderThan: number): Promise<number> {
  return withDedicatedConnection(direct, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int from outbox where published_at < now() - $1::float8 * interval '1 millisecond'
         and not exists (select from parked_keys where parked_keys.key = outbox.key)
         and (${GUARDS_TRANSPORT}) is not true`,
      [olderThan]
    )
    return rows[0].count
  })
}
