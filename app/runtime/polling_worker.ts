import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import { backoff } from './backoff.ts'
import type { HealthSource } from './health_source.ts'
import { Wakeup } from './wakeup.ts'

export interface PollingOptions {
  /** Names the worker in logs and warnings. */
  name: string
  /** Milliseconds between two polls that found nothing to do. */
  interval: number
  /** Milliseconds between two polls that failed, growing from `first` to `most`. */
  retry?: { first: number; most: number }
}

/**
 * A loop that polls for work, one poll at a time: at once while there is more to do, otherwise after
 * `interval` or `wake()`. A poll that throws is logged, shown in `warnings()` and retried.
 */
export abstract class PollingWorker implements HealthSource {
  readonly #polling: Required<PollingOptions>
  readonly #woken = new Wakeup()
  #stopping = new AbortController()
  #running: Promise<void> | null = null
  #failure: string | null = null

  constructor({ retry, ...options }: PollingOptions) {
    const most = Math.max(options.interval, 1_000)
    this.#polling = { ...options, retry: retry ?? { first: 1_000, most } }
  }

  /** @returns true when there is more to do */
  protected abstract poll(signal: AbortSignal): Promise<boolean | void>

  start({ logger }: { logger: Logger }) {
    this.#stopping = new AbortController()
    this.#running = this.#run(this.#stopping.signal, logger)
  }

  /** Polls without waiting for the interval, unless the last poll failed. */
  wake() {
    this.#woken.raise()
  }

  /** Resolves when the current poll has ended. */
  async stop() {
    this.#stopping.abort()
    this.#woken.raise()
    await this.#running
  }

  warnings(): string[] {
    return this.#failure ? [`${this.#polling.name}: ${this.#failure}`] : []
  }

  async #run(signal: AbortSignal, logger: Logger) {
    const { name, interval, retry } = this.#polling
    for (let failures = 0; !signal.aborted;) {
      try {
        const more = await this.poll(signal)
        failures = 0
        this.#failure = null
        if (!more && !signal.aborted) await this.#woken.wait(interval)
      } catch (error) {
        failures++
        this.#failure = (error as Error).message
        const doubled = (failures & (failures - 1)) === 0
        if (doubled) logger.warn({ worker: name, failures, err: error }, 'worker failed, retrying')
        // Wake-ups do not shorten this wait, so that frequent commits do not overload a failing database.
        await sleep(backoff(failures, retry), undefined, { signal }).catch(() => {})
      }
    }
  }
}
