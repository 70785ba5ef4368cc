/*
 * A batch that cannot be read stops its partition: nothing behind it is handled until it can be read after
 * all, or an operator skips it.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { UnreadableBatch, UnreadableBatches } from '../inbox/unreadable_batches.ts'
import type { HeldUpPartitions } from './held_up_partitions.ts'

/** Of one membership of a consumer group. */
export class StoppedPartitions {
  readonly #consumer: string
  readonly #record: UnreadableBatches | undefined
  readonly #heldUp: HeldUpPartitions
  readonly #logger: Logger
  /** Partitions that are not stopped, by what is on record. */
  readonly #read = new Set<string>()

  /** @param options.record - where operators look, and decide; without one nothing is skipped */
  constructor(options: {
    consumer: string
    record: UnreadableBatches | undefined
    heldUp: HeldUpPartitions
    logger: Logger
  }) {
    this.#consumer = options.consumer
    this.#record = options.record
    this.#heldUp = options.heldUp
    this.#logger = options.logger
  }

  /**
   * Stops the partition at the batch, unless an operator has skipped it.
   *
   * @returns the offset through which the batch is skipped; null when its partition is stopped
   */
  async skippedThrough(batch: UnreadableBatch): Promise<string | null> {
    const place = { consumer: this.#consumer, ...batch }
    const skipped = await this.#onRecord(batch)
    const { topic, partition, first, last, reason } = batch
    const details = { consumer: this.#consumer, topic, partition, offset: first, reason }
    if (skipped !== null) {
      this.#heldUp.delete(place)
      // What lies between was not to be skipped, or may be readable.
      const through = BigInt(skipped) < BigInt(last) ? skipped : last
      this.#logger.warn({ ...details, last: through }, 'unreadable batch skipped')
      return through
    }
    this.#read.delete(`${topic}/${partition}`)
    const before = this.#heldUp.get(place)
    if (before?.why === 'unreadable' && before.offset === first) return null
    const since = Date.now()
    this.#heldUp.set({ ...place, offset: first, since, why: 'unreadable', reason })
    this.#logger.error({ ...details, last }, 'batch unreadable, partition stopped')
    return null
  }

  /** Records up to this offset could be read: the partition is not stopped before it. */
  async reads(topic: string, partition: number, through: string) {
    const place = { consumer: this.#consumer, topic, partition }
    if (this.#heldUp.get(place)?.why === 'unreadable') this.#heldUp.delete(place)
    const key = `${topic}/${partition}`
    if (!this.#record || this.#read.has(key)) return
    // Where it fails, it is done with the next records.
    const isLeft = await this.#record.readThrough(topic, partition, through).catch(() => true)
    if (!isLeft) this.#read.add(key)
  }

  /** A database that is away decides nothing. */
  async #onRecord(batch: UnreadableBatch): Promise<string | null> {
    try {
      return (await this.#record?.stopAt(batch)) ?? null
    } catch (error) {
      const details = { consumer: this.#consumer, reason: (error as Error).message }
      this.#logger.warn(details, 'unreadable batch not on record')
      return null
    }
  }
}
