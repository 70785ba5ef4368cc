/*
 * The step feed delivers every step of every order a few milliseconds after its commit, from all processes.
 * It reads only while this process has followers, and for `IDLE_MS` after the last one has left.
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from '@adonisjs/core/logger'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { Client, type ClientConfig } from 'pg'
import { directConnection } from '#config/database'
import { PollingWorker } from '#runtime/polling_worker'
import { TimelineTailer, type FeedStep } from './timeline_tailer.ts'

export interface StepFeedOptions {
  /** A direct connection, because LISTEN does not work through a transaction pooler. */
  connection: ClientConfig
  /** Notifies the other processes. */
  notify(channel: string, payload: string): Promise<unknown>
  logger: Logger
}

const CHANNEL = 'order_steps'
/** Maximum delay of a step whose notification was lost. */
const POLL_MS = 1_000
const RETRY_MS = { first: 20, most: 2_000 }
/** The commits within this time share one notification to the other processes. */
const COALESCE_MS = 15
/** How long it keeps reading without followers, because the next one often arrives soon. */
const IDLE_MS = 10_000
/** A database that does not respond within this time counts as lost. */
const QUERY_TIMEOUT_MS = 5_000

type Listener = (step: FeedStep) => void

interface Connection {
  client: Client
  /** Why the connection ended; null while it is open. */
  lost: Error | null
}

export class StepFeed extends PollingWorker {
  readonly #ofOrder = new Map<string, Set<Listener>>()
  readonly #ofAll = new Set<Listener>()
  /** The payload of this process's own notifications, which it ignores. */
  readonly #name = randomUUID()
  readonly #options: StepFeedOptions
  #reading = false
  #connection: Connection | null = null
  /** When there was last a follower, and when ids were last pruned; milliseconds since 1970. */
  #followedAt = 0
  #prunedAt = 0
  #tailer = new TimelineTailer()
  #started = Promise.withResolvers<void>()
  #notifying: NodeJS.Timeout | null = null

  constructor(options: StepFeedOptions) {
    super({ name: 'live updates', interval: POLL_MS, retry: RETRY_MS })
    this.#options = options
  }

  /** Call after a commit of steps in this process. */
  committed() {
    this.wake()
    this.#notifying ??= setTimeout(() => {
      this.#notifying = null
      // If the notification is lost, the other processes read the steps with their next poll.
      void this.#options.notify(CHANNEL, this.#name).catch(() => {})
    }, COALESCE_MS).unref()
  }

  /**
   * Calls the listener with each new step of the order, in order, starting when `ready` resolves.
   *
   * @returns a function that stops it
   */
  follow(orderId: string, listener: Listener): () => void {
    const listeners = this.#ofOrder.get(orderId) ?? new Set()
    this.#ofOrder.set(orderId, listeners.add(listener))
    this.#begin()
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#ofOrder.delete(orderId)
    }
  }

  /** The same for all orders; the steps of each order arrive in order. */
  followAll(listener: Listener): () => void {
    this.#ofAll.add(listener)
    this.#begin()
    return () => void this.#ofAll.delete(listener)
  }

  /** Resolves when the feed misses no later commit: read the earlier steps then. */
  async ready(): Promise<void> {
    await this.#started.promise
  }

  /** Every step with this id or a lower one has been delivered or will never exist. */
  get position(): number {
    return this.#tailer.position
  }

  override async stop() {
    this.#ofOrder.clear()
    this.#ofAll.clear()
    if (this.#notifying) clearTimeout(this.#notifying)
    await super.stop()
    await this.#reset()
  }

  get #followed() {
    return this.#ofOrder.size > 0 || this.#ofAll.size > 0
  }

  #begin() {
    this.#followedAt = Date.now()
    if (this.#reading) return
    this.#reading = true
    this.start(this.#options)
  }

  protected async poll(signal: AbortSignal) {
    try {
      this.#connection ??= await this.#connect()
      await this.#read(this.#connection)
    } catch (error) {
      await this.#disconnect()
      if (this.#followed) throw error
      this.#followedAt = 0
    }
    if (this.#followed) this.#followedAt = Date.now()
    else if (Date.now() - this.#followedAt >= IDLE_MS && !signal.aborted) {
      void super.stop()
      await this.#reset()
    }
  }

  async #read({ client, lost }: Connection) {
    if (lost) throw lost
    this.#deliver(await this.#tailer.read(client))
    if (Date.now() - this.#prunedAt >= POLL_MS) {
      this.#deliver(await this.#tailer.prune(client))
      this.#prunedAt = Date.now()
    }
    this.#started.resolve()
  }

  async #connect(): Promise<Connection> {
    const client = new Client({ query_timeout: QUERY_TIMEOUT_MS, ...this.#options.connection })
    const connection: Connection = { client, lost: null }
    const lose = (error = new Error('the connection ended')) => {
      connection.lost ??= error
      this.wake()
    }
    client
      .on('error', lose)
      .on('end', () => lose())
      .on('notification', ({ payload }) => {
        if (payload !== this.#name) this.wake()
      })
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      return connection
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
  }

  /** Resets before the first await, so that the next follower starts with a position of its own. */
  async #reset() {
    this.#reading = false
    this.#tailer = new TimelineTailer()
    this.#started = Promise.withResolvers()
    await this.#disconnect()
  }

  async #disconnect() {
    const connection = this.#connection
    this.#connection = null
    await connection?.client.end().catch(() => {})
  }

  #deliver(steps: FeedStep[]) {
    for (const step of steps) {
      for (const listener of this.#ofOrder.get(step.order_id) ?? []) listener(step)
      for (const listener of this.#ofAll) listener(step)
    }
  }
}

export const stepFeed = new StepFeed({
  connection: directConnection('orders'),
  notify: (channel, payload) =>
    db.connection('orders').rawQuery('select pg_notify(?, ?)', [channel, payload]),
  logger,
})
