/*
 * The port between the kernel and the drivers that carry messages. Every driver passes one conformance
 * suite (tests/messaging/transports/transport_conformance.spec.ts).
 */
import type { Logger } from '@adonisjs/core/logger'
import { Unreachable } from '#console/exit_codes'
import type { WireRecord } from '../message/message.ts'
import type { UnreadableBatches } from '../inbox/unreadable_batches.ts'
import type { StoppedPartition } from './stopped_partitions.ts'

/** A record as a consumer receives it. `partition` and `offset` are null where the driver has none. */
export interface Delivery {
  topic: string
  partition: number | null
  offset: string | null
  record: WireRecord
}

/** One consumer group of the app. */
export interface Subscriber {
  /** The consumer's name. A driver derives the group's name on the broker from it. */
  name: string
  topics: string[]
  /**
   * Handles deliveries of one partition or several, each in order; resolves once their effects have committed,
   * and rejects only when the subscriber is stopped.
   *
   * @param alive - call it between units of work: it keeps the group membership of a long batch alive,
   *   and throws when the partition has moved to another process
   */
  handle(deliveries: Delivery[], alive: () => Promise<void>): Promise<void>
  /** Maximum number of deliveries per call. */
  batchSize: number
}

/** Builds a driver that connects at its first use; `config/messaging.ts` chooses one. */
export type TransportFactory = (logger: Logger) => Transport

/** Methods that ask a broker throw `TransportUnavailable` when it gives no usable response. */
export interface Transport {
  /** Stored with each outbox (`messaging_state.transport`): never rename a driver. */
  readonly name: string

  /** For people, for example `Kafka at 10.0.0.1:9092`. */
  readonly description: string

  /**
   * True when messages stay in topics after their acknowledgement, so a consumer may handle them later
   * than the relay marks them. False when the outbox is the only store.
   */
  readonly storesMessages: boolean

  /** True when it delivers only to subscribers of the sending process: these must run with the relay. */
  readonly isProcessLocal: boolean

  /** Creates the topic unless it exists. @returns its partition count */
  openTopic(topic: string): Promise<number>

  /** @returns null when the topic does not exist */
  findTopic(topic: string): Promise<TopicDetails | null>

  /**
   * Raises a topic's partition count. Stored messages stay in their partitions.
   *
   * @throws Error where the driver's partition count is fixed
   */
  addPartitions(topic: string, partitions: number): Promise<void>

  /**
   * Sends records to one partition, in order. Resolves once they are safe: acknowledged by all
   * in-sync replicas, or handled by every subscriber where the driver stores nothing.
   *
   * @returns the offset of the first record, null where the driver has none
   * @throws MessageRefused when the broker will never accept the records; after any other error they may
   *   or may not have arrived
   */
  send(topic: string, partition: number, records: WireRecord[]): Promise<string | null>

  /**
   * Starts deliveries. An unreachable broker delays them, but does not fail the call.
   *
   * @param unreadable - the record of batches that the subscriber cannot read
   */
  subscribe(subscriber: Subscriber, unreadable?: UnreadableBatches): void

  /** Milliseconds that a topic keeps a handled message: 0 for not at all, Infinity without a limit. */
  retention(topic: string): Promise<number>

  /** The topic's stored messages, for `messaging:verify`; null where the driver stores none. */
  contents(topic: string, options?: ContentsOptions): Promise<TopicContents | null>

  /** The number of stored messages that the subscriber has not handled; null where none are stored. */
  lag(subscriber: string, topics: string[]): Promise<number | null>

  /** Whether the subscriber, in any process, has ever committed a position in the topic. */
  hasPosition(subscriber: string, topic: string): Promise<boolean>

  /** Partitions that make no progress in this process, while the others do. */
  stoppedPartitions(): StoppedPartition[]

  /** Warnings for operators; empty while everything works. */
  warnings(): string[]

  /** Faults that only a new process can fix; empty while this one recovers by itself. */
  fatal(): string[]

  /** Stops delivering and sending, after finishing the batches in progress. */
  close(): Promise<void>
}

export interface TopicDetails {
  partitions: number
  /** `producer` when batches are stored as sent, otherwise a codec; null when unknown. */
  compressionType: string | null
}

export interface ContentsOptions {
  /** Receives all records in chunks, as they are read. */
  seen?: (records: WireRecord[]) => Promise<void>
  /** Leaves out the records of transactions that are open or aborted, as consumers do. */
  committedOnly?: boolean
}

export interface TopicContents {
  messageIds: { has(id: string): boolean }
  /** Partition → the first stored offset; earlier records have passed their retention. */
  earliest: Map<number, bigint>
  /** Batches that cannot be read. */
  unreadable: { partition: number; first: bigint; last: bigint }[]
}

/** The broker will never accept this message, or this batch of them: a retry has no effect. */
export class MessageRefused extends Error {
  name = 'MessageRefused'
}

/** The broker does not respond, or refuses for a reason outside the messages, such as credentials. */
export class TransportUnavailable extends Unreachable {
  name = 'TransportUnavailable'
}
