/*
 * A consumer handles each message of one module's subscriptions once. commit_batch.ts has the transaction of a
 * batch, handle_batch.ts the retries of one that fails.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { CircuitBreaker } from './circuit_breaker.ts'
import { commitBatch } from './commit_batch.ts'
import { redrive } from './dead_letter_store.ts'
import { MessageRouter, type RoutedMessage } from './message_router.ts'
import type { Message } from '../message/message.ts'
import type { MessagingMetrics } from '../metrics.ts'
import { recordAccepted, ReportedPause } from '../recovery/accept_failures.ts'
import { DeadLetterWriter } from './dead_letter_writer.ts'
import { BlockedKeyRetries } from './blocked_keys.ts'
import { RetryLoop, type Alive } from './retry_loop.ts'
import { isTransient, isPermanentSqlState, isSchemaMismatch } from '#postgres/errors'
import { handleBatch } from './handle_batch.ts'
import { handleWithin, signature, type Subscription } from './subscription.ts'
import { ConsumerMetrics } from './consumer_metrics.ts'
import type { Delivery, Subscriber } from '../transports/transport.ts'
import { Mutex } from './mutex.ts'
import { PoisonPillDetector } from './poison_pills.ts'

/** Transactions are capped at 30 s; five minutes without progress means that the consumer hangs. */
const HANGS_AFTER_MS = 5 * 60_000

export interface ConsumerOptions {
  /** The subscribing module; also its Lucid connection. */
  name: string
  /** First part of the messages' `ce_type`. */
  namespace: string
  metrics: MessagingMetrics
  client: () => QueryClientContract
  subscriptions: Subscription[]
  logger: Logger
  /** Shared by the consumers of a process. */
  mutex?: Mutex
  /** Whether a migration or a grant is missing in the consumer's database. */
  schemaDiffers?: () => Promise<boolean>
  /** Messages per transaction; bounds how long its locks are held. */
  batchSize?: number
  /** Milliseconds between two messages of a paused consumer. */
  pauseMs?: number
  /** Milliseconds without progress of a batch after which the consumer counts as hanging. */
  stuckMs?: number
}

