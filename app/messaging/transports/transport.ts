/*
 * The port between the kernel and whatever carries the messages. Two drivers, one conformance suite
 * (tests/messaging/transport_conformance.spec.ts) that both must pass.
 */
import type { WireRecord } from '../message.ts'

export type TransportName = 'embedded' | 'kafka'

/** A record as a consumer receives it. `partition` and `offset` are null where the driver has none. */
export interface Delivery {
  topic: string
  partition: number | null
  offset: string | null
  record: WireRecord
}

/** One consumer group of the app. */
export interface Subscriber {
  /** The consumer's name; with the topic prefix it is the Kafka group. */
  name: string
  topics: string[]
  /**
   * Handles deliveries of one partition or several, each in order; resolves once their effects have committed,
   * and rejects only when the subscriber is stopped.
   *
   * @param alive - to be called between units of work: it keeps a long batch's membership alive, and
   *   throws when the partition has been given to another process meanwhile
   */
  handle(deliveries: Delivery[], alive: () => Promise<void>): Promise<void>
  /** The same batch again: how often the driver hands over at the most. */
  batchSize: number
}

export interface Transport {
  readonly name: TransportName

  /**
   * Makes sure that the topic exists, and tells how many partitions it has.
   *
   * @throws while the broker is away
   */
  openTopic(topic: string): Promise<number>

  /**
   * Sends records to one partition, in order. Resolves once they are safe: acknowledged by all
   * in-sync replicas, or (embedded) handled by every subscriber.
   *
   * @returns the offset of the first record, null where the driver has none
   * @throws MessageRefused when the broker will never take what was sent; any other error is trouble on
   *   the way, after which the records may or may not have arrived
   */
  send(topic: string, partition: number, records: WireRecord[]): Promise<string | null>

  /** Starts to deliver; a broker that is away delays deliveries, not the call. */
  subscribe(subscriber: Subscriber): void

  /**
   * Milliseconds that a topic keeps a message after it was handled; 0 where it keeps none, Infinity where
   * it keeps all.
   *
   * @throws while the broker is away
   */
  retention(topic: string): Promise<number>

  /**
   * What lies in the topic now, for a proof; null where nothing is kept.
   *
   * @param seen - given all of it while it is read, piece by piece
   */
  contents(
    topic: string,
    seen?: (records: WireRecord[]) => Promise<void>
  ): Promise<TopicContents | null>

  /** How many messages of the topics that subscriber has not handled; null where nothing is kept. */
  lag(subscriber: string, topics: string[]): Promise<number | null>

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[]

  /** What only a new process can mend, in words; empty as long as this one can help itself. */
  stuck(): string[]

  /** Stops delivering and sending, after what is under way. */
  close(): Promise<void>
}

export interface TopicContents {
  messageIds: { has(id: string): boolean }
  /** Partition → the first offset that is still there: what came before has passed its retention. */
  earliest: Map<number, bigint>
}

/** The broker will never take this message, or this batch of them: retrying is in vain. */
export class MessageRefused extends Error {
  name = 'MessageRefused'
}
