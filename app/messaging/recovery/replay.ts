/*
 * Replays publish messages again under the same ids, for consumers that lost them. A replayed message is a new row of
 * the outbox; the original row does not change.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Client, ClientConfig } from 'pg'
import { uuidv7 } from 'uuidv7'
import type { Operator } from '#console/operator'
import { withDedicatedConnection } from '#postgres/dedicated_connection'
import { isPending } from '../outbox/low_watermark.ts'
import { isReplayed, replayValues, type ReplayFilter, type ReplayPlan } from './replay_plan.ts'

/** Rows per transaction. */
const BATCH = 500
/** A replay waits while this many replayed messages are pending, so that it does not delay new ones. */
const MOST_PENDING = 2_000
const WAIT_MS = 100

export interface Replay {
  id: string
  at: Date
  who: string
  why: string
  filter: ReplayFilter
  /** Rows up to this id are in the outbox again; the replay ends at `upTo`. */
  position: number
  upTo: number
  matched: number
  replayed: number
  finishedAt: Date | null
}

const columns = [
  ...['id', 'at', 'who', 'why', 'filter', 'position', 'matched', 'replayed'],
  ...['up_to as upTo', 'finished_at as finishedAt'],
]

/**
 * Records a planned replay; nothing is published yet.
 *
 * @param id - a UUIDv7; starting it twice with the same id makes one replay
 */
export async function startReplay(
  client: QueryClientContract,
  plan: ReplayPlan,
  filter: ReplayFilter,
  { who, why }: Operator & { why: string },
  id = uuidv7()
): Promise<Replay> {
  await client
    .knexQuery()
    .table('replays')
    .insert({
      ...{ id, who, why, filter },
      ...{ position: plan.after, up_to: plan.upTo, matched: plan.count },
    })
    .onConflict('id')
    .ignore()
  return (await findReplay(client, id))!
}

export async function findReplay(client: QueryClientContract, id: string): Promise<Replay | null> {
  return client
    .from('replays')
    .where('id', id)
    .select(...columns)
    .first()
}

/** The newest `limit` replays first; `before`: only those older than this id. */
export async function replays(
  client: QueryClientContract,
  { before, limit = 50 }: { before?: string; limit?: number } = {}
): Promise<Replay[]> {
  const found = client
    .from('replays')
    .orderBy('id', 'desc')
    .limit(limit)
    .select(...columns)
  return before ? found.where('id', '<', before) : found
}

/**
 * Runs or resumes a replay until it is finished or aborted. After a crash anyone can resume it, even several
 * processes at once: it replays no message twice.
 *
 * @param options.rate - messages per second
 * @param options.onProgress - called after each batch with the number of replayed and of matched messages
 * @returns the replay in its current state
 */
export async function runReplay(
  client: QueryClientContract,
  direct: ClientConfig,
  replay: Replay,
  options: { rate: number; onProgress?(done: number, all: number): void; signal?: AbortSignal }
): Promise<Replay> {
  await withDedicatedConnection(direct, async (own) => {
    const size = Math.max(1, Math.min(BATCH, Math.ceil(options.rate / 4)))
    while (!options.signal?.aborted) {
      if (await isBehind(own)) {
        await pause(WAIT_MS, options.signal)
        continue
      }
      const began = performance.now()
      const batch = await replayBatch(own, replay, size)
      if (batch.count === 0) break
      options.onProgress?.(batch.replayed, replay.matched)
      const left = (batch.count / options.rate) * 1_000 - (performance.now() - began)
      if (batch.count === size) await pause(left, options.signal)
    }
  })
  return (await findReplay(client, replay.id))!
}

/** One statement: the rows in the outbox and the position of the replay change together. */
async function replayBatch(client: Client, { id, filter }: Replay, size: number) {
  const values = [...replayValues(filter), id, size]
  const { rows } = await client.query<{ count: number; replayed: number }>({
    name: 'replay_batch',
    text: /* sql */ `
      with current as materialized (
        select position, up_to from replays where id = $6 and finished_at is null for update
      ), chosen as materialized (
        select outbox.* from current, outbox
        where ${isReplayed('current.position', 'current.up_to')}
        order by outbox.id limit $7
      ), replayed as (
        insert into outbox (message_id, topic, key, key_hash, type, version, data, headers)
        select message_id, topic, key, key_hash, type, version, data,
          headers || jsonb_build_object('ce_replayof', message_id,
            'ce_time', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        from chosen order by id
      )
      update replays set
        position = coalesce((select max(id) from chosen), up_to),
        replayed = replayed + (select count(*) from chosen),
        finished_at = case when (select count(*) from chosen) < $7 then now() end
      where id = $6 and finished_at is null
      returning replayed, (select count(*) from chosen) as count`,
    values,
  })
  return rows[0] ?? { count: 0, replayed: 0 }
}

async function isBehind(client: Client) {
  const { rows } = await client.query<{ behind: boolean }>({
    name: 'replay_behind',
    text: /* sql */ `
      select count(*) >= ${MOST_PENDING} as behind from (
        select from outbox where ${isPending} and headers ? 'ce_replayof' limit ${MOST_PENDING}) as pending`,
  })
  return rows[0].behind
}

async function pause(milliseconds: number, signal?: AbortSignal) {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => {})
}
