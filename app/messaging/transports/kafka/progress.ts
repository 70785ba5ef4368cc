/*
 * Watches whether the assigned partitions make progress. The broker withholds records after an open
 * transaction of any producer: the consumer then receives neither records nor an error.
 */
import type { UnreadableBatches } from '../../inbox/unreadable_batches.ts'
import type { StoppedPartitions } from '../stopped_partitions.ts'
import type { KafkaOptions } from './client.ts'
import type { KafkaConnections } from './connections.ts'

/** Default of `stalledAfter`, in milliseconds. */
const STALLED_AFTER_MS = 60_000

/** Checks within `stalledAfter`. */
const CHECKS = 12

const REASON =
  'the transaction of another producer may be open, or the broker does not deliver the records'

interface Position {
  offset: bigint
  /** When the offset last advanced, in milliseconds since 1970. */
  since: number
  /** Milliseconds since then during which the consumer was ready for records. */
  idle: number
}

interface ProgressOptions extends KafkaOptions {
  consumer: string
  groupId: string
  connections: KafkaConnections
  stopped: StoppedPartitions
  /** The record of batches that the consumer cannot read. */
  unreadable?: UnreadableBatches
  /** Age of the oldest delivery in progress, in milliseconds. */
  busyFor: () => number
}

export class ProgressWatch {
  readonly #options: ProgressOptions
  readonly #stalledAfter: number
  readonly #interval: number
  readonly #timer: NodeJS.Timeout
  /** Topic on the broker → assigned partitions. */
  #assigned: Record<string, number[]> = {}
  #positions = new Map<string, Position>()
  #checking = false

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#stalledAfter = options.stalledAfter ?? STALLED_AFTER_MS
    this.#interval = this.#stalledAfter / CHECKS
    this.#timer = setInterval(() => void this.#check(), this.#interval).unref()
  }

  /** Replaces the assigned partitions. */
  assign(assigned: Record<string, number[]>) {
    this.#assigned = assigned
    const { consumer, stopped, topicPrefix } = this.#options
    const isAssigned = (topic: string, partition: number) =>
      assigned[`${topicPrefix}${topic}`]?.includes(partition) ?? false
    stopped.keepAssigned(consumer, isAssigned)
  }

  close() {
    clearInterval(this.#timer)
    this.#assigned = {}
  }

  /** An unreachable broker is reported by the transport. */
  async #check() {
    if (this.#checking) return
    this.#checking = true
    try {
      for (const topic of Object.keys(this.#assigned)) await this.#checkTopic(topic)
    } catch (error) {
      const { consumer, logger } = this.#options
      logger.debug({ consumer, reason: (error as Error).message }, 'progress unknown')
    } finally {
      this.#checking = false
    }
  }

  async #checkTopic(name: string) {
    const { connections, groupId, topicPrefix, unreadable } = this.#options
    const admin = await connections.admin.open()
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [name] })
    const offsets = await admin.fetchTopicOffsets(name)
    const assigned = offsets.filter(({ partition }) => this.#assigned[name]?.includes(partition))
    const topic = name.slice(topicPrefix.length)
    for (const { partition, low, high } of assigned) {
      const committed = partitions.find((one) => one.partition === partition)?.offset ?? '-1'
      const next = BigInt(committed) > BigInt(low) ? BigInt(committed) : BigInt(low)
      this.#updateStall({ topic, partition }, next, BigInt(high) > next)
      this.#forgetDeleted({ topic, partition }, BigInt(low))
    }
    await unreadable?.expire(topic, assigned)
  }

  /** The unreadable batch at which a partition is stopped may have passed its retention. */
  #forgetDeleted(where: { topic: string; partition: number }, low: bigint) {
    const { consumer, stopped } = this.#options
    const known = stopped.get({ consumer, ...where })
    if (known?.why === 'unreadable' && BigInt(known.offset) < low) stopped.delete(known)
  }

  #updateStall(where: { topic: string; partition: number }, next: bigint, hasRecords: boolean) {
    const { consumer, stopped, busyFor, logger } = this.#options
    const key = `${where.topic}/${where.partition}`
    const details = { consumer, ...where, offset: String(next) }
    const position = this.#positions.get(key)
    const known = stopped.get(details)
    if (!hasRecords || position?.offset !== next || known?.why === 'unreadable') {
      this.#positions.set(key, { offset: next, since: Date.now(), idle: 0 })
      if (known?.why !== 'stalled') return
      stopped.delete(known)
      logger.info(details, 'partition makes progress again')
      return
    }
    // A consumer that retries a batch fetches nothing, and reports the reason itself.
    if (busyFor() > 2 * this.#interval) return
    position.idle += this.#interval
    if (position.idle < this.#stalledAfter || known) return
    const stalled = { ...details, since: position.since, reason: REASON }
    stopped.set({ ...stalled, why: 'stalled' })
    logger.error(stalled, 'partition makes no progress')
  }
}
