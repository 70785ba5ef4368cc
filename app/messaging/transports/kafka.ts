/*
 * Apache Kafka, through kafkajs: the only file that knows it.
 *
 * The producer is not idempotent on purpose: with kafkajs 2.2.4 a cut acknowledgement followed by a
 * different batch of the same size loses messages that the broker says it has ("duplicate, fine").
 * One `send` goes to one partition, for `sendBatch` over several loses acknowledged ones when a leader
 * moves (tulios/kafkajs#1798). The outbox repeats what is in doubt; the inbox absorbs repeats.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { Admin, Consumer as KafkaConsumer, EachBatchPayload, Kafka, Producer } from 'kafkajs'
import type { WireRecord } from '../message.ts'
import { backoff } from '../retry_policy.ts'
import {
  MessageRefused,
  type Delivery,
  type Subscriber,
  type TopicContents,
  type Transport,
} from './transport.ts'

export interface KafkaOptions {
  brokers: string[]
  topicPrefix: string
  /** Of a topic that is new. */
  partitions: number
  /** Copies of each partition; the cluster's default when undefined. */
  replication?: number
  ssl: boolean
  sasl?: { mechanism: string; username: string; password: string }
  /** Milliseconds without a heartbeat after which a consumer's partitions go to another. */
  sessionTimeout: number
  logger: Logger
}

/** So long without a fetch, and the client is built anew: kafkajs stops silently on some errors. */
const SILENT_MS = 30_000
const REFUSED = new Set(['INVALID_RECORD', 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'INVALID_TIMESTAMP'])

export class KafkaTransport implements Transport {
  readonly name = 'kafka'
  readonly #options: KafkaOptions
  readonly #stopping = new AbortController()
  readonly #loops: Promise<void>[] = []
  readonly #troubles = new Map<string, string>()
  #kafka: Promise<Kafka> | null = null
  #producer: Promise<Producer> | null = null
  #admin: Promise<Admin> | null = null
  /** How often a consumer was built anew after it had stopped by itself. */
  rebuilt = 0

  constructor(options: KafkaOptions) {
    this.#options = options
  }

