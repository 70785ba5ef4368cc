/*
 * The running kernel of this process: one relay and one consumer per module, on one transport.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { Database } from '@adonisjs/lucid/database'
import type { MessagingConfig } from './define_config.ts'
import { Consumer } from './inbox/consumer.ts'
import type { Subscription } from './inbox/subscription.ts'
import { messagingMetrics } from './metrics.ts'
import { pendingSteps } from './installer.ts'
import { minimumInboxRetention } from './outbox/minimum_inbox_retention.ts'
import { notifyRelay } from './outbox/notify_relay.ts'
import { Relay } from './outbox/relay.ts'
import { segmentPeriod } from './outbox/segments.ts'
import { TransportUnavailable, type Transport } from './transports/transport.ts'
import { Mutex } from './inbox/mutex.ts'
import { UnreadableBatches } from './inbox/unreadable_batches.ts'
import { recordVerified } from './recovery/record_verified.ts'
import { verify } from './recovery/verify.ts'

const HOUR_MS = 3_600_000

/** Docker kills a container ten seconds after the stop signal. */
const STOP_TIMEOUT_MS = 6_000
/** For closing the connections after the stop. */
const CLOSE_TIMEOUT_MS = 2_000
const LAG_TIMEOUT_MS = 1_000

/** The parts of messaging that run in this process. */
export interface MessagingRoles {
  relay: boolean
  consumers: boolean
}

