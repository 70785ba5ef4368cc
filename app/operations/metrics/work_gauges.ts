/*
 * What this process does at the moment.
 */
import type { Database } from '@adonisjs/lucid/database'
import { collectDefaultMetrics, Gauge, register } from 'prom-client'
import type { Messaging } from '#messaging/messaging'

/** Gauges with the name of a counter, which promtool refuses. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total']

/** Processor, memory, event loop and file handles, as https://github.com/siimon/prom-client names them. */
export function measureProcess() {
  collectDefaultMetrics()
  for (const name of [...MISNAMED, 'nodejs_active_resources_total']) {
    register.removeSingleMetric(name)
  }
}

export function measurePools(db: Database, connections: string[]) {
  new Gauge({
    name: 'quartermaster_database_connections',
    help: 'Connections of each pool by state; waiting are those who wait for one.',
    labelNames: ['pool', 'state'] as const,
    collect() {
      for (const pool of connections) {
        const { pool: knexPool } = db.connection(pool).getWriteClient().client as KnexClient
        this.set({ pool, state: 'used' }, knexPool.numUsed())
        this.set({ pool, state: 'free' }, knexPool.numFree())
        this.set({ pool, state: 'waiting' }, knexPool.numPendingAcquires())
      }
    },
  })
}

interface KnexClient {
  pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number }
}

export function measureWork(messaging: Messaging) {
  new Gauge({
    name: 'quartermaster_outbox_relay_leader',
    help: '1 where the relay of a module leads in this process; the sum of all processes is 1.',
    labelNames: ['module'] as const,
    collect() {
      this.reset()
      for (const { module, leads } of messaging.workers().relays)
        this.set({ module }, leads ? 1 : 0)
    },
  })
  new Gauge({
    name: 'quartermaster_consumer_paused',
    help: '1 while a consumer is paused because nearly every message fails.',
    labelNames: ['consumer'] as const,
    collect() {
      this.reset()
      for (const { name, paused } of messaging.workers().consumers) {
        this.set({ consumer: name }, paused ? 1 : 0)
      }
    },
  })
  new Gauge({
    name: 'quartermaster_consumer_last_commit_timestamp_seconds',
    help: 'When a consumer of this process committed its last batch; before its first, when it began.',
    labelNames: ['consumer'] as const,
    collect() {
      this.reset()
      for (const { name, lastCommit } of messaging.workers().consumers) {
        this.set({ consumer: name }, lastCommit / 1_000)
      }
    },
  })
  measureStalls(messaging)
}

function measureStalls(messaging: Messaging) {
  new Gauge({
    name: 'quartermaster_consumer_partition_stalled_seconds',
    help: 'For how long a partition of this process that has records has made no progress, from a minute on.',
    labelNames: ['consumer', 'topic', 'partition'] as const,
    collect() {
      this.reset()
      for (const { consumer, topic, partition, since, why } of messaging.heldUp()) {
        const seconds = (Date.now() - since) / 1_000
        if (why === 'stalled') this.set({ consumer, topic, partition }, seconds)
      }
    },
  })
}
