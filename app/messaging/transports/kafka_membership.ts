/*
 * One membership of a consumer group, from joining to its end: kafkajs stops silently on some errors,
 * so whoever holds it starts another when it ends.
 */
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage, TopicPartitionOffset } from 'kafkajs'
import type { WireRecord } from '../message.ts'
import type { Delivery, Subscriber } from './transport.ts'

/** So long without a fetch or a heartbeat, and the membership is given up. */
const SILENT_MS = 30_000

/** Of those, what comes together is handled together. */
const PARTITIONS_AT_ONCE = 24

/** So often the offsets of what is handled are committed. */
const COMMIT_MS = 250

/** A membership that ended because nothing came from a broker that did not refuse either. */
export class SilentMembership extends Error {
  name = 'SilentMembership'
}

export interface MembershipOptions {
  kafka: Kafka
  groupId: string
  /** Put before each topic's name. */
  topicPrefix: string
  /** Milliseconds without a heartbeat after which the partitions go to another member. */
  sessionTimeout: number
  /** Milliseconds. */
  metadataMaxAge: number
  subscriber: Subscriber
  stopping: AbortSignal
  joined(): void
  /** The broker has answered a fetch, with messages or without. */
  fetched(): void
}

/**
 * Joins, and delivers until it is stopped.
 *
 * @throws the error that ended it
 */
export async function beMember(options: MembershipOptions): Promise<void> {
  const { kafka, groupId, sessionTimeout, metadataMaxAge, topicPrefix, subscriber, stopping } =
    options
  const { joined, fetched } = options
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout,
    heartbeatInterval: Math.floor(sessionTimeout / 3),
    rebalanceTimeout: 15_000,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 1024 * 1024,
    allowAutoTopicCreation: false,
    metadataMaxAge,
    retry: {
      retries: 3,
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      restartOnFailure: async () => false,
    },
  })
  consumer.on(consumer.events.GROUP_JOIN, joined)
  consumer.on(consumer.events.FETCH, fetched)
  const ended = endOf(consumer, stopping)
  const offsets = new HandledOffsets(consumer)
  const gathering = new Gathering(subscriber)
  const underWay = new Set<Promise<void>>()
  try {
    await consumer.connect()
    await consumer.subscribe({
      topics: subscriber.topics.map((topic) => `${topicPrefix}${topic}`),
      fromBeginning: true,
    })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async (payload) => {
        if (stopping.aborted) return
        const delivery = deliver(gathering, offsets, options, payload)
        underWay.add(delivery)
        await delivery.finally(() => underWay.delete(delivery))
      },
    })
    const error = await ended
    if (error) throw error
    // What has been begun is finished while we are a member: its offsets count.
    await Promise.allSettled(underWay)
  } finally {
    await offsets.close()
    await consumer.disconnect().catch(() => {})
  }
}

/** Resolves with the error that ended the membership, or with null when it is to stop. */
function endOf(consumer: Consumer, stopping: AbortSignal) {
  return new Promise<Error | null>((resolve) => {
    let lastSign = Date.now()
    const sign = () => (lastSign = Date.now())
    const watch = setInterval(() => {
      if (Date.now() - lastSign > SILENT_MS) end(new SilentMembership('nothing fetched for 30 s'))
    }, 1_000)
    const end = (error: Error | null) => {
      clearInterval(watch)
      resolve(error)
    }
    consumer.on(consumer.events.FETCH, sign)
    consumer.on(consumer.events.HEARTBEAT, sign)
    consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error))
    if (stopping.aborted) end(null)
    stopping.addEventListener('abort', () => end(null), { once: true })
  })
}

interface Gathered {
  deliveries: Delivery[]
  alive(): Promise<void>
  handled(): void
  failed(error: unknown): void
}

/**
 * Batches of several partitions that come while another is handled are handled as one: each of its own
 * would be a transaction, and they would wait for each other's stock all the same.
 */
class Gathering {
  readonly #subscriber: Subscriber
  #gathered: Gathered[] = []
  #running = false

  constructor(subscriber: Subscriber) {
    this.#subscriber = subscriber
  }

  get batchSize() {
    return this.#subscriber.batchSize
  }

  /** Resolves when the deliveries are handled; those of one partition stay in order. */
  handle(deliveries: Delivery[], alive: () => Promise<void>) {
    return new Promise<void>((handled, failed) => {
      this.#gathered.push({ deliveries, alive, handled, failed })
      if (!this.#running) void this.#run()
    })
  }

  async #run() {
    this.#running = true
    while (this.#gathered.length > 0) {
      const batch = this.#take()
      try {
        await this.#subscriber.handle(
          batch.flatMap(({ deliveries }) => deliveries),
          async () => {
            for (const { alive } of batch) await alive()
          }
        )
        for (const { handled } of batch) handled()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#running = false
  }

  /** At least one, and as many more as fit into a batch. */
  #take() {
    let size = 0
    const fitting = this.#gathered.findIndex(({ deliveries }, index) => {
      size += deliveries.length
      return index > 0 && size > this.batchSize
    })
    return this.#gathered.splice(0, fitting === -1 ? Infinity : fitting)
  }
}

/**
 * Offsets are committed after the effects, those of all partitions together: a crash in between means
 * repeats, and the inbox absorbs them.
 */
class HandledOffsets {
  readonly #consumer: Consumer
  readonly #next = new Map<string, TopicPartitionOffset>()
  readonly #timer: NodeJS.Timeout

  constructor(consumer: Consumer) {
    this.#consumer = consumer
    this.#timer = setInterval(() => void this.#commit(), COMMIT_MS)
  }

  handled(topic: string, partition: number, last: string) {
    const offset = String(BigInt(last) + 1n)
    this.#next.set(`${topic}/${partition}`, { topic, partition, offset })
  }

  async close() {
    clearInterval(this.#timer)
    await this.#commit()
  }

  /** One that fails is no loss: the partitions may belong to another member by now. */
  async #commit() {
    if (this.#next.size === 0) return
    const offsets = [...this.#next.values()]
    this.#next.clear()
    await this.#consumer.commitOffsets(offsets).catch(() => {})
  }
}

async function deliver(
  gathering: Gathering,
  offsets: HandledOffsets,
  { topicPrefix, stopping }: MembershipOptions,
  { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload
) {
  const topic = batch.topic.slice(topicPrefix.length)
  const isOurs = () => isRunning() && !isStale()
  for (let from = 0; from < batch.messages.length; from += gathering.batchSize) {
    if (!isOurs() || stopping.aborted) return
    const messages = batch.messages.slice(from, from + gathering.batchSize)
    const deliveries = messages.map((message): Delivery => ({
      topic,
      partition: batch.partition,
      offset: message.offset,
      record: toRecord(message),
    }))
    await gathering.handle(deliveries, async () => {
      if (!isOurs()) throw new Error('the partition belongs to another member now')
      await heartbeat()
    })
    if (!isOurs()) return
    const last = messages[messages.length - 1].offset
    // Both are needed: committing alone does not advance what is fetched next.
    resolveOffset(last)
    offsets.handled(batch.topic, batch.partition, last)
    await heartbeat()
  }
}

export function toRecord({ key, value, headers = {} }: KafkaMessage): WireRecord {
  const texts = Object.entries(headers).map(([name, text]) => [name, String(text ?? '')])
  return { key: key?.toString('utf8') ?? null, value, headers: Object.fromEntries(texts) }
}
