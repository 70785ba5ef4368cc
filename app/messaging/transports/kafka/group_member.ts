/*
 * One session of a consumer group member, from joining to leaving. kafkajs stops silently on some
 * errors, so the transport starts another session whenever one ends.
 */
import type { Batch, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { WireRecord } from '../../message/message.ts'
import type { UnreadableBatches } from '../../inbox/unreadable_batches.ts'
import { BatchCoalescer } from '../batch_coalescer.ts'
import type { StoppedPartitions } from '../stopped_partitions.ts'
import { UnreadableBatchHandler } from '../unreadable_batch_handler.ts'
import type { KafkaOptions } from './client.ts'
import { METADATA_MS, type KafkaConnections } from './connections.ts'
import { OffsetCommitter } from './offset_committer.ts'
import { ProgressWatch } from './progress.ts'
import type { BatchRecord } from './kafkajs_patches/record_batches.ts'
import type { Delivery, Subscriber } from '../transport.ts'

/** The session ends after this long without a fetch or a heartbeat. */
const SILENT_MS = 30_000

/** Maximum number of partitions whose batches are handled together. */
const CONCURRENT_PARTITIONS = 24

/** How often an unreadable batch is retried: an operator may have skipped it. */
const STOPPED_MS = 2_000

/** The session ended because the broker sent nothing, not even an error. */
export class SilentSession extends Error {
  name = 'SilentSession'
}

export interface GroupMemberOptions extends KafkaOptions {
  connections: KafkaConnections
  groupId: string
  subscriber: Subscriber
  /** The record of batches that the subscriber cannot read. */
  unreadable?: UnreadableBatches
  stopped: StoppedPartitions
  stopping: AbortSignal
  joined(): void
  /** The broker has responded to a fetch, with or without messages. */
  fetched(): void
}

/**
 * Joins the group, and delivers until it is stopped.
 *
 * @throws the error that ended the session
 */
export async function runGroupMember(options: GroupMemberOptions): Promise<void> {
  const { groupId, sessionTimeout, topicPrefix, subscriber, stopping } = options
  const heartbeatInterval = Math.floor(sessionTimeout / 3)
  const kafka = await options.connections.client()
  const consumer = kafka.consumer({
    ...{ groupId, sessionTimeout, heartbeatInterval },
    rebalanceTimeout: 15_000,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 1024 * 1024,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MS,
    retry: {
      retries: 3,
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      restartOnFailure: async () => false,
    },
  })
  consumer.on(consumer.events.GROUP_JOIN, options.joined)
  consumer.on(consumer.events.FETCH, options.fetched)
  const ended = endOf(consumer, stopping)
  const offsets = new OffsetCommitter(consumer)
  const coalescer = new BatchCoalescer(subscriber)
  const ofConsumer = { ...options, consumer: subscriber.name }
  const unreadableBatches = new UnreadableBatchHandler(ofConsumer)
  const delivering = { coalescer, offsets, unreadableBatches, topicPrefix, stopping }
  /** Deliveries in progress, and when each began, in milliseconds since 1970. */
  const inProgress = new Map<Promise<void>, number>()
  const busyFor = () => Date.now() - Math.min(Date.now(), ...inProgress.values())
  const progress = new ProgressWatch({ ...ofConsumer, busyFor })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    progress.assign(payload.memberAssignment)
  )
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    // Empty for us: kafkajs hides transaction markers and the records of aborted transactions.
    const { topic, partition, batchSize, lastOffset } = payload
    if (batchSize === 0) offsets.handled(topic, partition, lastOffset)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({
      topics: subscriber.topics.map((topic) => `${topicPrefix}${topic}`),
      fromBeginning: true,
    })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      eachBatch: async (payload) => {
        if (stopping.aborted) return
        const delivery = deliver(payload, delivering)
        inProgress.set(delivery, Date.now())
        // kafkajs sends no heartbeat while a batch is handled, and one attempt may outlast the session.
        const heartbeats = setInterval(() => {
          void payload.heartbeat().catch(() => {})
        }, heartbeatInterval)
        await delivery.finally(() => {
          clearInterval(heartbeats)
          inProgress.delete(delivery)
        })
      },
    })
    const error = await ended
    if (error) throw error
    // Finish started batches while still a member, so that their offsets count.
    await Promise.allSettled(inProgress.keys())
  } finally {
    progress.close()
    await offsets.close()
    await consumer.disconnect().catch(() => {})
  }
}

