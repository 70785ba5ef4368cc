/*
 * The relay publishes a module's outbox at least once, in the order of each key. One relay leads per
 * module; those of other processes stand by.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { ClientConfig } from 'pg'
import type { MessagingConfig } from '../define_config.ts'
import { LeaderConnection, KEEP_ALIVE_MS, STEP_DOWN } from './leader_connection.ts'
import { encode, type WireRecord } from '../message/message.ts'
import type { MessagingMetrics } from '../metrics.ts'
import { outbox } from './outbox.ts'
import { LowWatermark } from './low_watermark.ts'
import { backoff } from '#runtime/backoff'
import { Wakeup } from '#runtime/wakeup'
import { inTrace } from '#runtime/trace_context'
import { SendBatches } from './send_batches.ts'
import { checkTransportChange } from './transport_guard.ts'
import { MessageRefused, type Transport } from '../transports/transport.ts'

const READ_ROWS = 1_000
const POLL_MS = { first: 100, most: 1_000 }
const PARK_AGAIN_MS = 1_000
const NEXT_TRY_MS = { first: 200, most: 5_000 }

export interface RelayOptions {
  /** The module whose outbox this is; its topic and its Lucid connection have the same name. */
  module: string
  /** The module's own role, without statement limits, never through a transaction pooler. */
  connection: ClientConfig
  transport: Transport
  /** Takes over an outbox from another transport without the proof that all its messages were handled. */
  acceptTransportChange: boolean
  /** Checked against the transport's needs, where it is given. */
  retention?: MessagingConfig['retention']
  /** The topics of the module's subscriptions. */
  topics?: string[]
  /** First part of the messages' `ce_type`. */
  namespace: string
  metrics: MessagingMetrics
  logger: Logger
}

/** The channel on which other processes notify the leader of commits. */
export function channelOf(module: string) {
  return `outbox_${module}`
}

interface OutboxRow {
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

export class Relay {
  readonly #options: RelayOptions
  readonly #woken = new Wakeup()
  readonly #stopping = new AbortController()
  /** Partitions with a send in progress, or that wait for their next attempt. */
  readonly #busy = new Map<number, Promise<void>>()
  /** Failed sends of a partition since its last success. */
  readonly #failures = new Map<number, number>()
  readonly #batches = new SendBatches()
  #partitions = 1
  #running: Promise<void> | null = null
  #forgetWake = () => {}
  #connection: LeaderConnection | null = null
  #warning: string | null = null
  #steppingDown = false
  leads = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  get module() {
    return this.#options.module
  }

  start() {
    this.#forgetWake = outbox.onCommitted(this.#options.module, () => this.wake())
    this.#running = this.#run()
  }

  /** Reads at once; in a standby process it notifies the leader. */
  wake() {
    if (this.leads) this.#woken.raise()
    else void this.#connection?.query(`notify ${this.#channel}`).catch(() => {})
  }

  /** What an operator should know, in words; empty while all is well. */
  warnings(): string[] {
    return this.#warning ? [`relay of ${this.#options.module}: ${this.#warning}`] : []
  }

  /** Ends after the batches in progress are sent and marked. */
  async stop() {
    this.#stopping.abort()
    this.#forgetWake()
    this.#woken.raise()
    await this.#running
  }

  get #channel() {
    return channelOf(this.#options.module)
  }

  get #isEnding() {
    return this.#stopped || this.#steppingDown
  }

