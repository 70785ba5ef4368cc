import type { Consumer, TopicPartitionOffset } from 'kafkajs'

const COMMIT_INTERVAL_MS = 250

/**
 * Commits the offsets of handled records, all partitions together, after their effects have committed. A crash
 * in between repeats records, which the inbox absorbs.
 */
export class OffsetCommitter {
  readonly #consumer: Consumer
  readonly #next = new Map<string, TopicPartitionOffset>()
  readonly #timer: NodeJS.Timeout

  constructor(consumer: Consumer) {
    this.#consumer = consumer
    this.#timer = setInterval(() => void this.#commit(), COMMIT_INTERVAL_MS)
  }

  /** @param last - the offset of the last handled record */
  handled(topic: string, partition: number, last: string) {
    const offset = String(BigInt(last) + 1n)
    this.#next.set(`${topic}/${partition}`, { topic, partition, offset })
  }

  async close() {
    clearInterval(this.#timer)
    await this.#commit()
  }

  /** A failed commit is ignored: another member may own the partitions by now. */
  async #commit() {
    if (this.#next.size === 0) return
    const offsets = [...this.#next.values()]
    this.#next.clear()
    await this.#consumer.commitOffsets(offsets).catch(() => {})
  }
}
