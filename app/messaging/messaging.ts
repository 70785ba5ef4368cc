/*
 * The kernel at work in this process: one relay and one consumer per module, on one transport.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { Database } from '@adonisjs/lucid/database'
import { Consumer } from './consumer.ts'
import type { MessagingConfig } from './define_config.ts'
import { inboxNeeded } from './inbox_needed.ts'
import { outboxStatus } from './outbox_status.ts'
import { Relay } from './relay.ts'
import { EmbeddedTransport } from './transports/embedded.ts'
import { KafkaTransport } from './transports/kafka.ts'
import type { Subscription } from './subscription.ts'
import { tellTheLeader } from './tell_the_leader.ts'
import type { Transport } from './transports/transport.ts'
import { Solitude } from './unclean_stops.ts'
import { settledEnd, verify } from './verify.ts'

const HOUR_MS = 3_600_000

/** Whoever ends a process kills it some seconds later: Docker after ten. */
const STOP_WITHIN_MS = 6_000
/** After that, for the connections. */
const CLOSE_WITHIN_MS = 2_000
const LAG_WITHIN_MS = 1_000

export interface MessagingParts {
  relay: boolean
  consumers: boolean
}

export class Messaging {
  readonly #db: Database
  readonly #logger: Logger
  readonly #subscriptions = new Map<string, Subscription[]>()
  readonly #solitude = new Solitude()
  #running: {
    transport: Transport
    relays: Relay[]
    consumers: Consumer[]
    /** Each ends the telling of leaders elsewhere. */
    told: (() => void)[]
  } | null = null

  constructor(
    readonly config: MessagingConfig,
    db: Database,
    logger: Logger
  ) {
    this.#db = db
    this.#logger = logger
  }

  /** Says what a module hears; called once for each module by the composition root. */
  subscribe(module: string, subscriptions: Subscription[]) {
    this.#subscriptions.set(module, subscriptions)
  }

  /** The types + versions that a module's consumer handles. */
  heardBy(module: string) {
    return this.consumer(module).definitions
  }

  /** A consumer outside the running ones, for a redrive or a question. */
  consumer(module: string) {
    return new Consumer({
      name: module,
      client: () => this.#db.connection(module),
      subscriptions: this.#subscriptions.get(module) ?? [],
      logger: this.#logger,
      solitude: this.#solitude,
    })
  }

  get transportName() {
    return this.#running?.transport.name ?? (this.config.kafka ? 'kafka' : 'embedded')
  }

  /** The transport that the settings ask for. */
  transport(): Transport {
    const { kafka } = this.config
    return kafka ? new KafkaTransport({ ...kafka, logger: this.#logger }) : new EmbeddedTransport()
  }

  /**
   * Starts relays and consumers. A broker or database that is away delays messages, not the start.
   *
   * @param parts - an embedded relay hands over to the consumers of its process and to no other: without
   *   them it does not start, and leaves the lock to a process that has them
   */
  start(transport = this.transport(), parts: MessagingParts = { relay: true, consumers: true }) {
    const { modules, acceptTransportChange } = this.config
    const consumers = parts.consumers ? modules.map(({ name }) => this.consumer(name)) : []
    for (const consumer of consumers) transport.subscribe(consumer)
    const publishes = parts.relay && (parts.consumers || transport.name === 'kafka')
    const relays = (publishes ? modules : []).map(
      ({ name, direct }) =>
        new Relay({
          module: name,
          connection: direct,
          transport,
          acceptTransportChange,
          retention: this.config.retention,
          hears: this.consumer(name).topics,
          logger: this.#logger,
        })
    )
    for (const relay of relays) relay.start()
    const told = publishes ? [] : modules.map(({ name }) => tellTheLeader(this.#db, name))
    this.#running = { transport, relays, consumers, told }
  }

  /**
   * Quiet first: no more is begun, and what is under way is finished and marked. After the deadline what
   * is left is left undone, and repeated at the next start.
   *
   * @param deadline - milliseconds
   */
  async stop(deadline = STOP_WITHIN_MS) {
    const running = this.#running
    if (!running) return
    this.#running = null
    const { transport, relays, consumers, told } = running
    for (const forget of told) forget()
    const ended = Promise.all(relays.map((relay) => relay.stop()))
    const late = sleep(deadline, undefined, { ref: false }).then(() => {
      for (const consumer of consumers) consumer.stop()
    })
    await Promise.race([ended, late])
    const closed = Promise.all([ended, transport.close()])
    // A broker that hangs holds up neither the end nor what is still to be said to the database.
    const given = late.then(() => sleep(CLOSE_WITHIN_MS, undefined, { ref: false }))
    await Promise.race([closed, given])
    await Promise.allSettled(consumers.map((consumer) => consumer.leave()))
  }

  /**
   * Proves that no message is lost, or says which are.
   *
   * @param olderThan - milliseconds; a younger message may well be on its way
   * @param transport - whose topics are searched; none is searched without one
   */
  async verify(olderThan: number, transport?: Transport, turn?: (checked: number) => void) {
    const modules = this.config.modules.map((module) => ({
      ...module,
      hears: this.heardBy(module.name),
    }))
    return verify(modules, {
      ...{ olderThan, turn },
      contents: async (topic, seen) => (await transport?.contents(topic, seen)) ?? null,
    })
  }

  /** Puts on record that everything up to now is handled: the transport may be changed. */
  async recordVerified() {
    const clients = this.config.modules.map(({ name }) => this.#db.connection(name))
    // Before the look: what is committed during it is not proven.
    const ends = await Promise.all(clients.map(settledEnd))
    const { findings } = await this.verify(0)
    if (findings.length > 0) return
    if (ends.includes(null)) return
    for (const [place, client] of clients.entries()) {
      await client.rawQuery('update messaging_state set verified_id = ?', [ends[place]!])
    }
  }

  /**
   * Milliseconds that inboxes remember a message: as set, or as long as it may be delivered again.
   *
   * @throws while the broker is away
   */
  async inboxRetention(): Promise<number> {
    const { inbox, outbox } = this.config.retention
    const transport = this.#running?.transport
    if (inbox !== undefined) return inbox
    if (!transport) throw new Error('messaging is not running')
    const modules = this.config.modules.map(({ name }) => name)
    const topics = new Set(modules.flatMap((name) => [name, ...this.consumer(name).topics]))
    const needed = [...topics].map((topic) => inboxNeeded(transport, topic, outbox))
    // What is handled is marked published a moment later, and deleted a moment later too.
    return Math.max(...(await Promise.all(needed))) + HOUR_MS
  }

  async outboxStatus() {
    return Promise.all(this.config.modules.map(({ name, direct }) => outboxStatus(name, direct)))
  }

  /** Whether the relay of a module leads in this process: what must be done once is done there. */
  leads(module: string) {
    return this.#running?.relays.some((relay) => relay.module === module && relay.leads) ?? false
  }

  get running() {
    return this.#running !== null
  }

  /** What runs in this process; nothing while messaging does not run. */
  work() {
    return this.#running ?? { relays: [], consumers: [] }
  }

  /**
   * Messages in the topics that a module's consumer has not handled; null where the outbox tells it.
   *
   * @throws also when the broker does not answer within a second: whoever asks wants to show other things too
   */
  async lag(module: string): Promise<number | null> {
    const { topics } = this.consumer(module)
    const answered = new AbortController()
    const late = sleep(LAG_WITHIN_MS, undefined, { signal: answered.signal }).then(() => {
      throw new Error(`the broker does not say how far the consumer ${module} is`)
    })
    const lag = this.#running?.transport.lag(module, topics)
    return (await Promise.race([lag, late]).finally(() => answered.abort())) ?? null
  }

  /** What only a new process can mend, in words; empty as long as this one can help itself. */
  stuck(): string[] {
    if (!this.#running) return []
    const { transport, consumers } = this.#running
    return [transport, ...consumers].flatMap((part) => part.stuck())
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    if (!this.#running) return ['messaging is not running']
    const { transport, relays, consumers } = this.#running
    return [transport, ...relays, ...consumers].flatMap((part) => part.degraded())
  }
}