  get #stopped() {
    return this.#stopping.signal.aborted
  }

  async #run() {
    for (let attempt = 1; !this.#stopped; attempt++) {
      try {
        await this.#standBy(() => (attempt = 0))
      } catch (error) {
        this.#warn(error, attempt)
      }
      await this.#pause(backoff(Math.max(1, attempt), NEXT_TRY_MS))
    }
  }

  /** Connects, waits for the lock, leads; returns when stopped, throws when the connection ends. */
  async #standBy(led: () => void): Promise<void> {
    const connection = await LeaderConnection.open(this.#options.connection, {
      notified: (payload) => {
        this.#steppingDown ||= payload === STEP_DOWN
        this.#woken.raise()
      },
      lost: () => this.#woken.raise(),
    })
    this.#connection = connection
    this.#steppingDown = false
    try {
      while (!this.#stopped && !(await connection.tryLock())) await this.#pause(KEEP_ALIVE_MS)
      if (this.#stopped) return
      this.leads = true
      await this.#lead(connection, led)
    } finally {
      this.leads = false
      this.#connection = null
      await connection.close()
      await Promise.allSettled(this.#busy.values())
    }
    // The process that asked for the lock is already waiting for it.
    if (this.#steppingDown) await this.#pause(KEEP_ALIVE_MS)
  }

  async #lead(connection: LeaderConnection, led: () => void) {
    await connection.query(`listen ${this.#channel}`)
    // Its query keeps the session alive while a topic is opened or the broker hangs.
    const watermark = await LowWatermark.load(connection)
    const keepAlive = setInterval(() => void watermark.advance().catch(() => {}), KEEP_ALIVE_MS)
    try {
      this.#partitions = await checkTransportChange(connection, this.#options)
      this.#warning = null
      led()
      for (let poll = POLL_MS.first; !this.#isEnding; poll = Math.min(POLL_MS.most, poll * 1.5)) {
        if (this.#busy.size < this.#partitions) {
          const rows = await this.#read(connection, watermark.value)
          if (rows.length > 0) poll = POLL_MS.first
          for (const [partition, batch] of this.#batches.of(rows, this.#partitions))
            this.#begin(connection, partition, batch)
        }
        await this.#woken.wait(poll)
        connection.assertOpen()
      }
      await Promise.allSettled(this.#busy.values())
      // This connection runs statements in order, so all marks are made once this one is answered.
      await connection.query('select')
    } finally {
      clearInterval(keepAlive)
    }
  }

  /**
   * Reads pending rows in id order. The statement itself leaves out what cannot be sent now: one failed
   * partition or parked key must not fill the window.
   */
  async #read(connection: LeaderConnection, watermark: string): Promise<OutboxRow[]> {
    return connection.query<OutboxRow & Record<string, unknown>>({
      name: 'relay_read',
      text: /* sql */ `
        select id, message_id, topic, key, key_hash, type, version, data::text as json, headers, created_at
        from outbox
        where published_at is null and id > $1
          and key_hash % $2 <> all ($3::int[])
          and not exists (select from parked_keys where parked_keys.key = outbox.key)
        order by id
        limit ${READ_ROWS}`,
      values: [watermark, this.#partitions, [...this.#busy.keys()]],
    })
  }

  #begin(connection: LeaderConnection, partition: number, rows: OutboxRow[]) {
    const sending = this.#publish(connection, partition, rows)
      // If the key cannot be parked (a full disk, for example), the next leader reads it again.
      .catch(async (error) => {
        await this.#pause(PARK_AGAIN_MS)
        connection.fail(error)
      })
      .finally(() => {
        this.#busy.delete(partition)
        this.#woken.raise()
      })
    this.#busy.set(partition, sending)
  }

  /** Sends and marks rows; a row is marked only after its partition's acknowledgement. */
  async #publish(
    connection: LeaderConnection,
    partition: number,
    rows: OutboxRow[]
  ): Promise<void> {
    const { module, transport, namespace } = this.#options
    try {
      const records = rows.map((row) => toRecord(row, namespace))
      const first = await transport.send(module, partition, records)
      // Not awaited: the next read follows it on this connection, and sees it. A failed mark ends the
      // leadership, and its rows are sent again.
      mark(connection, partition, rows, first).catch((error) => connection.fail(error))
      this.#published(rows)
      this.#batches.accepted(partition, rows)
      this.#failures.delete(partition)
      if (this.#failures.size === 0) this.#warning = null
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
   * A refused batch is read again, and half as much is sent. A message that is refused alone parks its
   * key, and only its key.
   */
  async #refused(
    connection: LeaderConnection,
    partition: number,
    rows: OutboxRow[],
    error: MessageRefused
  ) {
    if (rows.length > 1) return this.#batches.refused(partition, rows)
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
    this.#warn(error, attempt)
    await this.#pause(backoff(attempt, NEXT_TRY_MS))
  }

  /** Logs the first failure and each doubling, so that a day's outage does not fill the disk. */
  #warn(error: unknown, attempt: number) {
    if (this.#stopped) return
    const { module, logger } = this.#options
    this.#warning = (error as Error).message
    if ((attempt & (attempt - 1)) === 0) {
      logger.warn({ module, reason: this.#warning, attempt }, 'outbox publish failed, retrying')
    }
  }

  async #pause(milliseconds: number) {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => {})
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
      update outbox set published_at = clock_timestamp(), partition = $2, "offset" = $3::bigint + place - 1
      from unnest($1::bigint[]) with ordinality as sent(sent_id, place)
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
