import type { Logger } from '@adonisjs/core/logger'
import type { Kafka } from 'kafkajs'
import { countUncommittedRecords } from './kafkajs_patches/list_offsets.ts'
import { tolerateLeaderlessPartitions } from './kafkajs_patches/metadata.ts'

/** Indexed by the codec's number in a record batch. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export interface KafkaOptions {
  brokers: string[]
  /** Names this app in the broker's logs and quotas. */
  clientId: string
  /** Codec of sent batches, `none` by default; batches of every codec are read. */
  compression?: (typeof COMPRESSIONS)[number]
  topicPrefix: string
  /** Partition count of new topics. */
  partitions: number
  /** Replicas of each partition of a new topic; the cluster's default when undefined. */
  replication?: number
  ssl: boolean
  sasl?: { mechanism: string; username: string; password: string }
  /** Milliseconds without a heartbeat after which a consumer's partitions move to another. */
  sessionTimeout: number
  /** Milliseconds without progress after which a partition with records counts as stalled; 60,000 by default. */
  stalledAfter?: number
  logger: Logger
}

/** Imports kafkajs lazily: the embedded transport starts without it. */
export async function createClient(options: KafkaOptions): Promise<Kafka> {
  const { default: kafkajs } = await import('kafkajs')
  const { CompressionCodecs, Kafka, logLevel } = kafkajs
  const { registerCodecs } = await import('./compression/codecs.ts')
  const { tolerateUnreadableBatches } = await import('./kafkajs_patches/fetch.ts')
  registerCodecs(CompressionCodecs)
  tolerateLeaderlessPartitions()
  tolerateUnreadableBatches()
  countUncommittedRecords()
  return new Kafka({
    clientId: options.clientId,
    brokers: async () => shuffled(options.brokers),
    ssl: options.ssl || undefined,
    sasl: options.sasl as never,
    connectionTimeout: 2_000,
    // A hanging broker blocks its partitions for this long, even if other brokers lead them by then.
    requestTimeout: 8_000,
    // The kernel retries, so that operators learn of an unreachable broker at the first failure.
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log: { message, ...details }, namespace }) =>
        options.logger.debug({ namespace, reason: details.error }, message),
  })
}

/**
 * kafkajs 2.2.4 starts with the first broker of the list, and never tries the others if that one accepts and
 * closes connections, as a proxy in front of a dead broker does.
 */
function shuffled(brokers: string[]): string[] {
  return brokers
    .map((broker) => ({ broker, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ broker }) => broker)
}
