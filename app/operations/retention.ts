/*
 * Growth without rot: a job that forgets what nobody needs any longer, in the process that leads the module
 * it belongs to.
 */
import type { Logger } from '@adonisjs/core/logger'
import { Counter, Gauge } from 'prom-client'
import { PollingWorker } from '#runtime/polling_worker'

const POLL_MS = 60_000

const deleted = new Counter({
  name: 'quartermaster_retention_rows_total',
  help: 'Old rows that were deleted, by the process whose relay leads.',
  labelNames: ['module', 'table'] as const,
})
const lastForgotten = new Gauge({
  name: 'quartermaster_retention_last_run_timestamp_seconds',
  help: 'When old rows of a table were last deleted to the end, by this process; before its first success, when it began to try.',
  labelNames: ['module', 'table'] as const,
})

/** One table and its rule. */
export interface Forgetting {
  /** `outbox`, `inbox`, … */
  table: string
  module: string
  /** Whether this process is the one to do it. */
  isOurs(): boolean
  /** @returns how many rows went, when all of them have or it is told to stop */
  forget(signal: AbortSignal): Promise<number>
}

/** What has become of a table's forgetting in this process. */
export interface Forgotten {
  module: string
  table: string
  /** Rows since the start. */
  rows: number
  /** When it last ran to its end; null before. */
  lastRun: Date | null
  /** Why the last run failed; null when it did not. */
  trouble: string | null
}

class Retention extends PollingWorker {
  /** One for each rule. */
  forgotten: Forgotten[] = []
  #forgettings: Forgetting[] = []
  #logger: Logger | null = null

  constructor() {
    super({ name: 'retention', interval: POLL_MS })
  }

  use(forgettings: Forgetting[], logger: Logger) {
    this.#forgettings = forgettings
    this.#logger = logger
    this.forgotten = forgettings.map(({ module, table }) => {
      return { module, table, rows: 0, lastRun: null, trouble: null }
    })
  }

  override warnings(): string[] {
    return this.forgotten
      .filter(({ trouble }) => trouble)
      .map(({ module, table, trouble }) => `old rows of ${module}.${table} stay: ${trouble}`)
  }

  /** One round. What fails is made up for in the next, a minute later. */
  async poll(signal = new AbortController().signal) {
    for (const [place, { module, table, isOurs, forget }] of this.#forgettings.entries()) {
      if (signal.aborted) return
      if (!isOurs()) continue
      const record = this.forgotten[place]
      const isFirst = record.lastRun === null && record.trouble === null
      if (isFirst) lastForgotten.setToCurrentTime({ module, table })
      try {
        const rows = await forget(signal)
        record.rows += rows
        deleted.inc({ module, table }, rows)
        if (signal.aborted) return
        record.lastRun = new Date()
        lastForgotten.set({ module, table }, record.lastRun.getTime() / 1_000)
        record.trouble = null
      } catch (error) {
        const reason = (error as Error).message
        if (record.trouble !== reason) {
          this.#logger?.warn({ module, table, reason }, 'retention job failed')
        }
        record.trouble = reason
      }
    }
  }
}

export const retention = new Retention()
