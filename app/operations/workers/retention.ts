/*
 * The retention job: deletes expired rows, each table in one process.
 */
import type { Logger } from '@adonisjs/core/logger'
import { Counter, Gauge } from 'prom-client'
import { PollingWorker } from '#runtime/polling_worker'

const POLL_MS = 60_000

const deleted = new Counter({
  name: 'quartermaster_retention_rows_total',
  help: 'Expired rows that were deleted, by the process whose relay leads.',
  labelNames: ['module', 'table'] as const,
})
const lastPruned = new Gauge({
  name: 'quartermaster_retention_last_run_timestamp_seconds',
  help: 'When this process last deleted all expired rows of a table; before its first success, when it first tried.',
  labelNames: ['module', 'table'] as const,
})

/** The retention of one table. */
export interface RetentionRule {
  module: string
  table: string
  /** Whether this process applies the rule. */
  isOurs(): boolean
  /** Deletes expired rows until none is left or the signal aborts. @returns the number of deleted rows */
  prune(signal: AbortSignal): Promise<number>
}

/** The result of a rule in this process. */
interface RuleStatus {
  module: string
  table: string
  /** Rows deleted since the start. */
  rows: number
  /** When all expired rows were last deleted; null before. */
  lastRun: Date | null
  /** Why the last run failed; null if it succeeded. */
  failure: string | null
}

class Retention extends PollingWorker {
  /** One for each rule. */
  status: RuleStatus[] = []
  #rules: RetentionRule[] = []
  #logger: Logger | null = null

  constructor() {
    super({ name: 'retention', interval: POLL_MS })
  }

  use(rules: RetentionRule[], logger: Logger) {
    this.#rules = rules
    this.#logger = logger
    this.status = rules.map(({ module, table }) => {
      return { module, table, rows: 0, lastRun: null, failure: null }
    })
  }

  override warnings(): string[] {
    return this.status
      .filter(({ failure }) => failure)
      .map(({ module, table, failure }) => `old rows of ${module}.${table} stay: ${failure}`)
  }

  /** Applies each rule once. A rule that fails does not stop the others; the next poll retries it. */
  async poll(signal = new AbortController().signal) {
    for (const [index, { module, table, isOurs, prune }] of this.#rules.entries()) {
      if (signal.aborted) return
      if (!isOurs()) continue
      const status = this.status[index]
      const isFirst = status.lastRun === null && status.failure === null
      if (isFirst) lastPruned.setToCurrentTime({ module, table })
      try {
        const rows = await prune(signal)
        status.rows += rows
        deleted.inc({ module, table }, rows)
        if (signal.aborted) return
        status.lastRun = new Date()
        lastPruned.set({ module, table }, status.lastRun.getTime() / 1_000)
        status.failure = null
      } catch (error) {
        const reason = (error as Error).message
        if (status.failure !== reason) {
          this.#logger?.warn({ module, table, reason }, 'retention job failed')
        }
        status.failure = reason
      }
    }
  }
}

export const retention = new Retention()
