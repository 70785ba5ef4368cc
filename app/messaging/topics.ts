/*
 * The topics as an operator sees them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '@adonisjs/lucid/database'
import { type Client } from 'pg'
import { openConnection } from './own_connection.ts'
import { STEP_DOWN } from './leader_connection.ts'
import type { Messaging } from './messaging.ts'
import { endAct, recordAct, type Operator } from './operator_acts.ts'
import type { KafkaTransport } from './transports/kafka.ts'

export interface Topic {
  topic: string
  /** Null where it is not there. */
  partitions: number | null
}

/** The topics as they are. @param create - those that are missing are made */
export async function topicsOf(messaging: Messaging, { create }: { create: boolean }) {
  const transport = messaging.transport() as KafkaTransport
  try {
    const topics: Topic[] = []
    for (const { name } of messaging.config.modules) {
      const partitions = await (create ? transport.openTopic(name) : transport.findTopic(name))
      topics.push({ topic: name, partitions })
    }
    return topics
  } finally {
    await transport.close()
  }
}

/**
 * Changes how many partitions a module's topic has. A key changes its partition then, so first the
 * relay is made to step down, and all that is published is handled, also by a consumer that runs elsewhere:
 * nothing of a key is left behind that a later message could overtake. Orders are accepted meanwhile.
 *
 * @param by.signal - ends the waiting, before anything is changed
 * @throws Error when the topic has more already, or `by.signal` was aborted
 */
export async function changePartitions(
  messaging: Messaging,
  module: string,
  wanted: number,
  by: Operator & { db: Database; signal: AbortSignal }
) {
  const transport = messaging.transport() as KafkaTransport
  const { direct } = messaging.config.modules.find(({ name }) => name === module)!
  const client = await openConnection(direct)
  try {
    await takeRelayLock(client, module, by.signal)
    const partitions = await transport.openTopic(module)
    if (partitions > wanted) {
      throw new Error(
        `the topic ${module} has ${partitions} partitions: Kafka cannot take some away`
      )
    }
    // Somebody may have changed the topic by other means: then the record alone is to be set right.
    const { rows } = await client.query<{ transport: string | null; partitions: number | null }>(
      'select transport, partitions from messaging_state'
    )
    const [known] = rows
    const isKnown = known.transport === 'kafka' && known.partitions === wanted
    if (partitions === wanted && isKnown) return
    await publishedIsHandled(messaging, transport, module, by.signal)
    const record = by.db.connection(module)
    const act = await recordAct(record, 'partitions', by, { topic: module })
    if (partitions < wanted) await transport.addPartitions(module, wanted)
    await client.query(`update messaging_state set transport = 'kafka', partitions = $1`, [wanted])
    await endAct(record, act, { before: partitions, now: wanted })
  } finally {
    await client.end()
    await transport.close()
  }
}

/** Whoever leads hears it, ends what is under way, and lets go. */
async function takeRelayLock(client: Client, module: string, signal: AbortSignal) {
  for (;;) {
    await client.query(`select pg_notify($1, $2)`, [`outbox_${module}`, STEP_DOWN])
    const { rows } = await client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock('outbox'::regclass::oid::bigint) as locked`
    )
    if (rows[0].locked) return
    await sleep(50, undefined, { signal })
  }
}

async function publishedIsHandled(
  messaging: Messaging,
  transport: KafkaTransport,
  topic: string,
  signal: AbortSignal
) {
  const hears = (consumer: string) =>
    messaging.config.modules.some(({ name }) => name === consumer) &&
    messaging.consumer(consumer).topics.includes(topic)
  for (const consumer of messaging.config.consumers) {
    if (!hears(consumer) && !(await transport.hasHeard(consumer, topic))) continue
    while ((await transport.lag(consumer, [topic])) > 0) await sleep(200, undefined, { signal })
  }
}
