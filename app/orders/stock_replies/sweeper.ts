/*
 * The sweeper re-sends the requests of orders that wait too long for a stock reply. Inventory replies to a
 * repeated request with the stored outcome, so re-sending is always safe. A limit prevents a flood while
 * something else is broken. It runs in the process whose relay leads the orders module.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { PollingWorker } from '#runtime/polling_worker'
import { swept } from '../metrics.ts'
import { flagOverdue, resendDue, waitingAmong, type Timing } from '../store/overdue_orders.ts'

export interface SweeperOptions {
  client: () => QueryClientContract
  /** Whether this process should sweep. */
  leads: () => boolean
  /** Milliseconds until the first re-send; doubled for each further one. */
  replyTimeout: number
  logger: Logger
  /** Replaces the clock; milliseconds. */
  now?: () => number
}

const POLL_MS = 1_000
/** Re-sends of one revision before the order is flagged. */
const TRIES = 5
/** Re-sends per poll. */
const MAX_PER_POLL = 50

export class Sweeper extends PollingWorker {
  readonly #options: SweeperOptions
  /** Orders whose re-sent request has no reply: id → time of the first one. */
  readonly #withoutReply = new Map<string, number>()
  #lastProbe = 0
  readonly counts = { resent: 0, flagged: 0 }

  constructor(options: SweeperOptions) {
    super({ name: 'sweeper', interval: POLL_MS })
    this.#options = options
  }

  override warnings(): string[] {
    const failure = super.warnings()
    if (failure.length > 0 || !this.#isSilent()) return failure
    return [`sweeper: inventory does not reply to ${this.#withoutReply.size} re-sent requests`]
  }

  protected async poll() {
    if (this.#options.leads()) await this.tick()
    else this.#withoutReply.clear()
  }

  /** Re-sends and flags once. */
  async tick() {
    const { client, replyTimeout, logger } = this.#options
    const timing: Timing = { replyTimeout, tries: TRIES }
    await this.#forgetReplied()
    const resent = await resendDue(client(), timing, this.#allowance())
    for (const id of resent) {
      if (!this.#withoutReply.has(id)) this.#withoutReply.set(id, this.#now())
    }
    this.counts.resent += resent.length
    swept.inc({ outcome: 'resent' }, resent.length)
    if (resent.length > 0) logger.warn({ orders: resent.length }, 'stock requests re-sent')
    const flagged = await flagOverdue(client(), timing, MAX_PER_POLL)
    this.counts.flagged += flagged.length
    swept.inc({ outcome: 'flagged' }, flagged.length)
    for (const orderId of flagged) {
      // From now on `attention` shows it.
      this.#withoutReply.delete(orderId)
      logger.error({ orderId }, 'order needs attention: no stock reply')
    }
  }

  /** One reply to a re-send shows that inventory works, so the limit is lifted. */
  async #forgetReplied() {
    if (this.#withoutReply.size === 0) return
    const waiting = await waitingAmong(this.#options.client(), [...this.#withoutReply.keys()])
    if (waiting < this.#withoutReply.size) this.#withoutReply.clear()
  }

  #now() {
    return this.#options.now?.() ?? Date.now()
  }

  /** Whether no re-send got a reply within the timeout. */
  #isSilent() {
    const [oldest] = this.#withoutReply.values()
    return oldest !== undefined && this.#now() - oldest >= this.#options.replyTimeout
  }

  /**
   * The number of re-sends allowed now. While inventory is silent it is one per timeout, as a probe, so that
   * the other orders use up no tries.
   */
  #allowance() {
    if (!this.#isSilent()) return MAX_PER_POLL
    if (this.#now() - this.#lastProbe < this.#options.replyTimeout) return 0
    this.#lastProbe = this.#now()
    return 1
  }
}
