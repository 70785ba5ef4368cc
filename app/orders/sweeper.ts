/*
 * The sweeper: an order that waits too long for inventory's answer is told to it again. Inventory
 * answers a repeat with the stored outcome, so sweeping is always safe; a bound keeps it from being a
 * flood when something else is broken. It works where the relay of orders leads.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { Signal } from '#messaging/signal'
import { swept } from './metrics.ts'
import { flagOverdue, resendDue, waitingAmong, type Timing } from './models/waiting.ts'

export interface SweeperOptions {
  client: () => QueryClientContract
  /** Whether this process is the one to sweep. */
  leads: () => boolean
  /** Milliseconds until an order is told again; each further try waits twice as long. */
  answerTimeout: number
  logger: Logger
  /** The clock, in milliseconds. */
  now?: () => number
}

const TICK_MS = 1_000
/** Re-sends of one revision; then a person has to look. */
const TRIES = 5
/** Re-sends a tick. */
const MOST = 50

export class Sweeper {
  readonly #options: SweeperOptions
  readonly #woken = new Signal()
  /** Orders that we told again and that have not been answered since: id → when for the first time. */
  readonly #unanswered = new Map<string, number>()
  #lastProbe = 0
  #running: Promise<void> | null = null
  #stopped = false
  #trouble: string | null = null
  readonly counts = { resent: 0, flagged: 0 }

  constructor(options: SweeperOptions) {
    this.#options = options
  }

  start() {
    this.#running = this.#run()
  }

  async stop() {
    this.#stopped = true
    this.#woken.raise()
    await this.#running
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    if (this.#trouble) return [`sweeper: ${this.#trouble}`]
    return this.#quiet()
      ? [`sweeper: inventory has answered none of ${this.#unanswered.size} orders told again`]
      : []
  }

  async #run() {
    while (!this.#stopped) {
      try {
        if (this.#options.leads()) await this.tick()
        else this.#unanswered.clear()
        this.#trouble = null
      } catch (error) {
        this.#trouble = (error as Error).message
      }
      await this.#woken.wait(TICK_MS)
    }
  }

  /** One look at who waits. */
  async tick() {
    const { client, answerTimeout, logger } = this.#options
    const timing: Timing = { answerTimeout, tries: TRIES }
    await this.#forgetAnswered()
    const resent = await resendDue(client(), timing, this.#allowance())
    for (const id of resent) {
      if (!this.#unanswered.has(id)) this.#unanswered.set(id, this.#now())
    }
    this.counts.resent += resent.length
    swept.inc({ outcome: 'resent' }, resent.length)
    if (resent.length > 0) logger.warn({ orders: resent.length }, 'orders are told again')
    const flagged = await flagOverdue(client(), timing, MOST)
    this.counts.flagged += flagged.length
    swept.inc({ outcome: 'flagged' }, flagged.length)
    for (const orderId of flagged) {
      // From here on the order itself shows it.
      this.#unanswered.delete(orderId)
      logger.error({ orderId }, 'an order waits for an answer in vain')
    }
  }

  /** An answer to any of ours shows that answers come: the rest may go on. */
  async #forgetAnswered() {
    if (this.#unanswered.size === 0) return
    const waiting = await waitingAmong(this.#options.client(), [...this.#unanswered.keys()])
    if (waiting < this.#unanswered.size) this.#unanswered.clear()
  }

  #now() {
    return this.#options.now?.() ?? Date.now()
  }

  /** True while none of our re-sends has been answered for so long that more would not help. */
  #quiet() {
    const [oldest] = this.#unanswered.values()
    return oldest !== undefined && this.#now() - oldest >= this.#options.answerTimeout
  }

  /**
   * How many may be told again now. In the quiet only the one that waits longest, once in a while; the
   * others use up no try.
   */
  #allowance() {
    if (!this.#quiet()) return MOST
    if (this.#now() - this.#lastProbe < this.#options.answerTimeout) return 0
    this.#lastProbe = this.#now()
    return 1
  }
}
