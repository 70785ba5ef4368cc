/*
 * Replay: messages are published again under the same message id, for consumers that lost them. New rows
 * go into the outbox; what was published stays as it is on record.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Client, ClientConfig } from 'pg'
import { uuidv7 } from 'uuidv7'
import { openConnection } from './own_connection.ts'
import type { Operator } from './operator_acts.ts'
import { isPending } from './relay_floor.ts'
import { isReplayed, replayValues, type ReplayFilter, type ReplayPlan } from './replay_plan.ts'

/** Rows a transaction at most. */
const BATCH = 500
/** More than so many wait to be published, and the replay waits: what is new must not wait behind it. */
const MOST_PENDING = 2_000
const WAIT_MS = 100

export interface Replay {
  id: string
  at: Date
  who: string
  why: string
  filter: ReplayFilter
  /** Its rows up to here are in the outbox again; it ends with `upTo`. */
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
 * Puts a replay on record, as it was planned; nothing is published yet.
 *
 * @param id - a UUIDv7; begun twice under the same one, it is one replay
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

/** Who replayed what, the newest first, `limit` of them; older ones than the id `before` where it is given. */
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
 * Goes on with a replay until it is finished or the signal comes; killed at any moment it can be gone on
 * with, by several at once too: no message is replayed twice by it.
 *
 * @param options.rate - messages a second
 * @param options.turn - told after each batch how many are in the outbox again, of how many
 * @returns the replay as it stands
 */
export async function runReplay(
  client: QueryClientContract,
  direct: ClientConfig,
  replay: Replay,
  options: { rate: number; turn?(done: number, all: number): void; signal?: AbortSignal }
): Promise<Replay> {
  const own = await openConnection(direct)
  try {
    const size = Math.max(1, Math.min(BATCH, Math.ceil(options.rate / 4)))
    while (!options.signal?.aborted) {
      if (await isBehind(own)) {
        await pause(WAIT_MS, options.signal)
        continue
      }
      const began = performance.now()
      const batch = await replayBatch(own, replay, size)
      if (batch.count === 0) break
      options.turn?.(batch.replayed, replay.matched)
      const left = (batch.count / options.rate) * 1_000 - (performance.now() - began)
      if (batch.count === size) await pause(left, options.signal)
    }
  } finally {
    await own.end()
  }
  return (await findReplay(client, replay.id))!
}

/** One statement: what it adds to the outbox and how far it has come are one fact. */
async function replayBatch(client: Client, { id, filter }: Replay, size: number) {
  const values = [...replayValues(filter), id, size]
  const { rows } = await client.query<{ count: number; replayed: number }>({
    name: 'replay_batch',
    text: /* sql */ `
      with turn as materialized (
        select position, up_to from replays where id = $6 and finished_at is null for update
      ), chosen as materialized (
        select outbox.* from turn, outbox
        where ${isReplayed('turn.position', 'turn.up_to')}
        order by outbox.id limit $7
      ), said as (
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
