/*
 * The kernel's gauges: what waits in each module's outbox and at its consumer. Every process tells the
 * same of the database; what it does itself is in work_gauges.ts.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { Gauge } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'
import { retriedKeys, type RetriedKey } from '#messaging/inbox/blocked_keys'
import { PENDING_KINDS, readBacklog, type Backlog } from '#messaging/recovery/backlog'
import type { Messaging } from '#messaging/messaging'
import { inWords, otherThan, type HeldUpPartition } from '#messaging/transports/held_up_partitions'
import { stoppedPartitions } from '#messaging/inbox/unreadable_batches'

/** Seconds that a message may wait before an operator should know. */
const LONG_WAIT = 60
/** Messages that a consumer of a topic may be behind. */
const FAR_BEHIND = 10_000

/** Keys set aside that readiness names; the metric counts as many as these. */
const HELD_KEYS = 101
const NAMED = 3

const labelNames = ['module'] as const

const pending = new Gauge({
  name: 'quartermaster_outbox_pending',
  help: 'Messages that are not published: waiting for their turn, parked behind one that the broker refuses, or replayed. Counted up to 10,001.',
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
const waitingKeys = new Gauge({
  name: 'quartermaster_consumer_waiting_keys',
  help: 'Keys whose messages wait behind a dead letter.',
  labelNames,
})
const deadLetters = new Gauge({
  name: 'quartermaster_consumer_dead_letters',
  help: 'Messages that could not be handled, and those that wait behind them. Counted up to 10,001.',
  labelNames,
})
const held = new Gauge({
  name: 'quartermaster_consumer_held_keys',
  help: 'Keys set aside because a message of them hits a time limit; they are retried. Counted up to 101.',
  labelNames,
})
const stopped = new Gauge({
  name: 'quartermaster_consumer_partition_stopped',
  help: '1 while a consumer has stopped a partition at a batch that it cannot read.',
  labelNames: ['consumer', 'topic', 'partition'] as const,
})
const lag = new Gauge({
  name: 'quartermaster_consumer_lag',
  help: 'Messages in the topics that a consumer has not handled; on the embedded transport the outbox tells it.',
  labelNames: ['consumer'] as const,
})

export class MessagingFigures implements Figures {
  readonly source
  #last: Backlog | null = null
  #lag: number | null = null
  #held: RetriedKey[] = []
  #stopped: HeldUpPartition[] = []

  constructor(
    readonly messaging: Messaging,
    readonly module: string,
    readonly client: () => QueryClientContract
  ) {
    this.source = `messages of ${module}`
  }

  async read() {
    const { module } = this
    this.#last = await readBacklog(this.client(), module)
    for (const kind of PENDING_KINDS) {
      pending.set({ module, kind }, this.#last.pending[kind])
      oldest.set({ module, kind }, this.#last.oldest[kind])
    }
    parkedKeys.set({ module }, this.#last.parkedKeys)
    waitingKeys.set({ module }, this.#last.blockedKeys)
    deadLetters.set({ module }, this.#last.deadLetters)
    this.#held = await retriedKeys(this.client(), module, HELD_KEYS)
    held.set({ module }, this.#held.length)
    this.#measureStopped(await stoppedPartitions(this.client()))
    await this.#readLag()
  }

  forget() {
    const { module } = this
    this.#last = null
    this.#lag = null
    this.#held = []
    this.#measureStopped([])
    lag.remove({ consumer: module })
    for (const kind of PENDING_KINDS) {
      pending.remove({ module, kind })
      oldest.remove({ module, kind })
    }
    for (const gauge of [parkedKeys, waitingKeys, deadLetters, held]) gauge.remove({ module })
  }

  /** What an operator should know, in words; empty while all is well. */
  warnings(): string[] {
    if (!this.#last) return []
    const { parkedKeys: parked, oldest: ages } = this.#last
    const facts: [boolean, string][] = [
      [parked > 0, `outbox of ${this.module}: keys are parked (${parked})`],
      [
        ages.waiting > LONG_WAIT,
        `outbox of ${this.module}: a message has waited ${Math.round(ages.waiting)} s`,
      ],
      [
        (this.#lag ?? 0) > FAR_BEHIND,
        `consumer ${this.module}: it is ${this.#lag} messages behind`,
      ],
    ]
    return [
      ...facts.filter(([isSo]) => isSo).map(([, words]) => words),
      ...this.#retriedKeys(),
      ...this.#stoppedElsewhere(),
    ]
  }

  /** Those that a consumer of this process has stopped, messaging names itself. */
  #stoppedElsewhere() {
    return otherThan(this.messaging.heldUp(), this.#stopped).map(inWords)
  }

  #measureStopped(now: HeldUpPartition[]) {
    for (const { consumer, topic, partition } of this.#stopped) {
      stopped.remove({ consumer, topic, partition })
    }
    for (const { consumer, topic, partition } of now) {
      stopped.set({ consumer, topic, partition }, 1)
    }
    this.#stopped = now
  }

  #retriedKeys() {
    const named = this.#held.slice(0, NAMED).map(({ messageId, key, tries, error }) => {
      const why = (error ?? '').split(' - ').at(-1)
      return `consumer ${this.module}: message ${messageId} hits a time limit, ${tries} tries (${why}): key ${key} waits and is retried`
    })
    const more = this.#held.length - named.length
    return more > 0
      ? [...named, `consumer ${this.module}: messages of ${more} more keys hit a time limit`]
      : named
  }

  /** A broker that is away hides nothing of the database. */
  async #readLag() {
    const consumer = this.module
    this.#lag = await this.messaging.lag(consumer).catch(() => null)
    if (this.#lag === null) lag.remove({ consumer })
    else lag.set({ consumer }, this.#lag)
  }
}
