/*
 * An unreadable batch stops its partition: no later record is handled until the batch becomes readable or an
 * operator skips it.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { UnreadableBatch, UnreadableBatches } from '../inbox/unreadable_batches.ts'
import type { StoppedPartitions } from './stopped_partitions.ts'

export interface UnreadableBatchHandlerOptions {
  consumer: string
  /** Stores stops and skips; without it, no batch can be skipped. */
  unreadable?: UnreadableBatches
  stopped: StoppedPartitions
  logger: Logger
}

/** For one session of a consumer group member. */
export class UnreadableBatchHandler {
  readonly #options: UnreadableBatchHandlerOptions
  /** Partitions without a recorded stop, as topic/partition. */
  readonly #unstopped = new Set<string>()

  constructor(options: UnreadableBatchHandlerOptions) {
    this.#options = options
  }

  /**
   * Stops the partition at the batch, unless an operator has skipped it.
   *
   * @returns the last skipped offset; null when the partition is stopped
   */
  async stopUnlessSkipped(batch: UnreadableBatch): Promise<string | null> {
    const { consumer, stopped, logger } = this.#options
    const { topic, partition, first, last, reason } = batch
    const details = { consumer, topic, partition, offset: first, reason }
    const skipped = await this.#recordStop(batch)
    if (skipped !== null) {
      stopped.delete(details)
      // Records between the two ends were not skipped, or may be readable.
      const through = BigInt(skipped) < BigInt(last) ? skipped : last
      logger.warn({ ...details, last: through }, 'unreadable batch skipped')
      return through
    }
    this.#unstopped.delete(`${topic}/${partition}`)
    const before = stopped.get(details)
    if (before?.why === 'unreadable' && before.offset === first) return null
    stopped.set({ ...details, since: Date.now(), why: 'unreadable' })
    logger.error({ ...details, last }, 'batch unreadable, partition stopped')
    return null
  }

  /** Records up to this offset were read, so the partition is not stopped before it. */
  async readThrough(topic: string, partition: number, offset: string) {
    const { consumer, unreadable, stopped } = this.#options
    const where = { consumer, topic, partition }
    if (stopped.get(where)?.why === 'unreadable') stopped.delete(where)
    const key = `${topic}/${partition}`
    if (!unreadable || this.#unstopped.has(key)) return
    // After a failure, the next records try again.
    const isStopped = await unreadable.readThrough(topic, partition, offset).catch(() => true)
    if (!isStopped) this.#unstopped.add(key)
  }

  /** Without the database the batch counts as not skipped. */
  async #recordStop(batch: UnreadableBatch): Promise<string | null> {
    const { consumer, unreadable, logger } = this.#options
    try {
      return (await unreadable?.stopAt(batch)) ?? null
    } catch (error) {
      const details = { consumer, reason: (error as Error).message }
      logger.warn(details, 'unreadable batch not on record')
      return null
    }
  }
}
