/*
 * Topics for operators: show and create them, and raise their partition counts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '@adonisjs/lucid/database'
import { type Client } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'
import { STEP_DOWN } from './outbox/leader_connection.ts'
import { channelOf } from './outbox/relay.ts'
import type { Messaging } from './messaging.ts'
import { endAction, recordAction } from './recovery/operator_actions.ts'
import type { Operator } from '#console/operator'
import type { Transport } from './transports/transport.ts'

export interface Topic {
  topic: string
  /** Null when the topic does not exist. */
  partitions: number | null
  /** Its setting `compression.type`; null when unknown. */
  compressionType: string | null
}

/** The modules' topics. @param create - create missing topics */
export async function topicsOf(messaging: Messaging, { create }: { create: boolean }) {
  const transport = messaging.createTransport()
  try {
    const topics: Topic[] = []
    for (const { name } of messaging.config.modules) {
      if (create) await transport.openTopic(name)
      const found = await transport.findTopic(name)
      topics.push({ topic: name, ...(found ?? { partitions: null, compressionType: null }) })
    }
    return topics
  } finally {
    await transport.close()
  }
}

/**
 * Raises the partition count of a module's topic, which moves keys to other partitions. So the relay steps down
 * first, and every consumer, also of other processes, handles all published messages: no later message of a key
 * can overtake an earlier one. The outbox accepts messages meanwhile.
 *
 * @param by.signal - ends the wait, before anything changes
 * @throws Error when the topic already has more partitions, when `by.signal` was aborted, or, with the code
 *   ETIMEDOUT, when the database is silent
 */
export async function changePartitions(
  messaging: Messaging,
  module: string,
  wanted: number,
  by: Operator & { db: Database; signal: AbortSignal }
) {
  const transport = messaging.createTransport()
  const ended = new AbortController()
  const signal = AbortSignal.any([by.signal, ended.signal])
  const { direct } = messaging.config.modules.find(({ name }) => name === module)!
  try {
    await withDedicatedConnection(direct, async (client) => {
      await takeRelayLock(client, module, signal)
      const partitions = await transport.openTopic(module)
      if (partitions > wanted) {
        throw new Error(
          `the topic ${module} has ${partitions} partitions: partitions cannot be removed`
        )
      }
      // If the topic was changed by other means, only the stored count is corrected.
      const { rows } = await client.query<{ transport: string | null; partitions: number | null }>(
        'select transport, partitions from messaging_state'
      )
      const [known] = rows
      const isKnown = known.transport === transport.name && known.partitions === wanted
      if (partitions === wanted && isKnown) return
      await waitUntilHandled(messaging, transport, module, signal)
      // Fails if the connection was lost meanwhile, and the lock with it.
      await client.query('select')
      const record = by.db.connection(module)
      const action = await recordAction(record, 'partitions', by, { topic: module })
      if (partitions < wanted) await transport.addPartitions(module, wanted)
      await client.query('update messaging_state set transport = $1, partitions = $2', [
        transport.name,
        wanted,
      ])
      await endAction(record, action, { before: partitions, now: wanted })
    })
  } finally {
    // Ends the wait if the database is silent.
    ended.abort()
    await transport.close()
  }
}

/** Asks the leading relay to finish its batches and release the lock, until this session holds it. */
async function takeRelayLock(client: Client, module: string, signal: AbortSignal) {
  for (;;) {
    await client.query(`select pg_notify($1, $2)`, [channelOf(module), STEP_DOWN])
    const { rows } = await client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock('outbox'::regclass::oid::bigint) as locked`
    )
    if (rows[0].locked) return
    await sleep(50, undefined, { signal })
  }
}

async function waitUntilHandled(
  messaging: Messaging,
  transport: Transport,
  topic: string,
  signal: AbortSignal
) {
  const isSubscribed = (consumer: string) =>
    messaging.config.modules.some(({ name }) => name === consumer) &&
    messaging.consumer(consumer).topics.includes(topic)
  for (const consumer of messaging.config.consumers) {
    if (!isSubscribed(consumer) && !(await transport.hasPosition(consumer, topic))) continue
    while (((await transport.lag(consumer, [topic])) ?? 0) > 0)
      await sleep(200, undefined, { signal })
  }
}
