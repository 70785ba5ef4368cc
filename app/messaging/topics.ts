/*
 * The topics as an operator sees them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { STEP_DOWN } from './leader_connection.ts'
import type { Messaging } from './messaging.ts'
import type { KafkaTransport } from './transports/kafka.ts'

export interface Topic {
  topic: string
  partitions: number
}

/** Creates the topics that are missing. */
export async function openTopics(messaging: Messaging): Promise<Topic[]> {
  const transport = messaging.transport()
  try {
    const topics: Topic[] = []
    for (const { name } of messaging.config.modules) {
      topics.push({ topic: name, partitions: await transport.openTopic(name) })
    }
    return topics
  } finally {
    await transport.close()
  }
}

/**
 * Changes how many partitions a module's topic has. A key changes its partition then, so first the
 * relay is made to step down, and all that is published is handled: nothing of a key is left behind
 * that a later message could overtake. Orders are accepted meanwhile.
 *
 * @throws Error when the topic has more already
 */
export async function changePartitions(messaging: Messaging, module: string, wanted: number) {
  const transport = messaging.transport() as KafkaTransport
  const { direct } = messaging.config.modules.find(({ name }) => name === module)!
  const client = new Client(direct)
  await client.connect()
  try {
    await takeRelayLock(client, module)
    const partitions = await transport.openTopic(module)
    if (partitions > wanted) {
      throw new Error(
        `the topic ${module} has ${partitions} partitions: Kafka cannot take some away`
      )
    }
    await publishedIsHandled(messaging, module)
    if (partitions < wanted) await transport.addPartitions(module, wanted)
    await client.query(`update messaging_state set transport = 'kafka', partitions = $1`, [wanted])
  } finally {
    await client.end()
    await transport.close()
  }
}

/** Whoever leads hears it, ends what is under way, and lets go. */
async function takeRelayLock(client: Client, module: string) {
  for (;;) {
    await client.query(`select pg_notify($1, $2)`, [`outbox_${module}`, STEP_DOWN])
    const { rows } = await client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock('outbox'::regclass::oid::bigint) as locked`
    )
    if (rows[0].locked) return
    await sleep(50)
  }
}

async function publishedIsHandled(messaging: Messaging, module: string) {
  for (;;) {
    const { findings } = await messaging.verify(0)
    if (!findings.some((found) => found.module === module && found.kind === 'not_handled')) return
    await sleep(100)
  }
}
