/*
 * Topics on the broker: finding, creating and enlarging them, and reading their settings.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { backoff } from '#runtime/backoff'
import type { KafkaOptions } from './client.ts'
import type { KafkaConnections } from './connections.ts'
import type { TopicDetails } from '../transport.ts'

/** `ConfigResourceTypes.TOPIC` of kafkajs. */
const TOPIC = 2

export class KafkaTopics {
  readonly #options: KafkaOptions
  readonly #connections: KafkaConnections
  /** Topic → its last known partition count. */
  readonly #partitions = new Map<string, number>()
  /** Topics whose settings were logged. */
  readonly #logged = new Set<string>()

  constructor(options: KafkaOptions, connections: KafkaConnections) {
    this.#options = options
    this.#connections = connections
  }

  /** A topic's name on the broker. */
  name(topic: string) {
    return `${this.#options.topicPrefix}${topic}`
  }

  /** @returns null if the topic does not exist */
  async describe(topic: string): Promise<TopicDetails | null> {
    const partitions = await this.#find(topic)
    if (partitions === null) return null
    return { partitions, compressionType: await this.#compressionType(topic) }
  }

  /** @returns its partition count; null if it does not exist */
  #find(topic: string): Promise<number | null> {
    const found = this.#partitionsOf(this.name(topic))
    return nullAfter('UNKNOWN_TOPIC_OR_PARTITION', found)
  }

  /** Creates the topic unless it exists. @returns its partition count */
  async open(topic: string): Promise<number> {
    const partitions = (await this.#find(topic)) ?? (await this.#create(topic))
    if (!this.#logged.has(topic)) await this.#logSettings(topic, partitions).catch(() => {})
    return partitions
  }

  /** Raises the partition count. Stored messages stay in their partitions. */
  async addPartitions(topic: string, partitions: number) {
    const admin = await this.#connections.admin.open()
    await admin.createPartitions({
      topicPartitions: [{ topic: this.name(topic), count: partitions }],
    })
  }

  /** Milliseconds that the topic keeps a message; Infinity without a limit. */
  async retention(topic: string): Promise<number> {
    const kept = Number(await this.#setting(topic, 'retention.ms'))
    return kept < 0 ? Infinity : kept
  }

  /**
   * `producer` if the broker stores batches as they are sent, otherwise the codec into which it recompresses
   * them; null without the right to read the topic's settings.
   */
  #compressionType(topic: string): Promise<string | null> {
    const setting = this.#setting(topic, 'compression.type')
    return nullAfter('TOPIC_AUTHORIZATION_FAILED', setting)
  }

  async #create(topic: string): Promise<number> {
    const name = this.name(topic)
    const admin = await this.#connections.admin.open()
    const { replication, partitions } = this.#options
    // If another process creates it at the same time, this call finds it.
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: name,
          numPartitions: partitions,
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
    return this.#partitionsOfNew(name)
  }

  async #metadataOf(name: string) {
    const admin = await this.#connections.admin.open()
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    return topics[0].partitions
  }

  async #partitionsOf(name: string) {
    const { length: partitions } = await this.#metadataOf(name)
    const known = this.#partitions.get(name) ?? partitions
    this.#partitions.set(name, partitions)
    // A connected producer learns of new partitions only after 30 s; a new one knows them at once.
    if (known !== partitions) await this.#connections.producer.close()
    return partitions
  }

  /** Brokers learn of a new topic with a short delay. */
  async #partitionsOfNew(name: string) {
    for (let attempt = 1; ; attempt++) {
      try {
        const partitions = await this.#metadataOf(name)
        const leaderless = partitions.filter(({ leader }) => leader < 0)
        if (leaderless.length === 0) return await this.#partitionsOf(name)
        throw new Error(`${leaderless.length} partitions have no leader yet`)
      } catch (error) {
        if (attempt === 20) throw error
        await sleep(backoff(attempt, { first: 20, most: 500 }))
      }
    }
  }

  async #logSettings(topic: string, partitions: number) {
    const compressionType = await this.#compressionType(topic)
    this.#logged.add(topic)
    const { logger, compression: sentAs = 'none' } = this.#options
    logger.info({ topic, partitions, compressionType, sentAs }, 'topic in use')
  }

  async #setting(topic: string, name: string): Promise<string> {
    const admin = await this.#connections.admin.open()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: TOPIC, name: this.name(topic), configNames: [name] }],
    })
    return resources[0].configEntries[0].configValue
  }
}

/** @returns null in place of the broker's error of this type */
async function nullAfter<T>(type: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if ((error as { type?: string }).type !== type) throw error
    return null
  }
}