export class Consumer implements Subscriber {
  readonly name: string
  readonly namespace: string
  readonly topics: string[]
  readonly batchSize: number
  readonly #options: ConsumerOptions
  readonly #router: MessageRouter
  readonly #metrics: ConsumerMetrics
  readonly #retryLoop: RetryLoop
  readonly #poisonPills: PoisonPillDetector
  readonly #deadLetters: DeadLetterWriter
  readonly blockedKeyRetries: BlockedKeyRetries
  /** Errors thrown by handlers; other errors come from the consumer's own statements. */
  readonly #ofHandlers = new WeakSet<object>()
  readonly #circuit = new CircuitBreaker()
  /** When the current batch last made progress, in milliseconds since 1970; null without a batch. */
  #progressAt: number | null = null
  /** When the last batch committed, or the consumer was created; milliseconds since 1970. */
  lastCommit = Date.now()

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.name = options.name
    this.namespace = options.namespace
    this.#metrics = new ConsumerMetrics(options.name, options.metrics, options.logger)
    this.#retryLoop = new RetryLoop(options.name, options.logger, options.pauseMs)
    const mutex = options.mutex ?? new Mutex()
    this.#poisonPills = new PoisonPillDetector(options.name, options.client, mutex)
    const common = { consumer: options.name, client: options.client, logger: options.logger }
    this.#deadLetters = new DeadLetterWriter({
      ...common,
      metrics: this.#metrics,
      retryLoop: this.#retryLoop,
      onCommit: () => this.#recordCommit(),
    })
    this.blockedKeyRetries = new BlockedKeyRetries({
      ...common,
      redrive: (key) => this.redrive(key),
    })
    this.batchSize = options.batchSize ?? 200
    this.#router = new MessageRouter(options.subscriptions, options.namespace)
    this.topics = this.#router.topics
  }

  get definitions() {
    return this.#router.definitions
  }

  isSubscribedTo(message: Message) {
    return this.#router.of(message) !== undefined
  }

  /** Messages by outcome; `retried` counts transactions. */
  get counts() {
    return this.#metrics.counts
  }

  /** True while the circuit is open: one message is tried at a time. */
  get paused() {
    return this.#retryLoop.paused
  }

  warnings(): string[] {
    const { warning } = this.#retryLoop
    return warning ? [`consumer ${this.name}: ${warning}`] : []
  }

  fatal(): string[] {
    const silent = this.#progressAt === null ? 0 : Date.now() - this.#progressAt
    if (silent < (this.#options.stuckMs ?? HANGS_AFTER_MS)) return []
    return [`consumer ${this.name}: a batch has hung for ${Math.round(silent / 1_000)} s`]
  }

  stop() {
    this.#retryLoop.stop()
  }

  /** Call after a clean stop: marks this run as not crashed. */
  async unregister() {
    await this.#poisonPills.unregister()
  }

  /** @throws only when stopped, or when `alive` does */
  async handle(deliveries: Delivery[], alive: Alive): Promise<void> {
    const progressed = () => {
      this.#progressAt = Date.now()
      return alive()
    }
    this.#progressAt = Date.now()
    try {
      await this.#handle(deliveries, progressed)
    } finally {
      this.#progressAt = null
      this.#poisonPills.unregisterWhenIdle()
    }
  }

  async #handle(deliveries: Delivery[], alive: Alive) {
    const { routed, skipped, malformed } = this.#router.read(deliveries)
    // Skipped messages get no row in the inbox: a later version can still handle them after a replay.
    this.#metrics.add('skipped', skipped)
    if (malformed.length > 0) await this.#deadLetters.malformed(malformed, alive)
    if (routed.length === 0) return this.#recordCommit()
    const crashed = await this.#retryLoop.untilDone(() => this.#poisonPills.register(), alive)
    this.#circuit.beginBatch(routed.length)
    if (crashed) await this.#handleAfterCrash(routed, alive)
    else await this.#handleRouted(routed, alive)
  }

  /**
   * Handles the dead letters of a key again, in order.
   *
   * @returns the number of handled messages, and whether the key is unblocked
   */
  async redrive(key: string) {
    return redrive(this.#options.client(), this.name, key, {
      namespace: this.namespace,
      handle: async (message, trx) => {
        const subscribed = this.#router.of(message)
        if (!subscribed) throw new Error(`no subscription for ${signature(message)} any more`)
        message.data = await subscribed.definition.schema.validate(message.data)
        try {
          await handleWithin(trx, subscribed.subscription.handler, [message])
        } catch (error) {
          this.#ofHandlers.add(error as Error)
          throw error
        }
      },
      isTransient: (error) => this.#isTransient(error),
    })
  }

  /**
   * A schema mismatch in a handler is permanent once all migrations have run. A permanent SQLSTATE of the
   * consumer's own statements is never the message's fault, so it counts as transient.
   */
  async #isTransient(error: unknown): Promise<boolean> {
    const isOfHandler = this.#ofHandlers.has(error as Error)
    if (!isOfHandler && isPermanentSqlState(error)) return true
    if (!isTransient(error)) return false
    if (!isSchemaMismatch(error) || !isOfHandler) return true
    return (await this.#options.schemaDiffers?.()) ?? false
  }

  /** A process crashed recently: a message of this batch may be the cause. */
  async #handleAfterCrash(routed: RoutedMessage[], alive: Alive) {
    await this.#poisonPills.handleAfterCrash(routed, {
      untilDone: (work) => this.#retryLoop.untilDone(work, alive),
      handle: (messages) => this.#handleRouted(messages, alive),
      // A crash is no failure of the handler and does not count towards the circuit breaker.
      deadLetter: (message, error) =>
        this.#deadLetters.failed(message, error, error.attempts, alive),
    })
  }

  async #handleRouted(routed: RoutedMessage[], alive: Alive) {
    await handleBatch(routed, {
      commit: (messages) => this.#commit(messages),
      deadLetter: (message, error, attempts) =>
        this.#deadLetters.failed(message, error, attempts, alive),
      setAside: (message, error, tries) => this.#deadLetters.setAside(message, error, tries, alive),
      isTransient: (error) => this.#isTransient(error),
      retried: () => this.#metrics.addRetry(),
      beginPause: () => new ReportedPause(this.name, this.#options.client),
      recordAccepted: (action, deadLettered) =>
        this.#retryLoop.untilDone(
          () => recordAccepted(this.#options.client(), action, deadLettered),
          alive
        ),
      circuit: this.#circuit,
      retryLoop: this.#retryLoop,
      alive,
    })
  }

  /** @returns the number of messages that the handlers have handled */
  async #commit(routed: RoutedMessage[]): Promise<number> {
    const { handled, repeated, dead } = await commitBatch(routed, {
      consumer: this.name,
      client: this.#options.client(),
      subscriptions: this.#options.subscriptions,
      onHandlerError: (error) => this.#ofHandlers.add(error),
    })
    this.#metrics.add('repeated', repeated)
    this.#metrics.add('handled', handled)
    const deadMessages = dead.map(({ message }) => message!)
    this.#metrics.add('dead', deadMessages)
    if (handled.length > 0) this.#circuit.succeeded()
    this.#deadLetters.log(dead)
    this.#recordCommit()
    return handled.length
  }

  #recordCommit() {
    if (!this.#retryLoop.paused) this.#retryLoop.warning = null
    this.lastCommit = Date.now()
  }
}
