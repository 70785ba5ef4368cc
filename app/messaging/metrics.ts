/*
 * The kernel's counters and histograms; https://prometheus.io/docs/practices/naming/.
 */
import { Counter, Histogram, type Registry } from 'prom-client'

export type MessagingMetrics = ReturnType<typeof messagingMetrics>

/** Registers the metrics under `<prefix>_…`, or finds those that were registered before. */
export function messagingMetrics({ registry, prefix }: { registry: Registry; prefix: string }) {
  const registers = [registry]

  function counter<Label extends string>(name: string, help: string, labelNames: Label[]) {
    const known = registry.getSingleMetric(`${prefix}_${name}`) as Counter<Label> | undefined
    return known ?? new Counter({ name: `${prefix}_${name}`, help, labelNames, registers })
  }

  function histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    buckets: number[]
  ) {
    const known = registry.getSingleMetric(`${prefix}_${name}`) as Histogram<Label> | undefined
    return (
      known ?? new Histogram({ name: `${prefix}_${name}`, help, labelNames, buckets, registers })
    )
  }

  return {
    consumed: counter(
      'consumer_messages_total',
      'Messages by outcome: handled, repeated (seen before), skipped (no subscription to the type), dead (dead-lettered).',
      ['consumer', 'type', 'outcome']
    ),
    retries: counter(
      'consumer_retries_total',
      'Consumer transactions that failed and were retried, whole or split.',
      ['consumer']
    ),
    publishLatency: histogram(
      'outbox_publish_latency_seconds',
      'Time from the insert of a message to its acknowledgement by the transport, without replayed messages.',
      ['module'],
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300]
    ),
  }
}
