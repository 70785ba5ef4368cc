/*
 * Apache Kafka, through kafkajs: only the files `kafka*.ts` of this folder know it.
 *
 * The producer is not idempotent on purpose: with kafkajs 2.2.4 a cut acknowledgement followed by a
 * different batch of the same size loses messages that the broker says it has ("duplicate, fine").
 * One `send` goes to one partition, for `sendBatch` over several loses acknowledged ones when a leader
 * moves (tulios/kafkajs#1798). The outbox repeats what is in doubt; the inbox absorbs repeats.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Kafka, Producer } from 'kafkajs'
import type { WireRecord } from '../message.ts'
import { backoff } from '../retry_policy.ts'
import { connectionlessClient, type KafkaOptions } from './kafka_client.ts'
import { readContents } from './kafka_contents.ts'
import { beMember, SilentMembership } from './kafka_membership.ts'
import { MessageRefused, type Subscriber, type TopicContents, type Transport } from './transport.ts'

/** Memberships in a row that fetched nothing from a broker that answers: the client is beyond help. */
const IN_VAIN = 5

const REFUSED = new Set(['INVALID_RECORD', 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'INVALID_TIMESTAMP'])

/** So soon a partition that had no leader is sent to and fetched from again. */
const METADATA_MS = 3_000

/** `ConfigResourceTypes.TOPIC` of kafkajs. */
const TOPIC = 2

export class KafkaTransport implements Transport {
  readonly name = 'kafka'
  readonly #options: KafkaOptions
  readonly #stopping = new AbortController()
  readonly #loops: Promise<void>[] = []
  readonly #troubles = new Map<string, string>()
  #kafka: Promise<Kafka> | null = null
  #producer: Promise<Producer> | null = null
  /** Topic → partitions, as last seen. */
  readonly #partitions = new Map<string, number>()
  #admin: Promise<Admin> | null = null
  /** Memberships in a row that fetched nothing although the broker answered, of each consumer. */
  readonly #inVain = new Map<string, number>()
  /** How often a consumer was built anew after it had stopped by itself. */
  rebuilt = 0

  constructor(options: KafkaOptions) {
    this.#options = options
  }

