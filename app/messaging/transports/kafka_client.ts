import type { Logger } from '@adonisjs/core/logger'
import type { Kafka } from 'kafkajs'
import { tolerateLeaderlessPartitions } from './kafka_metadata.ts'

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

/** kafkajs is loaded only where it is used: the embedded transport starts without it. */
export async function connectionlessClient(options: KafkaOptions): Promise<Kafka> {
  const { Kafka, logLevel } = await import('kafkajs')
  tolerateLeaderlessPartitions()
  return new Kafka({
    clientId: 'quartermaster',
    brokers: async () => shuffled(options.brokers),
    ssl: options.ssl || undefined,
    sasl: options.sasl as never,
    connectionTimeout: 2_000,
    // So long a broker that hangs holds up its partitions, though others lead them by then.
    requestTimeout: 8_000,
    // Ours are the tries that count: the operator hears of a broker that is away at the first.
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log: { message, ...details }, namespace }) =>
        options.logger.debug({ namespace, reason: details.error }, message),
  })
}

/**
 * kafkajs 2.2.4 begins each client with the first broker of the list, and stays with it when the connection
 * is taken and closed, as a proxy does whose broker is dead: nobody would ever ask the others.
 */
function shuffled(brokers: string[]): string[] {
  return brokers
    .map((broker) => ({ broker, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ broker }) => broker)
}
