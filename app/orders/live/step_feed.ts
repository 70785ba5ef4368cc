/*
 * The feed: each step of every order, a few milliseconds after its commit, whichever process made it.
 * It reads while somebody in this process follows, and a little longer.
 *
 * Steps are read in the order of their ids. A transaction may draw a low id and commit late: ids that
 * were passed over are asked for again until every transaction that could own one has ended.
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from '@adonisjs/core/logger'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { Client, type ClientConfig } from 'pg'
import { directConnection } from '#config/database'
import { backoff } from '#messaging/retry_policy'
import { Signal } from '#messaging/signal'
import { BehindReader } from './behind_reader.ts'
import type { FedStep } from './fed_step.ts'

export interface StepFeedOptions {
  /** The module's role, around any transaction pooler: it listens. */
  connection: ClientConfig
  /** Tells the other processes. */
  notify(channel: string, payload: string): Promise<unknown>
  logger: Logger
}

const CHANNEL = 'order_steps'
/** Should a word get lost, the step comes this much later. */
const POLL_MS = 1_000
/** One word to the other processes for all commits within it. */
const GATHER_MS = 15
/** So long it stays when nobody follows any more: the next one may be about to come. */
const ALONE_MS = 10_000
/** A database that answers nothing is as good as none. */
const QUERY_TIMEOUT_MS = 5_000

type Listener = (step: FedStep) => void

export class StepFeed {
  readonly #ofOrder = new Map<string, Set<Listener>>()
  readonly #ofAll = new Set<Listener>()
  readonly #woken = new Signal()
  /** Ends the wait between two tries, which no commit and no lost connection may shorten. */
  readonly #stopped = new Signal()
  /** Own words come back: this tells them apart. */
  readonly #name = randomUUID()
  readonly #options: StepFeedOptions
  #running: Promise<void> | null = null
  #reader = new BehindReader()
  #started = Promise.withResolvers<void>()
  #telling: NodeJS.Timeout | null = null
  #trouble: string | null = null
  #stopping = false

  constructor(options: StepFeedOptions) {
    this.#options = options
  }

  /** Says that steps have committed here. */
  committed() {
    if (this.#running) this.#woken.raise()
    this.#telling ??= setTimeout(() => {
      this.#telling = null
      // A word that is lost costs the others no more than their next poll.
      void this.#options.notify(CHANNEL, this.#name).catch(() => {})
    }, GATHER_MS).unref()
  }

  /**
   * Calls back with each step of the order, in order, from the moment on at which `ready` resolves.
   *
   * @returns how to stop
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

  /** The same for every order; steps of one order come in order. */
  followAll(listener: Listener): () => void {
    this.#ofAll.add(listener)
    this.#begin()
    return () => void this.#ofAll.delete(listener)
  }

  /** Resolves when no later commit can be missed: read what was before, then trust the feed. */
  async ready(): Promise<void> {
    await this.#started.promise
  }

  /** Every step with this id or a lower one has been handed on, or never will exist. */
  get position(): number {
    return this.#reader.position
  }

  degraded(): string[] {
    return this.#trouble ? [`live updates: ${this.#trouble}`] : []
  }

  async stop() {
    this.#ofOrder.clear()
    this.#ofAll.clear()
    this.#stopping = this.#running !== null
    if (this.#telling) clearTimeout(this.#telling)
    this.#woken.raise()
    this.#stopped.raise()
    await this.#running
  }

  get #followed() {
    return this.#ofOrder.size > 0 || this.#ofAll.size > 0
  }

  #begin() {
    this.#running ??= this.#run()
  }

  async #run() {
    for (let attempt = 1; ; attempt++) {
      const client = new Client({
        query_timeout: QUERY_TIMEOUT_MS,
        ...this.#options.connection,
      })
      try {
        await this.#listen(client, () => (attempt = 0))
      } catch (error) {
        this.#trouble = (error as Error).message
        if (attempt === 1) this.#options.logger.warn({ reason: this.#trouble }, 'live updates wait')
        await this.#stopped.wait(backoff(Math.max(1, attempt)))
      }
      // At once, so that whoever comes from here on begins anew and finds a place of their own.
      const left = this.#stopping || !this.#followed
      if (left) this.#forget()
      await client.end().catch(() => {})
      if (left) return
    }
  }

  #forget() {
    this.#running = null
    this.#stopping = false
    this.#trouble = null
    this.#reader = new BehindReader()
    this.#started = Promise.withResolvers()
  }

  /** Reads until nobody has followed for a while. @throws when the connection ends */
  async #listen(client: Client, connected: () => void) {
    let lost: Error | null = null
    const lose = (error = new Error('the connection has ended')) => {
      lost ??= error
      this.#woken.raise()
    }
    client
      .on('error', lose)
      .on('end', () => lose())
      .on('notification', ({ payload }) => {
        if (payload !== this.#name) this.#woken.raise()
      })
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    let pruned = 0
    let followed = Date.now()
    while (Date.now() - followed < ALONE_MS && !this.#stopping) {
      if (this.#followed) followed = Date.now()
      this.#handOn(await this.#reader.read(client))
      if (Date.now() - pruned >= POLL_MS) {
        this.#handOn(await this.#reader.prune(client))
        pruned = Date.now()
      }
      this.#trouble = null
      connected()
      this.#started.resolve()
      await this.#woken.wait(POLL_MS)
      if (lost) throw lost as Error
    }
  }

  #handOn(steps: FedStep[]) {
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
