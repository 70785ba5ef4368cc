/*
 * What a consumer does while the machine is in trouble, or everything fails: it waits, says so, and keeps
 * its membership alive meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import { backoff } from './retry_policy.ts'
import type { Suspicion } from './suspicion.ts'

/** Shorter than any session's timeout. */
const SIGN_OF_LIFE_MS = 1_000
/** Tries that fail before anybody need hear of it. */
const QUIET_TRIES = 3

/** Keeps the membership alive; throws when the partition belongs to another now. */
export type Alive = () => Promise<void>

export class Patience {
  readonly #consumer: string
  readonly #logger: Logger
  readonly #pauseMs: number
  readonly #stopping = new AbortController()
  /** What is wrong, in words; null while nothing is. */
  trouble: string | null = null
  /** It waits, for nearly everything fails. */
  paused = false

  /** @param pauseMs - between tries of a consumer that has paused itself */
  constructor(consumer: string, logger: Logger, pauseMs = 30_000) {
    this.#consumer = consumer
    this.#logger = logger
    this.#pauseMs = pauseMs
  }

  /** Ends all waiting. */
  stop() {
    this.#stopping.abort()
  }

  /**
   * Begins a try.
   *
   * @throws when stopped, or when `alive` does
   */
  async begin(alive: Alive) {
    if (this.#stopping.signal.aborted) throw new Error(`consumer ${this.#consumer} was stopped`)
    await alive()
  }

  /** What nothing but the machine can stop is tried until it is done. @throws as `begin` does */
  async insist<T>(work: () => Promise<T>, alive: Alive): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await this.begin(alive)
      try {
        return await work()
      } catch (error) {
        await this.bear(error as Error, attempt, alive)
      }
    }
  }

  /** Waits after a try that the machine has stopped, and says so the longer it takes. */
  async bear(error: Error, attempt: number, alive: Alive) {
    if (attempt > QUIET_TRIES) {
      this.trouble = error.message
      const doubled = (attempt & (attempt - 1)) === 0
      if (doubled) this.#logger.warn({ ...this.#why(error), attempt }, 'consumer waits')
    }
    await this.rest(backoff(attempt), alive)
  }

  async pause(suspicion: Suspicion, alive: Alive) {
    this.trouble = `paused, for nearly everything fails: ${suspicion.message}`
    this.#logger.error(this.#why(suspicion), 'consumer pauses')
    this.paused = true
    try {
      await this.rest(this.#pauseMs, alive)
    } finally {
      this.paused = false
    }
  }

  async rest(milliseconds: number, alive: Alive) {
    const until = Date.now() + milliseconds
    const { signal } = this.#stopping
    for (let left = milliseconds; left > 0 && !signal.aborted; left = until - Date.now()) {
      await sleep(Math.min(left, SIGN_OF_LIFE_MS), undefined, { signal }).catch(() => {})
      await alive()
    }
  }

  #why(error: Error) {
    return { consumer: this.#consumer, reason: error.message }
  }
}
