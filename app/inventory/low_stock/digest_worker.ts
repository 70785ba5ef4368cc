import type { Logger } from '@adonisjs/core/logger'
import type { StaffDirectory } from '#contracts/staff_directory'
import { Signal } from '#messaging/signal'
import { gatherDigests } from './gather_digests.ts'

const TICK_MS = 15_000

/** Gathers digests in every web process: what one does, the others find done. */
export class DigestWorker {
  readonly #woken = new Signal()
  readonly #staff: StaffDirectory
  readonly #logger: Logger
  #running: Promise<void> | null = null
  #stopped = false
  #trouble: string | null = null

  constructor(staff: StaffDirectory, logger: Logger) {
    this.#staff = staff
    this.#logger = logger
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
    return this.#trouble ? [`low-stock mails: ${this.#trouble}`] : []
  }

  async #run() {
    while (!this.#stopped) {
      try {
        await gatherDigests(await this.#staff.lowStockReaders())
        this.#trouble = null
      } catch (error) {
        if (!this.#trouble) this.#logger.warn({ err: error }, 'low-stock mails wait')
        this.#trouble = (error as Error).message
      }
      await this.#woken.wait(TICK_MS)
    }
  }
}
