/*
 * Publishes batches of outbox rows, one per partition at a time, and marks them. A failed partition waits for its
 * next attempt while the others continue; a message that the broker refuses parks its key.
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
  onPartitionIdle(): void
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

  /** Begins to publish rows of partitions that are not busy. Rows beyond a batch are left for the next read. */
  publish(connection: LeaderConnection, rows: OutboxRow[], partitions: number) {
    for (const [partition, batch] of this.#batches.of(rows, partitions)) {
      const sending = this.#publish(connection, partition, batch)
        // If the key cannot be parked (a full disk, for example), the next leader reads it again.
        .catch(async (error) => {
          await this.#pause(PARK_RETRY_MS)
          connection.fail(error)
        })
        .finally(() => {
          this.#busy.delete(partition)
          this.#events.onPartitionIdle()
        })
      this.#busy.set(partition, sending)
    }
  }

  /** Sends and marks rows; a row is marked only after its partition's acknowledgement. */
  async #publish(connection: LeaderConnection, partition: number, rows: OutboxRow[]) {
    const { module, transport, namespace } = this.#options
    try {
      const records = rows.map((row) => toRecord(row, namespace))
      const first = await transport.send(module, partition, records)
      // Not awaited: the next read follows it on this connection, and sees it. A failed mark ends the
      // leadership, and its rows are sent again.
      mark(connection, partition, rows, first).catch((error) => connection.fail(error))
      this.#published(rows)
      this.#batches.raiseLimit(partition, rows)
      this.#failures.delete(partition)
      if (this.#failures.size === 0) this.#events.onRecovery()
    } catch (error) {
      if (error instanceof MessageRefused) await this.#refused(connection, partition, rows, error)
      else await this.#retryLater(partition, error)
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

async function mark(
  connection: LeaderConnection,
  partition: number,
  rows: OutboxRow[],
  first: string | null
) {
  await connection.query({
    name: 'relay_mark',
    text: /* sql */ `
      update outbox set published_at = clock_timestamp(), partition = $2, "offset" = $3::bigint + ordinal - 1
      from unnest($1::bigint[]) with ordinality as sent(sent_id, ordinal)
      where id = sent_id`,
    values: [rows.map((row) => row.id), first === null ? null : partition, first],
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
