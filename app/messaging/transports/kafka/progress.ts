/*
 * Watches whether the partitions of a membership make progress. The broker holds back what lies behind the
 * open transaction of any producer: then nothing comes, and nothing fails either.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { Admin } from 'kafkajs'
import type { UnreadableBatches } from '../../inbox/unreadable_batches.ts'
import type { HeldUpPartitions } from '../held_up_partitions.ts'

/** Milliseconds without progress after which a partition that has records is reported. */
export const STALLED_AFTER_MS = 60_000

/** Checks within that time. */
const LOOKS = 12

const REASON =
  'the transaction of another producer may be open, or the broker does not hand the records out'

interface Standing {
  offset: bigint
  /** Milliseconds since 1970 of its last progress. */
  since: number
  /** Milliseconds without progress in which the consumer could have made some. */
  idle: number
}

interface ProgressOptions {
  consumer: string
  groupId: string
  /** Put before each topic's name. */
  topicPrefix: string
  admin: () => Promise<Admin>
  heldUp: HeldUpPartitions
  /** Where it is kept what the consumer cannot read. */
  unreadable?: UnreadableBatches
  /** Milliseconds for which the consumer has had the same batch in hand. */
  inHandFor: () => number
  stalledAfter: number
  logger: Logger
}

export class ProgressWatch {
  readonly #options: ProgressOptions
  readonly #interval: number
  readonly #timer: NodeJS.Timeout
  /** Topic on the broker → its partitions that are ours. */
  #assigned: Record<string, number[]> = {}
  #standing = new Map<string, Standing>()
  #looking = false

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#interval = options.stalledAfter / LOOKS
    this.#timer = setInterval(() => void this.#look(), this.#interval).unref()
  }

  /** From now on these partitions are ours. */
  assign(assigned: Record<string, number[]>) {
    this.#assigned = assigned
    const { consumer, heldUp, topicPrefix } = this.#options
    const isOurs = (topic: string, partition: number) =>
      assigned[`${topicPrefix}${topic}`]?.includes(partition) ?? false
    heldUp.keep(consumer, isOurs)
  }

  close() {
    clearInterval(this.#timer)
    this.#assigned = {}
  }

  /** A broker that does not answer is reported by the transport. */
  async #look() {
    if (this.#looking) return
    this.#looking = true
    try {
      for (const topic of Object.keys(this.#assigned)) await this.#lookAt(topic)
    } catch (error) {
      const { consumer, logger } = this.#options
      logger.debug({ consumer, reason: (error as Error).message }, 'progress unknown')
    } finally {
      this.#looking = false
    }
  }

  async #lookAt(topic: string) {
    const { admin, groupId, topicPrefix, unreadable } = this.#options
    const broker = await admin()
    const [{ partitions }] = await broker.fetchOffsets({ groupId, topics: [topic] })
    const ends = await broker.fetchTopicOffsets(topic)
    for (const { partition, low, high } of ends) {
      if (!this.#assigned[topic]?.includes(partition)) continue
      const committed = partitions.find((one) => one.partition === partition)?.offset ?? '-1'
      const next = BigInt(committed) > BigInt(low) ? BigInt(committed) : BigInt(low)
      this.#judge(topic, partition, next, BigInt(high) > next)
    }
    const ours = ends.filter(({ partition }) => this.#assigned[topic]?.includes(partition))
    for (const one of ours) this.#expire(topic, one)
    await unreadable?.expire(topic.slice(topicPrefix.length), ours)
  }

  /** The batch at which a partition is stopped may have passed its retention. */
  #expire(topicOnBroker: string, { partition, low }: { partition: number; low: string }) {
    const { consumer, heldUp, topicPrefix } = this.#options
    const place = { consumer, topic: topicOnBroker.slice(topicPrefix.length), partition }
    const stopped = heldUp.get(place)
    if (stopped?.why === 'unreadable' && BigInt(stopped.offset) < BigInt(low)) heldUp.delete(place)
  }

  #judge(topicOnBroker: string, partition: number, next: bigint, hasMore: boolean) {
    const { consumer, heldUp, inHandFor, stalledAfter, topicPrefix, logger } = this.#options
    const key = `${topicOnBroker}/${partition}`
    const place = { consumer, topic: topicOnBroker.slice(topicPrefix.length), partition }
    const before = this.#standing.get(key)
    const told = heldUp.get(place)
    // One that is stopped at an unreadable batch is reported as such.
    if (!hasMore || before?.offset !== next || told?.why === 'unreadable') {
      this.#standing.set(key, { offset: next, since: Date.now(), idle: 0 })
      if (told?.why !== 'stalled') return
      heldUp.delete(place)
      logger.info({ ...place, offset: String(next) }, 'partition makes progress again')
      return
    }
    // A consumer that waits with a batch in hand says why itself, and takes nothing meanwhile.
    if (inHandFor() > 2 * this.#interval) return
    before.idle += this.#interval
    if (before.idle < stalledAfter || told) return
    const stalled = { ...place, offset: String(next), since: before.since }
    heldUp.set({ ...stalled, why: 'stalled', reason: REASON })
    logger.error({ ...stalled, reason: REASON }, 'partition makes no progress')
  }
}
