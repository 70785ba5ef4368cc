/*
 * The kernel's gauges: what waits in each module's outbox and at its consumer. Every process tells the
 * same of the database; what it does itself is in work_gauges.ts.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { Gauge } from 'prom-client'
import type { Figures } from '#contracts/figures'
import { backlog, type Backlog, type PendingKind } from '#messaging/backlog'
import type { Messaging } from '#messaging/messaging'

/** Seconds that a message may wait before an operator should know. */
const LONG_WAIT = 60
/** Messages that a consumer of a topic may be behind. */
const FAR_BEHIND = 10_000

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
const lag = new Gauge({
  name: 'quartermaster_consumer_lag',
  help: 'Messages in the topics that a consumer has not handled; on the embedded transport the outbox tells it.',
  labelNames: ['consumer'] as const,
})

export class MessagingFigures implements Figures {
  readonly source
  #last: Backlog | null = null
  #lag: number | null = null

  constructor(
    readonly messaging: Messaging,
    readonly module: string,
    readonly client: () => QueryClientContract
  ) {
    this.source = `messages of ${module}`
  }

  async read() {
    const { module } = this
    this.#last = await backlog(this.client())
    for (const kind of Object.keys(this.#last.pending) as PendingKind[]) {
      pending.set({ module, kind }, this.#last.pending[kind])
      oldest.set({ module, kind }, this.#last.oldest[kind])
    }
    parkedKeys.set({ module }, this.#last.parkedKeys)
    waitingKeys.set({ module }, this.#last.waitingKeys)
    deadLetters.set({ module }, this.#last.deadLetters)
    await this.#readLag()
  }

  forget() {
    const { module } = this
    this.#last = null
    this.#lag = null
    lag.remove({ consumer: module })
    for (const kind of ['waiting', 'parked', 'replayed'] as const) {
      pending.remove({ module, kind })
      oldest.remove({ module, kind })
    }
    for (const gauge of [parkedKeys, waitingKeys, deadLetters]) gauge.remove({ module })
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
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
    return facts.filter(([isSo]) => isSo).map(([, words]) => words)
  }

  /** A broker that is away hides nothing of the database. */
  async #readLag() {
    const consumer = this.module
    this.#lag = await this.messaging.lag(consumer).catch(() => null)
    if (this.#lag === null) lag.remove({ consumer })
    else lag.set({ consumer }, this.#lag)
  }
}