  async openTopic(topic: string): Promise<number> {
    const name = this.#topic(topic)
    const admin = await this.#connectedAdmin()
    try {
      return await this.#partitionsOf(admin, name)
    } catch (error) {
      if ((error as { type?: string }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    }
    const replication = this.#options.replication
    // Several processes may create it at once: who comes second finds it there.
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: name,
          numPartitions: this.#options.partitions,
          replicationFactor: replication ?? -1,
          configEntries:
            replication !== undefined && replication >= 3
              ? [
                  { name: 'min.insync.replicas', value: '2' },
                  { name: 'unclean.leader.election.enable', value: 'false' },
                ]
              : [],
        },
      ],
    })
    return this.#partitionsOfNew(admin, name)
  }

  async send(topic: string, partition: number, records: WireRecord[]): Promise<string | null> {
    const producer = await this.#connectedProducer()
    try {
      const [ack] = await producer.send({
        topic: this.#topic(topic),
        acks: -1,
        timeout: 10_000,
        messages: records.map((record) => ({ ...record, partition })),
      })
      return ack.baseOffset ?? null
    } catch (error) {
      const { type, message } = rootCause(error)
      if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
        throw new MessageRefused(`the broker takes no message of this size (${type})`, true)
      }
      if (type && REFUSED.has(type)) throw new MessageRefused(`${message} (${type})`, false)
      throw error
    }
  }

  subscribe(subscriber: Subscriber) {
    if (subscriber.topics.length > 0) this.#loops.push(this.#consume(subscriber))
  }

  /** Reads the topic from its beginning to where it ends now, in a group of its own that it removes. */
  async contents(topic: string): Promise<TopicContents> {
    const name = this.#topic(topic)
    const admin = await this.#connectedAdmin()
    const offsets = await admin.fetchTopicOffsets(name)
    const messageIds = new Set<string>()
    const earliest = new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
    const ends = new Map(
      offsets
        .filter(({ low, high }) => BigInt(high) > BigInt(low))
        .map(({ partition, high }) => [partition, BigInt(high)])
    )
    if (ends.size === 0) return { messageIds, earliest }

    const groupId = `${this.#options.topicPrefix}verify-${process.pid}-${Date.now()}`
    const kafka = await this.#client()
    const reader = kafka.consumer({ groupId, allowAutoTopicCreation: false })
    try {
      await reader.connect()
      await reader.subscribe({ topics: [name], fromBeginning: true })
      await new Promise<void>((resolve, reject) => {
        // A crash that kafkajs mends itself is none: a new group's coordinator may still be loading.
        reader.on(reader.events.CRASH, ({ payload: { error, restart } }) => {
          if (!restart) reject(error)
        })
        reader
          .run({
            autoCommit: false,
            eachBatch: async ({ batch }) => {
              for (const { headers } of batch.messages) messageIds.add(String(headers?.ce_id ?? ''))
              const end = ends.get(batch.partition)
              if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end)
                ends.delete(batch.partition)
              if (ends.size === 0) resolve()
            },
          })
          .catch(reject)
      })
    } finally {
      await reader.disconnect().catch(() => {})
      await admin.deleteGroups([groupId]).catch(() => {})
    }
    return { messageIds, earliest }
  }

  /** Adds partitions; the keys of messages that are still there stay where they are. */
  async addPartitions(topic: string, partitions: number) {
    const admin = await this.#connectedAdmin()
    await admin.createPartitions({
      topicPartitions: [{ topic: this.#topic(topic), count: partitions }],
    })
  }

  degraded() {
    return [...this.#troubles.values()]
  }

  async close() {
    this.#stopping.abort()
    await Promise.all(this.#loops)
    const open = await Promise.allSettled([this.#producer, this.#admin])
    for (const client of open) {
      if (client.status === 'fulfilled') await client.value?.disconnect().catch(() => {})
    }
  }

  /** Runs a consumer group member, and builds it anew whenever it ends, until closed. */
  async #consume(subscriber: Subscriber) {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      try {
        for (const topic of subscriber.topics) await this.openTopic(topic)
        await this.#membership(subscriber, () => {
          attempt = 1
          this.#troubles.delete(subscriber.name)
        })
      } catch (error) {
        const { message } = rootCause(error)
        this.#troubles.set(subscriber.name, `consumer ${subscriber.name}: ${message}`)
        if ((attempt & (attempt - 1)) === 0) {
          this.#options.logger.warn({ consumer: subscriber.name, reason: message }, 'kafka is away')
        }
      }
      await sleep(backoff(attempt, { first: 200, most: 5_000 }), undefined, {
        signal: this.#stopping.signal,
      }).catch(() => {})
      this.rebuilt++
    }
  }

  /** One membership of the group: from joining to a crash, a long silence, or the end. */
  async #membership(subscriber: Subscriber, joined: () => void) {
    const kafka = await this.#client()
    const consumer = kafka.consumer({
      groupId: `${this.#options.topicPrefix}${subscriber.name}`,
      sessionTimeout: this.#options.sessionTimeout,
      heartbeatInterval: Math.floor(this.#options.sessionTimeout / 3),
      rebalanceTimeout: 15_000,
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: 1024 * 1024,
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
      retry: {
        retries: 3,
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        restartOnFailure: async () => false,
      },
    })
    let lastSign = Date.now()
    const ended = new Promise<Error | null>((resolve) => {
      const silence = setInterval(() => {
        if (Date.now() - lastSign > SILENT_MS) end(new Error('nothing fetched for 30 s'))
      }, 1_000)
      const end = (error: Error | null) => {
        clearInterval(silence)
        resolve(error)
      }
      consumer.on(consumer.events.GROUP_JOIN, joined)
      consumer.on(consumer.events.FETCH, () => (lastSign = Date.now()))
      consumer.on(consumer.events.HEARTBEAT, () => (lastSign = Date.now()))
      consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error))
      if (this.#stopping.signal.aborted) end(null)
      this.#stopping.signal.addEventListener('abort', () => end(null), { once: true })
    })
    try {
      await consumer.connect()
      await consumer.subscribe({
        topics: subscriber.topics.map((topic) => this.#topic(topic)),
        fromBeginning: true,
      })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 3,
        eachBatch: (payload) => this.#eachBatch(subscriber, consumer, payload),
      })
      const error = await ended
      if (error) throw error
    } finally {
      await consumer.disconnect().catch(() => {})
    }
  }

  /** Offsets are committed after the effects: a crash in between repeats, and the inbox absorbs it. */
  async #eachBatch(subscriber: Subscriber, consumer: KafkaConsumer, payload: EachBatchPayload) {
    const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload
    const topic = batch.topic.slice(this.#options.topicPrefix.length)
    for (let from = 0; from < batch.messages.length; from += subscriber.batchSize) {
      if (!isRunning() || isStale()) return
      const messages = batch.messages.slice(from, from + subscriber.batchSize)
      await subscriber.handle(
        messages.map((message): Delivery => ({
          topic,
          partition: batch.partition,
          offset: message.offset,
          record: {
            key: message.key?.toString('utf8') ?? null,
            value: message.value,
            headers: textHeaders(message.headers),
          },
        })),
        async () => {
          if (!isRunning() || isStale()) throw new Error('the partition is another member’s now')
          await heartbeat()
        }
      )
      if (!isRunning() || isStale()) return
      const last = messages[messages.length - 1].offset
      // Both are needed: committing alone does not advance what is fetched next.
      resolveOffset(last)
      await consumer.commitOffsets([
        { topic: batch.topic, partition: batch.partition, offset: String(BigInt(last) + 1n) },
      ])
      await heartbeat()
    }
  }

  #topic(topic: string) {
    return `${this.#options.topicPrefix}${topic}`
  }

  async #partitionsOf(admin: Admin, name: string) {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    return topics[0].partitions.length
  }

  /** A topic just created is known to each broker only a moment later. */
  async #partitionsOfNew(admin: Admin, name: string) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#partitionsOf(admin, name)
      } catch (error) {
        if (attempt === 20) throw error
        await sleep(backoff(attempt, { first: 20, most: 500 }))
      }
    }
  }

  async #connectedProducer() {
    this.#producer ??= this.#connected(async (kafka) => {
      const producer = kafka.producer({
        idempotent: false,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        metadataMaxAge: 30_000,
        retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
      })
      await producer.connect()
      return producer
    })
    return this.#producer.catch((error) => {
      this.#producer = null
      throw error
    })
  }

  async #connectedAdmin() {
    this.#admin ??= this.#connected(async (kafka) => {
      const admin = kafka.admin({
        retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
      })
      await admin.connect()
      return admin
    })
    return this.#admin.catch((error) => {
      this.#admin = null
      throw error
    })
  }

  async #connected<T>(connect: (kafka: Kafka) => Promise<T>): Promise<T> {
    return connect(await this.#client())
  }

  #client() {
    this.#kafka ??= connectionlessClient(this.#options)
    return this.#kafka
  }
}

/** kafkajs is loaded only where it is used: the embedded transport starts without it. */
async function connectionlessClient(options: KafkaOptions): Promise<Kafka> {
  const { Kafka, logLevel } = await import('kafkajs')
  return new Kafka({
    clientId: 'quartermaster',
    brokers: options.brokers,
    ssl: options.ssl || undefined,
    sasl: options.sasl as never,
    connectionTimeout: 2_000,
    requestTimeout: 15_000,
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log: { message, ...details }, namespace }) =>
        options.logger.debug({ namespace, reason: details.error }, message),
  })
}

/** kafkajs wraps what the broker said, sometimes twice. */
function rootCause(error: unknown): { type?: string; message: string } {
  let cause = error as { type?: string; message: string; cause?: unknown; originalError?: unknown }
  for (let depth = 0; depth < 5 && !cause.type; depth++) {
    const next = cause.originalError ?? cause.cause
    if (!next) break
    cause = next as typeof cause
  }
  return { type: cause.type, message: cause.message || (error as Error).message }
}

function textHeaders(headers: EachBatchPayload['batch']['messages'][number]['headers'] = {}) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value ?? '')])
  )
}
