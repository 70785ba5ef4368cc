/*
 * Gauges of this process.
 */
import type { Database } from '@adonisjs/lucid/database'
import { collectDefaultMetrics, Gauge, register } from 'prom-client'
import type { Messaging } from '#messaging/messaging'

/** Gauges whose names end like those of counters, which promtool refuses. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** CPU, memory, event loop and file handles, under the names of https://github.com/siimon/prom-client. */
export function measureProcess() {
  collectDefaultMetrics()
  for (const name of MISNAMED) register.removeSingleMetric(name)
}

export function measurePools(db: Database, connections: string[]) {
  gauge(
    'quartermaster_database_connections',
    'Connections of each pool by state; waiting are those who wait for one.',
    ['pool', 'state'],
    () =>
      connections.flatMap((name) => {
        const { pool } = db.connection(name).getWriteClient().client as KnexClient
        return [
          [[name, 'used'], pool.numUsed()],
          [[name, 'free'], pool.numFree()],
          [[name, 'waiting'], pool.numPendingAcquires()],
        ]
      })
  )
}

interface KnexClient {
  pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number }
}

export function measureWork(messaging: Messaging) {
  gauge(
    'quartermaster_outbox_relay_leader',
    '1 where the relay of a module leads in this process; the sum of all processes is 1.',
    ['module'],
    () => messaging.workers().relays.map(({ module, leads }) => [[module], leads ? 1 : 0])
  )
  gauge(
    'quartermaster_consumer_paused',
    '1 while a consumer is paused because nearly every message fails.',
    ['consumer'],
    () => messaging.workers().consumers.map(({ name, paused }) => [[name], paused ? 1 : 0])
  )
  gauge(
    'quartermaster_consumer_last_commit_timestamp_seconds',
    'When a consumer of this process committed its last batch; before its first, when it began.',
    ['consumer'],
    () => messaging.workers().consumers.map(({ name, lastCommit }) => [[name], lastCommit / 1_000])
  )
  gauge(
    'quartermaster_consumer_partition_stalled_seconds',
    'For how long a partition of this process that has records has made no progress, from a minute on.',
    ['consumer', 'topic', 'partition'],
    () =>
      messaging
        .stoppedPartitions()
        .filter(({ why }) => why === 'stalled')
        .map(({ consumer, topic, partition, since }) => [
          [consumer, topic, String(partition)],
          (Date.now() - since) / 1_000,
        ])
  )
}

/** A gauge that is read at each scrape. @param read - the values, each after those of the labels */
function gauge(
  name: string,
  help: string,
  labelNames: string[],
  read: () => [labels: string[], value: number][]
) {
  new Gauge({
    ...{ name, help, labelNames },
    collect() {
      this.reset()
      for (const [labels, value] of read()) this.labels(...labels).set(value)
    },
  })
}
