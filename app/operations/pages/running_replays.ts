/*
 * Replays that were started from a page. Each runs in the process that received the form; one that ends with
 * its process stays unfinished in the list of operator actions and can be continued.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { runReplay, type Replay } from '#messaging/recovery/replay'
import messaging from '#messaging/service'

/** Messages a second. */
export const RATE = 500

const ENDS_WITHIN_MS = 1_000

class RunningReplays {
  readonly #stopping = new AbortController()
  readonly #running = new Map<string, Promise<unknown>>()

  constructor() {
    app.terminating(async () => {
      this.#stopping.abort()
      // A replay that a hanging database keeps from ending can be continued by another process.
      const late = sleep(ENDS_WITHIN_MS, undefined, { ref: false })
      await Promise.race([Promise.allSettled(this.#running.values()), late])
    })
  }

  start(module: string, replay: Replay) {
    if (this.#running.has(replay.id)) return
    const { direct } = messaging.config.modules.find(({ name }) => name === module)!
    const { signal } = this.#stopping
    const running = runReplay(db.connection(module), direct, replay, { rate: RATE, signal })
      .catch((error: Error) =>
        logger.warn({ replay: replay.id, reason: error.message }, 'replay interrupted')
      )
      .finally(() => this.#running.delete(replay.id))
    this.#running.set(replay.id, running)
  }

  /** Whether the replay runs in this process. */
  has = ({ id }: Replay) => this.#running.has(id)
}

export const runningReplays = new RunningReplays()
