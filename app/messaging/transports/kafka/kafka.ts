/*
 * Apache Kafka, through kafkajs, which only this folder imports.
 *
 * The producer is deliberately not idempotent: with kafkajs 2.2.4 a lost acknowledgement followed by a
 * different batch of the same size loses messages, because the broker reports a duplicate. One `send`
 * targets one partition: `sendBatch` over several loses acknowledged messages when a leader moves
 * (tulios/kafkajs#1798). The outbox repeats doubtful sends; the inbox absorbs repeats.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Kafka, Producer } from 'kafkajs'
import type { Logger } from '@adonisjs/core/logger'
import { backoff } from '#runtime/backoff'
import type { WireRecord } from '../../message/message.ts'
import type { UnreadableBatches } from '../../inbox/unreadable_batches.ts'
import { HeldUpPartitions, inWords } from '../held_up_partitions.ts'
import { COMPRESSIONS, connectionlessClient, type KafkaOptions } from './client.ts'
import { readContents } from './contents.ts'
import { runGroupMember, SilentSession } from './group_member.ts'
import { STALLED_AFTER_MS } from './progress.ts'
import { KafkaTopics } from './topics.ts'
import {
  MessageRefused,
  TransportUnavailable,
  type ContentsOptions,
  type Subscriber,
  type TopicContents,
  type TopicDetails,
  type Transport,
  type TransportFactory,
} from '../transport.ts'

/** Consecutive fruitless sessions with a broker that responds, after which only a new process helps. */
const MAX_FRUITLESS_SESSIONS = 5

/** Errors of kafkajs for a broker that does not respond. */
const NO_RESPONSE = /^KafkaJS(Connection|RequestTimeout|BrokerNotFound|GroupCoordinatorNotFound)/

const REFUSED = new Set(['INVALID_RECORD', 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'INVALID_TIMESTAMP'])

/** Maximum age of metadata: how soon a partition is used again after it was without a leader. */
const METADATA_MS = 3_000

/** For `config/messaging.ts`. */
export function kafka(options: Omit<KafkaOptions, 'logger'>): TransportFactory {
  return (logger: Logger) => new KafkaTransport({ ...options, logger })
}

export class KafkaTransport implements Transport {
  readonly name = 'kafka'
  readonly storesMessages = true
  readonly isProcessLocal = false
  readonly #topics: KafkaTopics
  readonly #options: KafkaOptions
  readonly #stopping = new AbortController()
  readonly #loops: Promise<void>[] = []
  /** Consumer → why its last session failed. */
  readonly #failures = new Map<string, string>()
  readonly #heldUp = new HeldUpPartitions()
  #kafka: Promise<Kafka> | null = null
  #producer: Promise<Producer> | null = null
  #admin: Promise<Admin> | null = null
  /** Consumer → consecutive sessions that fetched nothing although the broker responded. */
  readonly #fruitlessSessions = new Map<string, number>()

