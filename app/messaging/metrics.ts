/*
 * What the kernel counts as it works; https://prometheus.io/docs/practices/naming/.
 */
import { Counter, Histogram } from 'prom-client'

export const consumed = new Counter({
  name: 'quartermaster_consumer_messages_total',
  help: 'Messages by what has become of them: handled, repeated (seen before), skipped (nobody hears that type), dead (a dead letter now).',
  labelNames: ['consumer', 'type', 'outcome'] as const,
})

export const retries = new Counter({
  name: 'quartermaster_consumer_retries_total',
  help: 'Transactions of a consumer that failed and were tried again, whole or by halves.',
  labelNames: ['consumer'] as const,
})

export const publishLatency = new Histogram({
  name: 'quartermaster_outbox_publish_latency_seconds',
  help: 'From the writing of a message to its acknowledgement by the transport; replayed ones are left out.',
  labelNames: ['module'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
})
