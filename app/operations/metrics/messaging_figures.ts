/*
 * The kernel's gauges: the backlog of each module's outbox and consumer. They are read from the database, so every
 * process reports the same values; process_gauges.ts has those of one process.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { Gauge } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'
import { retriedKeys, type RetriedKey } from '#messaging/inbox/blocked_keys'
import { stoppedPartitions } from '#messaging/inbox/unreadable_batches'
import type { Messaging } from '#messaging/messaging'
import { PENDING_KINDS, readBacklog, type Backlog } from '#messaging/recovery/backlog'
import {
  stopWarning,
  otherThan,
  type StoppedPartition,
} from '#messaging/transports/stopped_partitions'

/** Seconds of waiting that are worth a warning. */
const LONG_WAIT = 60
/** Lag of a consumer that is worth a warning, in messages. */
const FAR_BEHIND = 10_000

/** Retried keys that are counted, and those that a warning names. */
const COUNTED_KEYS = 101
const NAMED_KEYS = 3

const labelNames = ['module'] as const

const pending = new Gauge({
  name: 'quartermaster_outbox_pending',
  help: 'Messages that are not published: waiting, parked behind one that the broker refuses, or replayed. Counted up to 10,001.',
  labelNames: ['module', 'kind'] as const,
})
const oldest = new Gauge({
  name: 'quartermaster_outbox_oldest_pending_age_seconds',
  help: 'Age of the oldest message that is not published, 0 when there is none.',
  labelNames: ['module', 'kind'] as const,
})
const parkedKeys = new Gauge({
  name: 'quartermaster_outbox_parked_keys',
  help: 'Keys whose messages wait behind one that the broker refuses.',
  labelNames,
})
const blockedKeys = new Gauge({
  name: 'quartermaster_consumer_waiting_keys',
  help: 'Keys whose messages wait behind a dead letter.',
  labelNames,
})
const deadLetters = new Gauge({
  name: 'quartermaster_consumer_dead_letters',
  help: 'Messages that could not be handled, and those that wait behind them. Counted up to 10,001.',
  labelNames,
})
const retried = new Gauge({
  name: 'quartermaster_consumer_held_keys',
  help: 'Keys with a message that hits a time limit; they are retried. Counted up to 101.',
  labelNames,
})
const stopped = new Gauge({
  name: 'quartermaster_consumer_partition_stopped',
  help: '1 while a consumer has stopped a partition at a batch that it cannot read.',
  labelNames: ['consumer', 'topic', 'partition'] as const,
})
const lag = new Gauge({
  name: 'quartermaster_consumer_lag',
  help: 'Messages in the topics that a consumer has not handled. Missing on the embedded transport, which stores none.',
  labelNames: ['consumer'] as const,
})

export class MessagingFigures implements Figures {
  readonly source
  #backlog: Backlog | null = null
  #lag: number | null = null
  #retried: RetriedKey[] = []
  #stopped: StoppedPartition[] = []

  constructor(
    readonly messaging: Messaging,
    readonly module: string,
    readonly client: () => QueryClientContract
  ) {
    this.source = `messages of ${module}`
  }

  async read() {
    const { module } = this
    const backlog = await readBacklog(this.client(), module)
    this.#backlog = backlog
    for (const kind of PENDING_KINDS) {
      pending.set({ module, kind }, backlog.pending[kind])
      oldest.set({ module, kind }, backlog.oldest[kind])
    }
    parkedKeys.set({ module }, backlog.parkedKeys)
    blockedKeys.set({ module }, backlog.blockedKeys)
    deadLetters.set({ module }, backlog.deadLetters)
    this.#retried = await retriedKeys(this.client(), module, COUNTED_KEYS)
    retried.set({ module }, this.#retried.length)
    this.#setStopped(await stoppedPartitions(this.client()))
    // The figures of the database remain when the broker is unreachable.
    this.#setLag(await this.messaging.lag(module).catch(() => null))
  }

  forget() {
    const { module } = this
    this.#backlog = null
    this.#retried = []
    this.#setStopped([])
    this.#setLag(null)
    for (const kind of PENDING_KINDS) {
      pending.remove({ module, kind })
      oldest.remove({ module, kind })
    }
    for (const gauge of [parkedKeys, blockedKeys, deadLetters, retried]) gauge.remove({ module })
  }

  /** Warnings for operators; empty while everything works. */
  warnings(): string[] {
    if (!this.#backlog) return []
    const { module } = this
    const { parkedKeys: parked, oldest: ages } = this.#backlog
    const lagging = this.#lag ?? 0
    // `messaging` itself warns of the partitions that this process has stopped.
    const stoppedElsewhere = otherThan(this.messaging.stoppedPartitions(), this.#stopped)
    return [
      ...(parked > 0 ? [`outbox of ${module}: keys are parked (${parked})`] : []),
      ...(ages.waiting > LONG_WAIT
        ? [`outbox of ${module}: a message has waited ${Math.round(ages.waiting)} s`]
        : []),
      ...(lagging > FAR_BEHIND ? [`consumer ${module}: it is ${lagging} messages behind`] : []),
      ...this.#retriedKeys(),
      ...stoppedElsewhere.map(stopWarning),
    ]
  }

  #retriedKeys() {
    const named = this.#retried.slice(0, NAMED_KEYS).map(({ messageId, key, tries, error }) => {
      const why = (error ?? '').split(' - ').at(-1)
      return `consumer ${this.module}: message ${messageId} hits a time limit, ${tries} tries (${why}): key ${key} waits and is retried`
    })
    const more = this.#retried.length - named.length
    return more > 0
      ? [...named, `consumer ${this.module}: messages of ${more} more keys hit a time limit`]
      : named
  }

  #setStopped(now: StoppedPartition[]) {
    for (const { consumer, topic, partition } of this.#stopped) {
      stopped.remove({ consumer, topic, partition })
    }
    for (const { consumer, topic, partition } of now) {
      stopped.set({ consumer, topic, partition }, 1)
    }
    this.#stopped = now
  }

  #setLag(now: number | null) {
    this.#lag = now
    if (now === null) lag.remove({ consumer: this.module })
    else lag.set({ consumer: this.module }, now)
  }
}
