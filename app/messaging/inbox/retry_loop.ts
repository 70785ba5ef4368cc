/*
 * How a consumer waits during transient errors and while its circuit is open: it reports the reason and keeps
 * its group membership alive.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import { backoff } from '#runtime/backoff'
import type { CircuitOpen } from './circuit_breaker.ts'

/** Shorter than any session timeout. */
const KEEP_ALIVE_MS = 1_000
/** Failed attempts before the consumer warns. */
const QUIET_ATTEMPTS = 3

/** Keeps the membership alive; throws when the partition belongs to another member now. */
export type Alive = () => Promise<void>

export class RetryLoop {
  readonly #consumer: string
  readonly #logger: Logger
  readonly #pauseMs: number
  readonly #stopping = new AbortController()
  /** The current warning; null without one. */
  warning: string | null = null
  /** The circuit is open: one message is tried at a time. */
  paused = false

  /** @param pauseMs - between two messages of a paused consumer */
  constructor(consumer: string, logger: Logger, pauseMs = 5_000) {
    this.#consumer = consumer
    this.#logger = logger
    this.#pauseMs = pauseMs
  }

  /** Ends every wait. */
  stop() {
    this.#stopping.abort()
  }

  /** @throws when the consumer is stopped, or when `alive` does */
  async assertRunning(alive: Alive) {
    if (this.#stopping.signal.aborted) throw new Error(`consumer ${this.#consumer} was stopped`)
    await alive()
  }

  /** Retries work that only transient errors can stop. @throws as `assertRunning` does */
  async untilDone<T>(work: () => Promise<T>, alive: Alive): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await this.assertRunning(alive)
      try {
        return await work()
      } catch (error) {
        await this.backOff(error as Error, attempt, alive)
      }
    }
  }

  /** Waits after a transient error. From the fourth attempt on it warns, and logs each doubling. */
  async backOff(error: Error, attempt: number, alive: Alive) {
    if (attempt > QUIET_ATTEMPTS) {
      this.warning = error.message
      const doubled = (attempt & (attempt - 1)) === 0
      if (doubled)
        this.#logger.warn({ ...this.#context(error), attempt }, 'consumer failed, retrying')
    }
    await this.wait(backoff(attempt), alive)
  }

  pause(open: CircuitOpen) {
    this.warning = `paused because nearly every message fails: ${open.message}`
    this.#logger.error(this.#context(open), 'consumer paused: circuit open')
    this.paused = true
  }

  /** Waits until a paused consumer may try the next message. */
  async waitBetweenTrials(alive: Alive) {
    await this.wait(this.#pauseMs, alive)
  }

  resume() {
    this.paused = false
    this.warning = null
  }

  async wait(milliseconds: number, alive: Alive) {
    const until = Date.now() + milliseconds
    const { signal } = this.#stopping
    for (let left = milliseconds; left > 0 && !signal.aborted; left = until - Date.now()) {
      await sleep(Math.min(left, KEEP_ALIVE_MS), undefined, { signal }).catch(() => {})
      await alive()
    }
  }

  #context(error: Error) {
    return { consumer: this.#consumer, reason: error.message }
  }
}
