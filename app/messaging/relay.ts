/*
 * The relay: publishes a module's outbox, in the order of each key, at least once. One relay of the
 * cluster leads; the others stand by.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { ClientConfig } from 'pg'
import type { MessagingConfig } from './define_config.ts'
import { LeaderConnection, SIGN_OF_LIFE_MS, STEP_DOWN } from './leader_connection.ts'
import { encode, type WireRecord } from './message.ts'
import { publishLatency } from './metrics.ts'
import { outbox } from './outbox.ts'
import { RelayFloor } from './relay_floor.ts'
import { backoff } from './retry_policy.ts'
import { Signal } from './signal.ts'
import { inTrace } from './trace.ts'
import { SendBatches } from './send_batches.ts'
import { settleTransport } from './transport_change.ts'
import { MessageRefused, type Transport } from './transports/transport.ts'

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
  /** Takes over an outbox whose last transport was Kafka without the proof that nothing is there. */
  acceptTransportChange: boolean
  /** Held against what the transport needs; not looked at without. */
  retention?: MessagingConfig['retention']
  /** The topics whose messages the module's inbox remembers. */
  hears?: string[]
  logger: Logger
}

/** Where the leader hears that a process without its lock has committed something. */
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
  readonly #woken = new Signal()
  readonly #stopping = new AbortController()
  /** Partitions that have a send under way, or that wait for their next try. */
  readonly #busy = new Map<number, Promise<void>>()
  /** Failed sends of a partition since its last success. */
  readonly #tries = new Map<number, number>()
  readonly #batches = new SendBatches()
  #partitions = 1
  #running: Promise<void> | null = null
  #forgetWake = () => {}
  #connection: LeaderConnection | null = null
  #trouble: string | null = null
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

  /** Reads at once. In a process that stands by, the leader is told. */
  wake() {
    if (this.leads) this.#woken.raise()
    else void this.#connection?.query(`notify ${this.#channel}`).catch(() => {})
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    return this.#trouble ? [`relay of ${this.#options.module}: ${this.#trouble}`] : []
  }

  /** Ends after what is under way is sent and marked. */
  async stop() {
    this.#stopping.abort()
    this.#forgetWake()
    this.#woken.raise()
    await this.#running
  }

  get #channel() {
    return channelOf(this.#options.module)
  }

  get #leaves() {
    return this.#stopped || this.#steppingDown
  }

  get #stopped() {
    return this.#stopping.signal.aborted
  }

  async #run() {
    for (let attempt = 1; !this.#stopped; attempt++) {
      try {
        await this.#stand(() => (attempt = 0))
      } catch (error) {
        this.#say(error, attempt)
      }
      await this.#pause(backoff(Math.max(1, attempt), NEXT_TRY_MS))
    }
  }

  /** Connects, waits for the lock, leads; returns when stopped, throws when the connection ends. */
  async #stand(led: () => void): Promise<void> {
    const connection = await LeaderConnection.open(this.#options.connection, {
      notified: (word) => {
        this.#steppingDown ||= word === STEP_DOWN
        this.#woken.raise()
      },
      lost: () => this.#woken.raise(),
    })
    this.#connection = connection
    this.#steppingDown = false
    try {
      while (!this.#stopped && !(await connection.tryLock())) await this.#pause(SIGN_OF_LIFE_MS)
      if (this.#stopped) return
      this.leads = true
      await this.#lead(connection, led)
    } finally {
      this.leads = false
      this.#connection = null
      await connection.close()
      await Promise.allSettled(this.#busy.values())
    }
    // Whoever asked for the lock waits for it already.
    if (this.#steppingDown) await this.#pause(SIGN_OF_LIFE_MS)
  }

  async #lead(connection: LeaderConnection, led: () => void) {
    await connection.query(`listen ${this.#channel}`)
    // The floor's query is also the sign of life, while a topic is opened or the broker hangs.
    const floor = await RelayFloor.onRecord(connection)
    const life = setInterval(() => void floor.advance().catch(() => {}), SIGN_OF_LIFE_MS)
    try {
      this.#partitions = await settleTransport(connection, this.#options)
      this.#trouble = null
      led()
      for (let poll = POLL_MS.first; !this.#leaves; poll = Math.min(POLL_MS.most, poll * 1.5)) {
        if (this.#busy.size < this.#partitions) {
          const rows = await this.#read(connection, floor.value)
          if (rows.length > 0) poll = POLL_MS.first
          for (const [partition, batch] of this.#batches.of(rows, this.#partitions))
            this.#begin(connection, partition, batch)
        }
        await this.#woken.wait(poll)
        connection.ifLost()
      }
      await Promise.allSettled(this.#busy.values())
      // Marks come before it on this connection: answered, they are made.
      await connection.query('select')
    } finally {
      clearInterval(life)
    }
  }

  /**
   * Pending rows in id order. What cannot be sent now is left out by the statement itself: one failed
   * partition or parked key must not fill the window.
   */
  async #read(connection: LeaderConnection, floor: string): Promise<OutboxRow[]> {
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
      values: [floor, this.#partitions, [...this.#busy.keys()]],
    })
  }

  #begin(connection: LeaderConnection, partition: number, rows: OutboxRow[]) {
    const sending = this.#publish(connection, partition, rows)
      // A key that cannot be parked, on a full disk say, is read again by whoever leads next.
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

  /** Sends and marks; a row is marked only with its partition's acknowledgement in hand. */
  async #publish(
    connection: LeaderConnection,
    partition: number,
    rows: OutboxRow[]
  ): Promise<void> {
    const { module, transport } = this.#options
    try {
      const first = await transport.send(module, partition, rows.map(toRecord))
      // Not awaited: on this connection the next read comes after it, and sees it. A mark that fails
      // ends the leadership, and its rows are sent again.
      mark(connection, partition, rows, first).catch((error) => connection.fail(error))
      this.#published(rows)
      this.#batches.accepted(partition, rows)
      this.#tries.delete(partition)
      if (this.#tries.size === 0) this.#trouble = null
    } catch (error) {
      if (error instanceof MessageRefused) await this.#refused(connection, partition, rows, error)
      else await this.#tryLater(partition, error)
    }
  }

  #published(rows: OutboxRow[]) {
    const { module, logger } = this.#options
    const now = Date.now()
    for (const { headers, created_at: created } of rows) {
      if (headers.ce_replayof) continue
      publishLatency.observe({ module }, Math.max(0, now - created.getTime()) / 1_000)
    }
    if (!logger.isLevelEnabled('debug')) return
    for (const { id, message_id: messageId, type, key, headers } of rows) {
      const step = { module, outboxId: id, messageId, type, key }
      inTrace(headers.traceparent, () => logger.debug(step, 'a message is published'))
    }
  }

  /**
   * What is refused together is read again, and half as much is sent. A message that is refused alone parks
   * its key, and only its key.
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
    inTrace(headers.traceparent, () =>
      logger.error(parked, 'the broker refuses a message: its key is parked')
    )
  }

  /** Trouble on the way never counts against a message: the partition waits, the others go on. */
  async #tryLater(partition: number, error: unknown) {
    const attempt = (this.#tries.get(partition) ?? 0) + 1
    this.#tries.set(partition, attempt)
    this.#say(error, attempt)
    await this.#pause(backoff(attempt, NEXT_TRY_MS))
  }

  /** The first failure is logged, then each doubling: a broker away for a day is not a full disk. */
  #say(error: unknown, attempt: number) {
    if (this.#stopped) return
    const { module, logger } = this.#options
    this.#trouble = (error as Error).message
    if ((attempt & (attempt - 1)) === 0) {
      logger.warn({ module, reason: this.#trouble, attempt }, 'outbox waits')
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

function toRecord(row: OutboxRow): WireRecord {
  return encode({
    id: row.message_id,
    source: `/${row.topic}`,
    topic: row.topic,
    key: row.key,
    type: row.type,
    version: row.version,
    // A replayed row is younger than what it says.
    time: row.headers.ce_time ?? row.created_at.toISOString(),
    json: row.json,
    headers: row.headers,
  })
}
