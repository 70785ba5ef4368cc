/*
 * Sends batches of outbox rows, one per partition at a time, and marks what the transport has acknowledged. A failed
 * partition waits for its next attempt while the others continue; a message that the broker refuses parks its key.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import { backoff } from '#runtime/backoff'
import { inTrace } from '#runtime/trace_context'
import { encode, type WireRecord } from '../message/message.ts'
import type { MessagingMetrics } from '../metrics.ts'
import { MessageRefused, type Transport } from '../transports/transport.ts'
import type { LeaderConnection } from './leader_connection.ts'
import { SendBatches } from './send_batches.ts'

const PARK_RETRY_MS = 1_000
export const RETRY_MS = { first: 200, most: 5_000 }

export interface OutboxRow {
  id: number
  message_id: string
  topic: string
  key: string
  key_hash: number
  type: string
  version: number
  json: string
  headers: Record<string, string>
  created_at: Date
}

export interface PublisherOptions {
  /** The module whose outbox this is; also the name of its topic. */
  module: string
  transport: Transport
  /** First part of the messages' `ce_type`. */
  namespace: string
  metrics: MessagingMetrics
  logger: Logger
}

interface PublisherEvents {
  /** @param acknowledged - false when the rows of the partition are still pending */
  onPartitionIdle(acknowledged: boolean): void
  /** The send will be retried. */
  onFailure(error: unknown, attempt: number): void
  /** The last failed partition has succeeded. */
  onRecovery(): void
  /** Ends every wait. */
  stopping: AbortSignal
}

export class Publisher {
  readonly #options: PublisherOptions
  readonly #events: PublisherEvents
  /** Partitions with a send in progress, or that wait for their next attempt. */
  readonly #busy = new Map<number, Promise<void>>()
  /** Failed sends of a partition since its last success. */
  readonly #failures = new Map<number, number>()
  readonly #batches = new SendBatches()
  /** Acknowledged batches whose rows are not marked yet. */
  #acknowledged: AcknowledgedBatch[] = []

  constructor(options: PublisherOptions, events: PublisherEvents) {
    this.#options = options
    this.#events = events
  }

  get busyPartitions(): number[] {
    return [...this.#busy.keys()]
  }

  /** Resolves when no send is in progress. */
  async untilIdle() {
    await Promise.allSettled(this.#busy.values())
  }

  /**
   * Begins to send rows of partitions that are not busy.
   *
   * @returns the number of rows in these sends; the others are left for the next read
   */
  publish(connection: LeaderConnection, rows: OutboxRow[], partitions: number): number {
    let taken = 0
    for (const [partition, batch] of this.#batches.of(rows, partitions)) {
      taken += batch.length
      const sending = this.#send(connection, partition, batch)
        // If the key cannot be parked (a full disk, for example), the next leader reads it again.
        .catch(async (error) => {
          await this.#pause(PARK_RETRY_MS)
          connection.fail(error)
          return false
        })
        .then((acknowledged) => {
          this.#busy.delete(partition)
          this.#events.onPartitionIdle(acknowledged)
        })
      this.#busy.set(partition, sending)
    }
    return taken
  }

  /**
   * Marks all acknowledged rows, in one statement. It is not awaited: a read that follows on this connection leaves
   * in the same write, and sees the marks. A failed mark ends the leadership, and its rows are sent again.
   */
  mark(connection: LeaderConnection) {
    const batches = this.#acknowledged
    if (batches.length === 0) return
    this.#acknowledged = []
    mark(connection, batches).catch((error) => connection.fail(error))
  }

  /** For the end of a leadership: the next leader reads and sends the unmarked rows again. */
  forgetAcknowledged() {
    this.#acknowledged = []
  }

  /** @returns whether the transport has acknowledged the rows */
  async #send(connection: LeaderConnection, partition: number, rows: OutboxRow[]) {
    const { module, transport, namespace } = this.#options
    try {
      const records = rows.map((row) => toRecord(row, namespace))
      const first = await transport.send(module, partition, records)
      this.#acknowledged.push({ partition, rows, first })
      this.#published(rows)
      this.#batches.raiseLimit(partition, rows)
      this.#failures.delete(partition)
      if (this.#failures.size === 0) this.#events.onRecovery()
      return true
    } catch (error) {
      if (error instanceof MessageRefused) await this.#refused(connection, partition, rows, error)
      else await this.#retryLater(partition, error)
      return false
    }
  }

  #published(rows: OutboxRow[]) {
    const { module, metrics, logger } = this.#options
    const now = Date.now()
    for (const { headers, created_at: created } of rows) {
      if (headers.ce_replayof) continue
      metrics.publishLatency.observe({ module }, Math.max(0, now - created.getTime()) / 1_000)
    }
    if (!logger.isLevelEnabled('debug')) return
    for (const { id, message_id: messageId, type, key, headers } of rows) {
      const step = { module, outboxId: id, messageId, type, key }
      inTrace(headers.traceparent, () => logger.debug(step, 'message published'))
    }
  }

  /**
   * A refused batch is read again and sent in halves. A message that is refused alone parks its key, and only
   * its key.
   */
  async #refused(
    connection: LeaderConnection,
    partition: number,
    rows: OutboxRow[],
    error: MessageRefused
  ) {
    if (rows.length > 1) return this.#batches.lowerLimit(partition, rows)
    const [{ id, key, headers }] = rows
    await connection.query(
      'insert into parked_keys (key, outbox_id, error) values ($1, $2, $3) on conflict do nothing',
      [key, id, error.message]
    )
    const { module, logger } = this.#options
    const parked = { module, key, outboxId: id, reason: error.message }
    inTrace(headers.traceparent, () => logger.error(parked, 'key parked: broker refused message'))
  }

  /** A transient error never counts against a message: the partition waits, the others continue. */
  async #retryLater(partition: number, error: unknown) {
    const attempt = (this.#failures.get(partition) ?? 0) + 1
    this.#failures.set(partition, attempt)
    this.#events.onFailure(error, attempt)
    await this.#pause(backoff(attempt, RETRY_MS))
  }

  async #pause(milliseconds: number) {
    await sleep(milliseconds, undefined, { signal: this.#events.stopping }).catch(() => {})
  }
}

interface AcknowledgedBatch {
  partition: number
  rows: OutboxRow[]
  /** The offset of the first row; null where the transport has no offsets. */
  first: string | null
}

async function mark(connection: LeaderConnection, batches: AcknowledgedBatch[]) {
  const stored = batches.flatMap(({ partition, rows, first }) =>
    rows.map(({ id }, index) =>
      first === null
        ? { id, partition: null, offset: null }
        : { id, partition, offset: String(BigInt(first) + BigInt(index)) }
    )
  )
  await connection.query({
    name: 'relay_mark',
    text: /* sql */ `
      update outbox set published_at = clock_timestamp(), partition = stored.partition, "offset" = stored."offset"
      from unnest($1::bigint[], $2::int[], $3::bigint[]) as stored (id, partition, "offset")
      where outbox.id = stored.id`,
    values: [
      stored.map(({ id }) => id),
      stored.map(({ partition }) => partition),
      stored.map(({ offset }) => offset),
    ],
  })
}

function toRecord(row: OutboxRow, namespace: string): WireRecord {
  const message = {
    id: row.message_id,
    source: `/${row.topic}`,
    topic: row.topic,
    key: row.key,
    type: row.type,
    version: row.version,
    // A replayed row is younger than its message.
    time: row.headers.ce_time ?? row.created_at.toISOString(),
    json: row.json,
    headers: row.headers,
  }
  return encode(message, namespace)
}
