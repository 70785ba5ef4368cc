/*
 * Series of each alert: some with which it fires, and similar ones with which it does not. A sample a minute, in the
 * notation of promtool: `5x100` stays at 5, `0+60x100` rises by 60 a minute. Time starts at 1970.
 */
type Series = Record<string, string>

export interface AlertCase {
  fires: Series
  quiet: Series
  /** Minutes after the first sample; 90 by default. */
  at?: number
}

const Q = 'quartermaster_'
const always = (name: string, value: number, samples = 100): Series => ({
  [Q + name]: `${value}x${samples}`,
})
const rising = (name: string, perMinute: number): Series => ({ [Q + name]: `0+${perMinute}x100` })

/** Fires with one value and not with the other. */
const gauge = (name: string, fires: number, quiet: number): AlertCase => ({
  fires: always(name, fires),
  quiet: always(name, quiet),
})
/** The same for a counter, by its increase a minute. */
const counter = (name: string, fires: number, quiet: number): AlertCase => ({
  fires: rising(name, fires),
  quiet: rising(name, quiet),
})
/** A histogram with all observations in the bucket below `fires`, and below `quiet`. */
const histogram = (name: string, label: string, fires: number, quiet: number): AlertCase => {
  const below = (bound: number) => ({
    ...rising(`${name}_bucket{${label},le="0.1"}`, 0),
    ...rising(`${name}_bucket{${label},le="${bound}"}`, 60),
    ...rising(`${name}_bucket{${label},le="+Inf"}`, 60),
  })
  return { fires: below(fires), quiet: below(quiet) }
}

const REQUESTS = 'http_request_duration_seconds_count'
const requests = {
  ...rising(`${REQUESTS}{status="2xx"}`, 900),
  ...rising(`${REQUESTS}{status="5xx"}`, 60),
}
const lag = always('consumer_lag{consumer="orders"}', 5)
const pending = always('outbox_pending{module="orders",kind="waiting"}', 0)
const lastRun = 'retention_last_run_timestamp_seconds{module="orders",table="outbox"}'

export const CASES: Record<string, AlertCase> = {
  ProcessDown: {
    fires: { 'up{job="quartermaster"}': '0x100' },
    quiet: { 'up{job="quartermaster"}': '1x100' },
  },
  DatabaseUnreachable: {
    fires: always('figures_up{source="orders"}', 0),
    quiet: {
      ...always('figures_up{source="orders",instance="a"}', 0),
      ...always('figures_up{source="orders",instance="b"}', 1),
    },
  },
  HighErrorRate: {
    fires: requests,
    // Orders that overload rejects have an alert of their own.
    quiet: { ...requests, ...rising('orders_placements_sent_away_total', 60) },
  },
  SlowResponses: histogram('http_request_duration_seconds', 'route="orders"', 5, 1),
  OrdersRejectedByOverload: counter('orders_placements_sent_away_total', 60, 1),
  RequestBodiesRejected: counter('http_bodies_rejected_total{reason="own"}', 120, 6),
  EventStreamsRejected: {
    fires: rising('event_streams_rejected_total{reason="process"}', 6),
    quiet: rising('event_streams_rejected_total{reason="account"}', 6),
  },
  LogInAttemptsRejected: {
    fires: rising('accounts_log_in_attempts_total{outcome="rejected"}', 60),
    quiet: rising('accounts_log_in_attempts_total{outcome="wrong"}', 60),
  },
  DatabasePoolExhausted: gauge(
    'database_connections{pool="orders",state="waiting"}',
    ...([11, 10] as const)
  ),
  EventLoopLagging: {
    fires: { nodejs_eventloop_lag_p99_seconds: '0.6x100' },
    quiet: { nodejs_eventloop_lag_p99_seconds: '0.4x100' },
  },
  NoRelayLeader: {
    fires: pending,
    quiet: { ...pending, ...always('outbox_relay_leader{module="orders"}', 1) },
  },
  WorkerRoleMissing: gauge('worker_role_unseen_seconds{module="orders",role="relay"}', 61, 60),
  OutboxStalled: gauge(
    'outbox_oldest_pending_age_seconds{module="orders",kind="waiting"}',
    ...([61, 60] as const)
  ),
  OutboxPublishSlow: histogram('outbox_publish_latency_seconds', 'module="orders"', 10, 1),
  OutboxKeysParked: gauge('outbox_parked_keys{module="orders"}', 1, 0),
  ConsumerLagging: gauge('consumer_lag{consumer="orders"}', 10_001, 10_000),
  ConsumerStalled: {
    // A consumer that has never committed reports no commit.
    fires: lag,
    quiet: {
      ...lag,
      ...rising('consumer_last_commit_timestamp_seconds{consumer="orders"}', 60),
    },
  },
  PartitionStopped: gauge(
    'consumer_partition_stopped{consumer="orders",topic="inventory",partition="0"}',
    ...([1, 0] as const)
  ),
  PartitionStalled: {
    fires: always('consumer_partition_stalled_seconds{consumer="orders"}', 70),
    quiet: lag,
  },
  ConsumerPaused: gauge('consumer_paused{consumer="orders"}', 1, 0),
  ConsumerRetrying: counter('consumer_retries_total{consumer="orders"}', 60, 12),
  KeysBlockedByTimeLimit: gauge('consumer_held_keys{module="orders"}', 1, 0),
  DeadLetters: gauge('consumer_dead_letters{module="orders"}', 1, 0),
  OrdersNeedAttention: gauge('orders_needing_attention', 1, 0),
  StockRequestsResent: counter('orders_swept_total{outcome="resent"}', 3, 1),
  MailDelayed: gauge('mail_oldest_pending_age_seconds{module="orders"}', 901, 900),
  MailQueuePaused: gauge('mail_paused', 1, 0),
  MailDeliveryFailed: {
    at: 26 * 60,
    fires: { [`${Q}mail_given_up{module="orders"}`]: '1x1500 2x100' },
    // Given up more than a day ago.
    quiet: always('mail_given_up{module="orders"}', 1, 1_600),
  },
  RetentionOverdue: { fires: always(lastRun, 0), quiet: rising(lastRun, 60) },
  RetentionNotRunning: { fires: pending, quiet: { ...pending, ...rising(lastRun, 60) } },
}
