/*
 * The kernel's counters and histograms; https://prometheus.io/docs/practices/naming/.
 */
import { Counter, Histogram, type Registry } from 'prom-client'

export type MessagingMetrics = ReturnType<typeof messagingMetrics>

/** Registers the metrics under `<prefix>_…`, or finds those that were registered before. */
export function messagingMetrics({ registry, prefix }: { registry: Registry; prefix: string }) {
  const registered = <Of extends { name: string }, One>(Metric: new (of: Of) => One, of: Of) => {
    const name = `${prefix}_${of.name}`
    const known = registry.getSingleMetric(name) as One | undefined
    return known ?? new Metric({ ...of, name, registers: [registry] })
  }
  return {
    consumed: registered(Counter<'consumer' | 'type' | 'outcome'>, {
      name: 'consumer_messages_total',
      help: 'Messages by outcome: handled, repeated (seen before), skipped (no subscription to the type), dead (dead-lettered).',
      labelNames: ['consumer', 'type', 'outcome'],
    }),
    retries: registered(Counter<'consumer'>, {
      name: 'consumer_retries_total',
      help: 'Consumer transactions that failed and were retried, whole or split.',
      labelNames: ['consumer'],
    }),
    publishLatency: registered(Histogram<'module'>, {
      name: 'outbox_publish_latency_seconds',
      help: 'Time from the insert of a message to its acknowledgement by the transport, without replayed messages.',
      labelNames: ['module'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
    }),
  }
}
