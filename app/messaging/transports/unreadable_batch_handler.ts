/*
 * An unreadable batch stops its partition: no later record is handled until the batch becomes readable or an
 * operator skips it.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { UnreadableBatch, UnreadableBatches } from '../inbox/unreadable_batches.ts'
import type { StoppedPartitions } from './stopped_partitions.ts'

/** For one session of a consumer group member. */
export class UnreadableBatchHandler {
  readonly #consumer: string
  readonly #record: UnreadableBatches | undefined
  readonly #stopped: StoppedPartitions
  readonly #logger: Logger
  /** Partitions without a recorded stop, as topic/partition. */
  readonly #unstopped = new Set<string>()

  /** @param options.record - stores stops and skips; without it, no batch can be skipped */
  constructor(options: {
    consumer: string
    record: UnreadableBatches | undefined
    stopped: StoppedPartitions
    logger: Logger
  }) {
    this.#consumer = options.consumer
    this.#record = options.record
    this.#stopped = options.stopped
    this.#logger = options.logger
  }

  /**
   * Stops the partition at the batch, unless an operator has skipped it.
   *
   * @returns the last skipped offset; null when the partition is stopped
   */
  async stopUnlessSkipped(batch: UnreadableBatch): Promise<string | null> {
    const { topic, partition, first, last, reason } = batch
    const position = { consumer: this.#consumer, topic, partition, offset: first }
    const details = { ...position, reason }
    const skipped = await this.#recordStop(batch)
    if (skipped !== null) {
      this.#stopped.delete(position)
      // Records between the two ends were not skipped, or may be readable.
      const through = BigInt(skipped) < BigInt(last) ? skipped : last
      this.#logger.warn({ ...details, last: through }, 'unreadable batch skipped')
      return through
    }
    this.#unstopped.delete(`${topic}/${partition}`)
    const before = this.#stopped.get(position)
    if (before?.why === 'unreadable' && before.offset === first) return null
    this.#stopped.set({ ...details, since: Date.now(), why: 'unreadable' })
    this.#logger.error({ ...details, last }, 'batch unreadable, partition stopped')
    return null
  }

  /** Records up to this offset were read, so the partition is not stopped before it. */
  async readThrough(topic: string, partition: number, offset: string) {
    const position = { consumer: this.#consumer, topic, partition }
    if (this.#stopped.get(position)?.why === 'unreadable') this.#stopped.delete(position)
    const key = `${topic}/${partition}`
    if (!this.#record || this.#unstopped.has(key)) return
    // After a failure, the next records try again.
    const isStopped = await this.#record.readThrough(topic, partition, offset).catch(() => true)
    if (!isStopped) this.#unstopped.add(key)
  }

  /** Without the database the batch counts as not skipped. */
  async #recordStop(batch: UnreadableBatch): Promise<string | null> {
    try {
      return (await this.#record?.stopAt(batch)) ?? null
    } catch (error) {
      const details = { consumer: this.#consumer, reason: (error as Error).message }
      this.#logger.warn(details, 'unreadable batch not on record')
      return null
    }
  }
}