  /** @returns its partitions; null where it is not there */
  async findTopic(topic: string): Promise<number | null> {
    const admin = await this.#connectedAdmin()
    try {
      return await this.#partitionsOf(admin, this.#topic(topic))
    } catch (error) {
      if ((error as { type?: string }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      return null
    }
  }

  async openTopic(topic: string): Promise<number> {
    const found = await this.findTopic(topic)
    if (found !== null) return found
    const name = this.#topic(topic)
    const admin = await this.#connectedAdmin()
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
        timeout: 5_000,
        messages: records.map((record) => ({ ...record, partition })),
      })
      return ack.baseOffset ?? null
    } catch (error) {
      const { type, message } = rootCause(error)
      if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
        throw new MessageRefused(`the broker takes no message of this size (${type})`)
      }
      if (type && REFUSED.has(type)) throw new MessageRefused(`${message} (${type})`)
      throw error
    }
  }

  subscribe(subscriber: Subscriber) {
    if (subscriber.topics.length > 0) this.#loops.push(this.#consume(subscriber))
  }

  async retention(topic: string): Promise<number> {
    const admin = await this.#connectedAdmin()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: TOPIC, name: this.#topic(topic), configNames: ['retention.ms'] }],
    })
    const kept = Number(resources[0].configEntries[0].configValue)
    return kept < 0 ? Infinity : kept
  }

  async contents(
    topic: string,
    seen?: (records: WireRecord[]) => Promise<void>
  ): Promise<TopicContents> {
    const admin = await this.#connectedAdmin()
    return readContents(await this.#client(), admin, this.#topic(topic), seen)
  }

  /** Adds partitions; the keys of messages that are still there stay where they are. */
  async addPartitions(topic: string, partitions: number) {
    const admin = await this.#connectedAdmin()
    await admin.createPartitions({
      topicPartitions: [{ topic: this.#topic(topic), count: partitions }],
    })
  }

  async lag(subscriber: string, topics: string[]): Promise<number> {
    const admin = await this.#connectedAdmin()
    const names = topics.map((topic) => this.#topic(topic))
    const groupId = this.#group(subscriber)
    const committed = await admin.fetchOffsets({ groupId, topics: names })
    const lags = committed.map(async ({ topic, partitions }) =>
      lagOf(await admin.fetchTopicOffsets(topic), partitions)
    )
    const all = await Promise.all(lags)
    return all.reduce((sum, lag) => sum + lag, 0)
  }

  /** Whether a consumer has ever said how far it is in a topic. */
  async hasHeard(subscriber: string, topic: string): Promise<boolean> {
    const admin = await this.#connectedAdmin()
    const topics = [this.#topic(topic)]
    const [{ partitions }] = await admin.fetchOffsets({ groupId: this.#group(subscriber), topics })
    return partitions.some(({ offset }) => Number(offset) >= 0)
  }

  degraded() {
    return [...this.#troubles.values()]
  }

  stuck() {
    return [...this.#inVain]
      .filter(([, memberships]) => memberships >= IN_VAIN)
      .map(([name]) => `consumer ${name}: its client was built anew ${IN_VAIN} times in vain`)
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
        await beMember({
          kafka: await this.#client(),
          groupId: this.#group(subscriber.name),
          topicPrefix: this.#options.topicPrefix,
          sessionTimeout: this.#options.sessionTimeout,
          metadataMaxAge: METADATA_MS,
          subscriber,
          stopping: this.#stopping.signal,
          joined: () => {
            attempt = 1
            this.#troubles.delete(subscriber.name)
          },
          fetched: () => this.#inVain.delete(subscriber.name),
        })
      } catch (error) {
        const { message } = rootCause(error)
        this.#countInVain(subscriber.name, error)
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

  /** A broker that is away is no fault of the client: topics are asked for before each membership. */
  #countInVain(name: string, error: unknown) {
    if (error instanceof SilentMembership) {
      this.#inVain.set(name, (this.#inVain.get(name) ?? 0) + 1)
    } else this.#inVain.delete(name)
  }

  #group(subscriber: string) {
    return `${this.#options.topicPrefix}${subscriber}`
  }

  #topic(topic: string) {
    return `${this.#options.topicPrefix}${topic}`
  }

  async #partitionsOf(admin: Admin, name: string) {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    const partitions = topics[0].partitions.length
    const known = this.#partitions.get(name) ?? partitions
    this.#partitions.set(name, partitions)
    if (known !== partitions) await this.#forgetProducer()
    return partitions
  }

  /** A topic just created is known to each broker only a moment later. */
  async #partitionsOfNew(admin: Admin, name: string) {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#assertLed(admin, name)
        return await this.#partitionsOf(admin, name)
      } catch (error) {
        if (attempt === 20) throw error
        await sleep(backoff(attempt, { first: 20, most: 500 }))
      }
    }
  }

  async #assertLed(admin: Admin, name: string) {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    const leaderless = topics[0].partitions.filter(({ leader }) => leader < 0)
    if (leaderless.length > 0) throw new Error(`${leaderless.length} partitions have no leader yet`)
  }

  async #connectedProducer() {
    this.#producer ??= this.#connected(async (kafka) => {
      const producer = kafka.producer({
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

  /** A producer learns of new partitions only in half a minute: the next one knows them at once. */
  async #forgetProducer() {
    const producer = await this.#producer?.catch(() => null)
    this.#producer = null
    await producer?.disconnect().catch(() => {})
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

/** What lies in the partitions of a topic behind what is committed; -1 is nothing committed. */
function lagOf(
  ends: { partition: number; low: string; high: string }[],
  committed: { partition: number; offset: string }[]
) {
  const next = new Map(committed.map(({ partition, offset }) => [partition, Number(offset)]))
  return ends.reduce((sum, { partition, low, high }) => {
    return sum + Math.max(0, Number(high) - Math.max(next.get(partition) ?? -1, Number(low)))
  }, 0)
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