  constructor(options: KafkaOptions) {
    this.#options = options
    this.#topics = new KafkaTopics(
      options,
      () => this.#connectedAdmin(),
      () => this.#forgetProducer()
    )
  }

  get description() {
    const { brokers, compression = 'none' } = this.#options
    return `Kafka at ${brokers.join(',')}, compression ${compression}`
  }

  findTopic(topic: string): Promise<TopicDetails | null> {
    return orUnavailable(() => this.#topics.describe(topic))
  }

  openTopic(topic: string): Promise<number> {
    return orUnavailable(() => this.#topics.open(topic))
  }

  addPartitions(topic: string, partitions: number): Promise<void> {
    return orUnavailable(() => this.#topics.addPartitions(topic, partitions))
  }

  send(topic: string, partition: number, records: WireRecord[]): Promise<string | null> {
    return orUnavailable(() => this.#send(topic, partition, records))
  }

  async #send(topic: string, partition: number, records: WireRecord[]) {
    const producer = await this.#connectedProducer()
    try {
      const [ack] = await producer.send({
        topic: this.#topic(topic),
        acks: -1,
        timeout: 5_000,
        compression: COMPRESSIONS.indexOf(this.#options.compression ?? 'none'),
        messages: records.map((record) => ({ ...record, partition })),
      })
      return ack.baseOffset ?? null
    } catch (error) {
      const { type, message } = rootCause(error)
      if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
        throw new MessageRefused(`the broker does not accept a message of this size (${type})`)
      }
      if (type && REFUSED.has(type)) throw new MessageRefused(`${message} (${type})`)
      throw error
    }
  }

  subscribe(subscriber: Subscriber, unreadable?: UnreadableBatches) {
    if (subscriber.topics.length > 0) this.#loops.push(this.#consume(subscriber, unreadable))
  }

  retention(topic: string): Promise<number> {
    return orUnavailable(() => this.#topics.retention(topic))
  }

  contents(topic: string, options?: ContentsOptions): Promise<TopicContents> {
    return orUnavailable(async () => {
      const admin = await this.#connectedAdmin()
      return readContents(await this.#client(), admin, this.#topic(topic), options)
    })
  }

  lag(subscriber: string, topics: string[]): Promise<number> {
    return orUnavailable(async () => {
      const admin = await this.#connectedAdmin()
      const committed = await this.#committedOffsets(subscriber, topics)
      const lags = committed.map(async ({ topic, partitions }) =>
        lagOf(await admin.fetchTopicOffsets(topic), partitions)
      )
      const all = await Promise.all(lags)
      return all.reduce((sum, lag) => sum + lag, 0)
    })
  }

  hasPosition(subscriber: string, topic: string): Promise<boolean> {
    return orUnavailable(async () => {
      const [{ partitions }] = await this.#committedOffsets(subscriber, [topic])
      return partitions.some(({ offset }) => Number(offset) >= 0)
    })
  }

  heldUp() {
    return this.#heldUp.all()
  }

  warnings() {
    return [...this.#failures.values(), ...this.heldUp().map(inWords)]
  }

  fatal() {
    return [...this.#fruitlessSessions]
      .filter(([, sessions]) => sessions >= MAX_FRUITLESS_SESSIONS)
      .map(([name, sessions]) => `consumer ${name}: ${sessions} sessions in a row fetched nothing`)
  }

  async close() {
    this.#stopping.abort()
    await Promise.all(this.#loops)
    const open = await Promise.allSettled([this.#producer, this.#admin])
    for (const client of open) {
      if (client.status === 'fulfilled') await client.value?.disconnect().catch(() => {})
    }
  }

  /** Runs a consumer group member, and starts another whenever it ends, until closed. */
  async #consume(subscriber: Subscriber, unreadable?: UnreadableBatches) {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      try {
        for (const topic of subscriber.topics) await this.openTopic(topic)
        await runGroupMember({
          kafka: await this.#client(),
          groupId: this.#group(subscriber.name),
          topicPrefix: this.#options.topicPrefix,
          sessionTimeout: this.#options.sessionTimeout,
          metadataMaxAge: METADATA_MS,
          ...{ subscriber, unreadable, heldUp: this.#heldUp },
          stalledAfter: this.#options.stalledAfter ?? STALLED_AFTER_MS,
          admin: () => this.#connectedAdmin(),
          logger: this.#options.logger,
          stopping: this.#stopping.signal,
          joined: () => {
            attempt = 1
            this.#failures.delete(subscriber.name)
          },
          fetched: () => this.#fruitlessSessions.delete(subscriber.name),
        })
      } catch (error) {
        const { name, message } = rootCause(error)
        this.#countFruitless(subscriber.name, error)
        this.#failures.set(subscriber.name, `consumer ${subscriber.name}: ${message}`)
        if ((attempt & (attempt - 1)) === 0) {
          const event = NO_RESPONSE.test(name) ? 'kafka unreachable' : 'consumer session failed'
          this.#options.logger.warn({ consumer: subscriber.name, reason: message }, event)
        }
      }
      await sleep(backoff(attempt, { first: 200, most: 5_000 }), undefined, {
        signal: this.#stopping.signal,
      }).catch(() => {})
    }
  }

  /** An unreachable broker does not count: opening the topics fails before the session begins. */
  #countFruitless(name: string, error: unknown) {
    if (error instanceof SilentSession) {
      this.#fruitlessSessions.set(name, (this.#fruitlessSessions.get(name) ?? 0) + 1)
    } else this.#fruitlessSessions.delete(name)
  }

  #group(subscriber: string) {
    return `${this.#options.topicPrefix}${subscriber}`
  }

  #topic(topic: string) {
    return this.#topics.name(topic)
  }

  async #committedOffsets(subscriber: string, topics: string[]) {
    const admin = await this.#connectedAdmin()
    const names = topics.map((topic) => this.#topic(topic))
    return admin.fetchOffsets({ groupId: this.#group(subscriber), topics: names })
  }

  async #connectedProducer() {
    this.#producer ??= this.#connected(async (client) => {
      const producer = client.producer({
        idempotent: false,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        metadataMaxAge: METADATA_MS,
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

  /** A connected producer learns of new partitions only after 30 s; a new one knows them at once. */
  async #forgetProducer() {
    const producer = await this.#producer?.catch(() => null)
    this.#producer = null
    await producer?.disconnect().catch(() => {})
  }

  async #connectedAdmin() {
    this.#admin ??= this.#connected(async (client) => {
      const admin = client.admin({
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

  async #connected<T>(connect: (client: Kafka) => Promise<T>): Promise<T> {
    return connect(await this.#client())
  }

  #client() {
    this.#kafka ??= connectionlessClient(this.#options)
    return this.#kafka
  }
}

/** The records behind the committed offsets of a topic; an offset of -1 means none is committed. */
function lagOf(
  ends: { partition: number; low: string; high: string }[],
  committed: { partition: number; offset: string }[]
) {
  const next = new Map(committed.map(({ partition, offset }) => [partition, Number(offset)]))
  return ends.reduce((sum, { partition, low, high }) => {
    return sum + Math.max(0, Number(high) - Math.max(next.get(partition) ?? -1, Number(low)))
  }, 0)
}

/** @throws TransportUnavailable in place of any error of kafkajs */
async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!/^KafkaJS/.test((error as Error).name)) throw error
    throw new TransportUnavailable(rootCause(error).message, { cause: error })
  }
}

/** kafkajs wraps the broker's error, sometimes twice. */
function rootCause(error: unknown): { type?: string; name: string; message: string } {
  let cause = error as Error & { type?: string; originalError?: unknown }
  for (let depth = 0; depth < 5 && !cause.type; depth++) {
    const next = cause.originalError ?? cause.cause
    if (!next) break
    cause = next as typeof cause
  }
  const { type, name, message } = cause
  return { type, name, message: message || (error as Error).message }
}
