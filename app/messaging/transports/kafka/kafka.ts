/*
 * Apache Kafka, through kafkajs, which only this folder imports.
 *
 * The producer is deliberately not idempotent: with kafkajs 2.2.4 a lost acknowledgement followed by a
 * different batch of the same size loses messages, because the broker reports a duplicate. One `send`
 * targets one partition: `sendBatch` over several loses acknowledged messages when a leader moves
 * (tulios/kafkajs#1798). The outbox repeats doubtful sends; the inbox absorbs repeats.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import { backoff } from '#runtime/backoff'
import type { WireRecord } from '../../message/message.ts'
import type { UnreadableBatches } from '../../inbox/unreadable_batches.ts'
import { StoppedPartitions, stopWarning } from '../stopped_partitions.ts'
import { COMPRESSIONS, type KafkaOptions } from './client.ts'
import { KafkaConnections } from './connections.ts'
import { readContents } from './contents.ts'
import { isNoResponse, orRefused, orUnavailable, rootCause } from './errors.ts'
import { runGroupMember, SilentSession } from './group_member.ts'
import { KafkaTopics } from './topics.ts'
import type {
  ContentsOptions,
  Subscriber,
  TopicContents,
  TopicDetails,
  Transport,
  TransportFactory,
} from '../transport.ts'

/** Consecutive sessions without any fetch from a responding broker, after which only a new process helps. */
const MAX_FRUITLESS_SESSIONS = 5

/** For `config/messaging.ts`. */
export function kafka(options: Omit<KafkaOptions, 'logger'>): TransportFactory {
  return (logger: Logger) => new KafkaTransport({ ...options, logger })
}

export class KafkaTransport implements Transport {
  readonly name = 'kafka'
  readonly storesMessages = true
  readonly isProcessLocal = false
  readonly #options: KafkaOptions
  readonly #connections: KafkaConnections
  readonly #topics: KafkaTopics
  readonly #stopping = new AbortController()
  readonly #loops: Promise<void>[] = []
  /** Consumer → why its last session failed. */
  readonly #failures = new Map<string, string>()
  readonly #stopped = new StoppedPartitions()
  /** Consumer → consecutive sessions that fetched nothing although the broker responded. */
  readonly #fruitlessSessions = new Map<string, number>()

  constructor(options: KafkaOptions) {
    this.#options = options
    this.#connections = new KafkaConnections(options)
    this.#topics = new KafkaTopics(options, this.#connections)
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
    return orUnavailable(async () => {
      const producer = await this.#connections.producer.open()
      const [ack] = await orRefused(() =>
        producer.send({
          topic: this.#topics.name(topic),
          acks: -1,
          timeout: 5_000,
          compression: COMPRESSIONS.indexOf(this.#options.compression ?? 'none'),
          messages: records.map((record) => ({ ...record, partition })),
        })
      )
      return ack.baseOffset ?? null
    })
  }

  subscribe(subscriber: Subscriber, unreadable?: UnreadableBatches) {
    if (subscriber.topics.length > 0) this.#loops.push(this.#consume(subscriber, unreadable))
  }

  retention(topic: string): Promise<number> {
    return orUnavailable(() => this.#topics.retention(topic))
  }

  contents(topic: string, options?: ContentsOptions): Promise<TopicContents> {
    return orUnavailable(() => readContents(this.#connections, this.#topics.name(topic), options))
  }

  lag(subscriber: string, topics: string[]): Promise<number> {
    return orUnavailable(async () => {
      const admin = await this.#connections.admin.open()
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

  stoppedPartitions() {
    return this.#stopped.all()
  }

  warnings() {
    return [...this.#failures.values(), ...this.#stopped.all().map(stopWarning)]
  }

  fatal() {
    return [...this.#fruitlessSessions]
      .filter(([, sessions]) => sessions >= MAX_FRUITLESS_SESSIONS)
      .map(([name, sessions]) => `consumer ${name}: ${sessions} sessions in a row fetched nothing`)
  }

  async close() {
    this.#stopping.abort()
    await Promise.all(this.#loops)
    await this.#connections.close()
  }

  /** Runs a consumer group member, and starts another whenever it ends, until closed. */
  async #consume(subscriber: Subscriber, unreadable?: UnreadableBatches) {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      try {
        for (const topic of subscriber.topics) await this.openTopic(topic)
        await runGroupMember({
          ...this.#options,
          connections: this.#connections,
          groupId: this.#group(subscriber.name),
          ...{ subscriber, unreadable, stopped: this.#stopped },
          stopping: this.#stopping.signal,
          joined: () => {
            attempt = 1
            this.#failures.delete(subscriber.name)
          },
          fetched: () => this.#fruitlessSessions.delete(subscriber.name),
        })
      } catch (error) {
        const { message } = rootCause(error)
        // An unreachable broker does not count: opening the topics fails before the session begins.
        const before = this.#fruitlessSessions.get(subscriber.name) ?? 0
        const fruitless = error instanceof SilentSession ? before + 1 : 0
        this.#fruitlessSessions.set(subscriber.name, fruitless)
        this.#failures.set(subscriber.name, `consumer ${subscriber.name}: ${message}`)
        if ((attempt & (attempt - 1)) === 0) {
          const event = isNoResponse(error) ? 'kafka unreachable' : 'consumer session failed'
          this.#options.logger.warn({ consumer: subscriber.name, reason: message }, event)
        }
      }
      await sleep(backoff(attempt, { first: 200, most: 5_000 }), undefined, {
        signal: this.#stopping.signal,
      }).catch(() => {})
    }
  }

  #group(subscriber: string) {
    return `${this.#options.topicPrefix}${subscriber}`
  }

  async #committedOffsets(subscriber: string, topics: string[]) {
    const admin = await this.#connections.admin.open()
    const names = topics.map((topic) => this.#topics.name(topic))
    return admin.fetchOffsets({ groupId: this.#group(subscriber), topics: names })
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