/** Resolves with the error that ended the session, or with null when the transport stops. */
function endOf(consumer: Consumer, stopping: AbortSignal) {
  return new Promise<Error | null>((resolve) => {
    let lastResponse = Date.now()
    const responded = () => (lastResponse = Date.now())
    const watch = setInterval(() => {
      if (Date.now() - lastResponse > SILENT_MS) end(new SilentSession('nothing fetched for 30 s'))
    }, 1_000)
    const end = (error: Error | null) => {
      clearInterval(watch)
      resolve(error)
    }
    consumer.on(consumer.events.FETCH, responded)
    consumer.on(consumer.events.HEARTBEAT, responded)
    consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error))
    if (stopping.aborted) end(null)
    stopping.addEventListener('abort', () => end(null), { once: true })
  })
}

interface DeliveryOptions extends Pick<GroupMemberOptions, 'topicPrefix' | 'stopping'> {
  coalescer: BatchCoalescer
  offsets: OffsetCommitter
  unreadableBatches: UnreadableBatchHandler
}

async function deliver(payload: EachBatchPayload, options: DeliveryOptions) {
  const { batch, isRunning, isStale, heartbeat, pause } = payload
  const { coalescer, offsets, unreadableBatches, topicPrefix, stopping } = options
  const isOurs = () => isRunning() && !isStale()
  const where = { topic: batch.topic.slice(topicPrefix.length), partition: batch.partition }
  const unreadable = unreadableIn(batch)
  const messages = unreadable ? batch.messages.slice(0, -1) : batch.messages
  const last = messages.at(-1)
  if (last) await unreadableBatches.readThrough(where.topic, where.partition, last.offset)
  for (let from = 0; from < messages.length; from += coalescer.batchSize) {
    if (!isOurs() || stopping.aborted) return
    const some = messages.slice(from, from + coalescer.batchSize)
    const deliveries = some.map((message): Delivery => {
      return { ...where, offset: message.offset, record: toRecord(message) }
    })
    await coalescer.handle(deliveries, async () => {
      if (!isOurs()) throw new Error('the partition has moved to another member')
      await heartbeat()
    })
    if (!isOurs()) return
    markHandled(offsets, payload, some.at(-1)!.offset)
    await heartbeat()
  }
  if (!unreadable || !isOurs() || stopping.aborted) return
  const skipped = await unreadableBatches.stopUnlessSkipped({ ...where, ...unreadable })
  if (skipped !== null) return markHandled(offsets, payload, skipped)
  // The other partitions continue.
  setTimeout(pause(), STOPPED_MS).unref()
}

/** Commits the offset and advances the next fetch. */
function markHandled(offsets: OffsetCommitter, payload: EachBatchPayload, offset: string) {
  const { batch, resolveOffset } = payload
  resolveOffset(offset)
  // A hidden transaction marker may follow the last record.
  const isLast = batch.messages[batch.messages.length - 1].offset === offset
  offsets.handled(batch.topic, batch.partition, isLast ? batch.lastOffset() : offset)
}

/**
 * The unreadable batch of a fetch, whose placeholder is always the last record.
 *
 * @returns its offsets from the next one to read, and the reason; null without one
 */
export function unreadableIn(batch: Batch): { first: string; last: string; reason: string } | null {
  const { unreadable } = (batch.messages.at(-1) ?? {}) as Partial<BatchRecord>
  if (!unreadable) return null
  const before = batch.messages.at(-2)
  const next = before ? BigInt(before.offset) + 1n : BigInt((batch as Fetched).fetchedOffset)
  // A damaged batch may claim to end after all records, or before those already read.
  const last = BigInt(unreadable.last)
  const isLikely = last >= next && last < BigInt(batch.highWatermark)
  const { reason } = unreadable
  return { first: String(next), last: String(isLikely ? last : next), reason }
}

/** kafkajs sets this property, but does not declare it. */
type Fetched = Batch & { fetchedOffset: string }

export function toRecord({ key, value, headers = {} }: KafkaMessage): WireRecord {
  const texts = Object.entries(headers).map(([name, text]) => [name, String(text ?? '')])
  return { key: key?.toString('utf8') ?? null, value, headers: Object.fromEntries(texts) }
}