export class Messaging {
  readonly #db: Database
  readonly #logger: Logger
  readonly #subscriptions = new Map<string, Subscription[]>()
  readonly #mutex = new Mutex()
  #schemaDiffers?: (module: string) => Promise<boolean>
  #running: {
    transport: Transport
    relays: Relay[]
    consumers: Consumer[]
    /** Each stops notifying the relay of another process. */
    stopNotifying: (() => void)[]
  } | null = null

  constructor(
    readonly config: MessagingConfig,
    db: Database,
    logger: Logger
  ) {
    this.#db = db
    this.#logger = logger
  }

  /** Sets a module's subscriptions; call it once per module, before `start`. */
  subscribe(module: string, subscriptions: Subscription[]) {
    this.#subscriptions.set(module, subscriptions)
  }

  /** @param differs - whether a migration or a grant is missing in a module's database */
  checkSchemaWith(differs: (module: string) => Promise<boolean>) {
    this.#schemaDiffers = differs
  }

  /** The types + versions to which a module subscribes. */
  subscribedTo(module: string) {
    return this.consumer(module).definitions
  }

  /** An additional consumer, to redrive dead letters or to read its subscriptions. */
  consumer(module: string) {
    return new Consumer({
      name: module,
      namespace: this.config.namespace,
      metrics: messagingMetrics(this.config.metrics),
      client: () => this.#db.connection(module),
      subscriptions: this.#subscriptions.get(module) ?? [],
      logger: this.#logger,
      mutex: this.#mutex,
      schemaDiffers: async () => (await this.#schemaDiffers?.(module)) ?? false,
    })
  }

  /** Name, description and capabilities of the running transport, or of the configured one. */
  get transport(): Pick<Transport, 'name' | 'description' | 'storesMessages' | 'isProcessLocal'> {
    return this.#running?.transport ?? this.createTransport()
  }

  /** A new instance of the configured transport, which the caller closes. */
  createTransport(): Transport {
    return this.config.transport(this.#logger)
  }

  /**
   * Starts relays and consumers. An unreachable broker or database delays messages, not the start.
   *
   * @param roles - with the embedded transport, a relay starts only together with consumers
   */
  start(
    transport = this.createTransport(),
    roles: MessagingRoles = { relay: true, consumers: true }
  ) {
    const { modules } = this.config
    const consumers = roles.consumers ? modules.map(({ name }) => this.consumer(name)) : []
    for (const consumer of consumers) {
      const client = () => this.#db.connection(consumer.name)
      transport.subscribe(consumer, new UnreadableBatches(consumer.name, client))
      consumer.blockedKeyRetries.start({ logger: this.#logger })
    }
    const publishes = roles.relay && (roles.consumers || !transport.isProcessLocal)
    const relays = (publishes ? modules : []).map(
      ({ name, direct }) =>
        new Relay({
          ...this.config,
          module: name,
          connection: direct,
          transport,
          topics: this.consumer(name).topics,
          metrics: messagingMetrics(this.config.metrics),
          logger: this.#logger,
        })
    )
    for (const relay of relays) relay.start()
    const stopNotifying = publishes ? [] : modules.map(({ name }) => notifyRelay(this.#db, name))
    this.#running = { transport, relays, consumers, stopNotifying }
  }

  /**
   * Begins no new batches, and finishes and marks those in progress. Unfinished batches after the timeout
   * are repeated at the next start.
   *
   * @param timeout - milliseconds
   */
  async stop(timeout = STOP_TIMEOUT_MS) {
    const running = this.#running
    if (!running) return
    this.#running = null
    const { transport, relays, consumers, stopNotifying } = running
    for (const stop of stopNotifying) stop()
    const ended = Promise.all([
      ...relays.map((relay) => relay.stop()),
      ...consumers.map((consumer) => consumer.blockedKeyRetries.stop()),
    ])
    const late = sleep(timeout, undefined, { ref: false }).then(() => {
      for (const consumer of consumers) consumer.stop()
    })
    await Promise.race([ended, late])
    const closed = Promise.all([ended, transport.close()])
    // A broker that hangs delays neither the end nor the last statements to the database.
    const closeTimeout = late.then(() => sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false }))
    await Promise.race([closed, closeTimeout])
    await Promise.allSettled(consumers.map((consumer) => consumer.unregister()))
  }

  /**
   * Proves that no message is lost, or lists the missing ones.
   *
   * @param olderThan - milliseconds; younger messages may still be in transit
   * @param transport - its topics are searched too; without it only the databases are
   */
  async verify(olderThan: number, transport?: Transport, onProgress?: (checked: number) => void) {
    return verify(this.#verifiedModules(), {
      ...{ olderThan, onProgress, namespace: this.config.namespace },
      retention: this.config.retention.outbox,
      contents: async (topic, how) => (await transport?.contents(topic, how)) ?? null,
    })
  }

  /** Records that everything up to now is handled, so that the transport may be changed. */
  async recordVerified() {
    await recordVerified(this.#verifiedModules(), this.config)
  }

  #verifiedModules() {
    return this.config.modules.map((module) => ({
      ...module,
      subscribedTo: this.subscribedTo(module.name),
    }))
  }

  /**
   * Milliseconds that inboxes keep a handled id: as set, or as long as it may be delivered again; and as much longer as
   * the outbox keeps messages beyond its retention.
   *
   * @throws TransportUnavailable
   */
  async inboxRetention(): Promise<number> {
    const { inbox, outbox } = this.config.retention
    const transport = this.#running?.transport
    const period = segmentPeriod(outbox)
    if (inbox !== undefined) return inbox + period
    if (!transport) throw new Error('messaging is not running')
    const modules = this.config.modules.map(({ name }) => name)
    const topics = new Set(modules.flatMap((name) => [name, ...this.consumer(name).topics]))
    const needed = [...topics].map((topic) => minimumInboxRetention(transport, topic, outbox))
    // A message is marked published a moment after it was handled, and dropped with the last one of its segment.
    return Math.max(...(await Promise.all(needed))) + period + HOUR_MS
  }

  /** Steps of the installer that have not run in the modules' databases, as `<module>/<step>`. */
  async pendingSteps(): Promise<string[]> {
    const pending: string[] = []
    for (const { name } of this.config.modules) {
      const steps = await pendingSteps(this.#db.connection(name))
      pending.push(...steps.map((step) => `${name}/${step}`))
    }
    return pending
  }

  /** Whether this process runs the leading relay of a module; single-instance jobs run there. */
  leads(module: string) {
    return this.#running?.relays.some((relay) => relay.module === module && relay.leads) ?? false
  }

  get running() {
    return this.#running !== null
  }

  /** Partitions that make no progress in this process, while the others do. */
  stoppedPartitions() {
    return this.#running?.transport.stoppedPartitions() ?? []
  }

  /** The relays and consumers of this process. */
  workers() {
    return this.#running ?? { relays: [], consumers: [] }
  }

  /**
   * Stored messages that a module's consumer has not handled; null where the outbox is the only store.
   *
   * @throws TransportUnavailable, also when the broker takes longer than a second
   */
  async lag(module: string): Promise<number | null> {
    const { topics } = this.consumer(module)
    const responded = new AbortController()
    const late = sleep(LAG_TIMEOUT_MS, undefined, { signal: responded.signal }).then(() => {
      throw new TransportUnavailable(`no offsets of the consumer ${module} within a second`)
    })
    const lag = this.#running?.transport.lag(module, topics)
    return (await Promise.race([lag, late]).finally(() => responded.abort())) ?? null
  }

  /** Faults that only a new process can fix; empty while this one recovers by itself. */
  fatal(): string[] {
    if (!this.#running) return []
    const { transport, consumers } = this.#running
    return [transport, ...consumers].flatMap((part) => part.fatal())
  }

  /** Warnings for operators; empty while everything works. */
  warnings(): string[] {
    if (!this.#running) return ['messaging is not running']
    const { transport, relays, consumers } = this.#running
    return [transport, ...relays, ...consumers].flatMap((part) => part.warnings())
  }
}
