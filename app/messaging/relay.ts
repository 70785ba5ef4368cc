/*
 * The relay: publishes a module's outbox, in the order of each key, at least once.
 *
 * One relay of the cluster leads: it holds a session advisory lock, and reads and marks on the very
 * connection that holds it. The server ends a session that stays silent for three seconds, so a leader
 * that is frozen or cut off loses its lock and its voice together.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'
import type { Logger } from '@adonisjs/core/logger'
import { encode, type WireRecord } from './message.ts'
import { outbox } from './outbox.ts'
import { RelayFloor } from './relay_floor.ts'
import { backoff } from './retry_policy.ts'
import { Signal } from './signal.ts'
import { MessageRefused, type Transport } from './transports/transport.ts'

const READ_ROWS = 1_000
const SEND_BYTES = 512 * 1024
const PING_MS = 1_000
const POLL_MS = { first: 100, most: 1_000 }
const NEXT_TRY_MS = { first: 200, most: 5_000 }

export interface RelayOptions {
  /** The module whose outbox this is; its topic and its Lucid connection have the same name. */
  module: string
  /** The module's own role, without statement limits, never through a transaction pooler. */
  connection: ClientConfig
  transport: Transport
  /** Takes over an outbox whose last transport was Kafka without the proof that nothing is there. */
  acceptTransportChange: boolean
  logger: Logger
}

interface OutboxRow {
  id: string
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
  /** Partitions that have a send under way, or that wait for their next try. */
  readonly #busy = new Map<number, Promise<void>>()
  #tries = new Map<number, number>()
  #running: Promise<void> | null = null
  readonly #stopping = new AbortController()
  #forgetWake = () => {}
  #notifier: Client | null = null
  #partitions = 1
  #trouble: string | null = null
  #published = 0
  leads = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  start() {
    const { module } = this.#options
    this.#forgetWake = outbox.onCommitted(module, () => this.wake())
    this.#running = this.#run()
  }

  /** Reads at once. In a process that does not lead, the leader is told. */
  wake() {
    if (this.leads) this.#woken.raise()
    else void this.#notifier?.query(`notify ${this.#channel}`).catch(() => {})
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    return this.#trouble ? [`relay of ${this.#options.module}: ${this.#trouble}`] : []
  }

  get published() {
    return this.#published
  }

  /** Ends after what is under way is sent and marked. */
  async stop() {
    this.#stopping.abort()
    this.#forgetWake()
    this.#woken.raise()
    await this.#running
  }

  get #channel() {
    return `outbox_${this.#options.module}`
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
    const client = new Client(this.#options.connection)
    let lost: Error | null = null
    const lose = (error?: Error) => {
      lost ??= error ?? new Error('Connection ended')
      this.#woken.raise()
    }
    const ifLost = () => {
      if (lost) throw lost
    }
    client.on('error', lose).on('end', lose)
    client.on('notification', () => this.#woken.raise())
    await client.connect()
    this.#notifier = client
    try {
      await client.query(`set idle_session_timeout = '3s'`)
      if (!(await this.#lock(client, ifLost))) return
      this.leads = true
      await this.#lead(client, ifLost, led)
    } finally {
      this.leads = false
      this.#notifier = null
      await client.end().catch(() => {})
      await Promise.allSettled(this.#busy.values())
    }
  }

  /** Asks for the lock each second: the asking also keeps the session alive. */
  async #lock(client: Client, ifLost: () => void) {
    while (!this.#stopped) {
      const { rows } = await client.query<{ locked: boolean }>(
        `select pg_try_advisory_lock('outbox'::regclass::oid::bigint) as locked`
      )
      if (rows[0].locked) return true
      await this.#pause(PING_MS)
      ifLost()
    }
    return false
  }

  async #lead(client: Client, ifLost: () => void, led: () => void) {
    await client.query(`listen ${this.#channel}`)
    // The first opening of a topic may take longer than a silent session is kept.
    const floor = new RelayFloor(client)
    const ping = setInterval(() => void floor.advance().catch(() => {}), PING_MS)
    try {
      await this.#settleTransport(client)
      led()
      for (let poll = POLL_MS.first; !this.#stopped; poll = Math.min(POLL_MS.most, poll * 1.5)) {
        if (this.#busy.size < this.#partitions) {
          const rows = await this.#read(client, floor.value)
          if (rows.length > 0) poll = POLL_MS.first
          for (const [partition, batch] of this.#batches(rows))
            this.#begin(client, partition, batch)
        }
        await this.#woken.wait(poll)
        ifLost()
      }
      await Promise.allSettled(this.#busy.values())
    } finally {
      clearInterval(ping)
    }
  }

  #begin(client: Client, partition: number, rows: OutboxRow[]) {
    const sending = this.#publish(client, partition, rows).finally(() => {
      this.#busy.delete(partition)
      this.#woken.raise()
    })
    this.#busy.set(partition, sending)
  }

  async #pause(milliseconds: number) {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }

  /**
   * The last transport is on record: rows that Kafka had acknowledged, but we had not handled, would be
   * lost to us on the embedded one.
   */
  async #settleTransport(client: Client) {
    const { module, transport, acceptTransportChange, logger } = this.#options
    const { rows } = await client.query<{ transport: string | null; partitions: number | null }>(
      'select transport, partitions from messaging_state'
    )
    const last = rows[0]
    if (last.transport === 'kafka' && transport.name === 'embedded' && !acceptTransportChange) {
      throw new Error(
        `the messages of ${module} went through Kafka until now. Run "node ace messaging:verify" with KAFKA_BROKERS set; when it is clean it allows the change, or set TRANSPORT_CHANGE=accept`
      )
    }
    this.#partitions = await transport.openTopic(module)
    if (
      last.transport === transport.name &&
      last.partitions !== null &&
      last.partitions !== this.#partitions
    ) {
      throw new Error(
        `the topic ${module} has ${this.#partitions} partitions, but its messages were spread over ${last.partitions}: the order of a key would be lost. Change it with "node ace messaging:topics --partitions ${this.#partitions}"`
      )
    }
    await client.query('update messaging_state set transport = $1, partitions = $2', [
      transport.name,
      this.#partitions,
    ])
    this.#trouble = null
    logger.debug({ module, transport: transport.name, partitions: this.#partitions }, 'relay leads')
  }

  /**
   * Pending rows in id order. What cannot be sent now is left out by the statement itself: one failed
   * partition or parked key must not fill the window.
   */
  async #read(client: Client, floor: string): Promise<OutboxRow[]> {
    const { rows } = await client.query<OutboxRow>({
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
    return rows
  }

  /** At most one send a partition, of at most SEND_BYTES; what does not fit is read again after it. */
  #batches(rows: OutboxRow[]) {
    const batches = new Map<number, OutboxRow[]>()
    const bytes = new Map<number, number>()
    for (const row of rows) {
      const partition = row.key_hash % this.#partitions
      const size = (bytes.get(partition) ?? 0) + row.json.length + 512
      if (size > SEND_BYTES && bytes.has(partition)) {
        bytes.set(partition, Infinity)
        continue
      }
      bytes.set(partition, size)
      const batch = batches.get(partition)
      if (batch) batch.push(row)
      else batches.set(partition, [row])
    }
    return batches
  }

  /** Sends and marks; a row is marked only with its partition's acknowledgement in hand. */
  async #publish(client: Client, partition: number, rows: OutboxRow[]): Promise<void> {
    const { module, transport } = this.#options
    try {
      const first = await transport.send(module, partition, rows.map(toRecord))
      await this.#mark(client, partition, rows, first)
      this.#tries.delete(partition)
      if (this.#tries.size === 0) this.#trouble = null
    } catch (error) {
      if (error instanceof MessageRefused) await this.#refused(client, partition, rows, error)
      else await this.#tryLater(partition, error)
    }
  }

  async #mark(client: Client, partition: number, rows: OutboxRow[], first: string | null) {
    await client.query({
      name: 'relay_mark',
      text: /* sql */ `
        update outbox set published_at = clock_timestamp(), partition = $2, "offset" = $3::bigint + place - 1
        from unnest($1::bigint[]) with ordinality as sent(sent_id, place)
        where id = sent_id`,
      values: [rows.map((row) => row.id), first === null ? null : partition, first],
    })
    this.#published += rows.length
  }

  /** Half as many at a time; a message that is refused alone parks its key, and only its key. */
  async #refused(client: Client, partition: number, rows: OutboxRow[], error: MessageRefused) {
    if (rows.length > 1) {
      const half = Math.ceil(rows.length / 2)
      await this.#publish(client, partition, rows.slice(0, half))
      const parked = await client.query<{ key: string }>('select key from parked_keys')
      const keys = new Set(parked.rows.map((row) => row.key))
      const rest = rows.slice(half).filter((row) => !keys.has(row.key))
      if (!this.#tries.has(partition) && rest.length > 0)
        await this.#publish(client, partition, rest)
      return
    }
    const [{ id, key }] = rows
    await client.query(
      'insert into parked_keys (key, outbox_id, error) values ($1, $2, $3) on conflict do nothing',
      [key, id, error.message]
    )
    this.#options.logger.error(
      { module: this.#options.module, key, outboxId: id, reason: error.message },
      'the broker refuses a message: its key is parked'
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
    const { module, logger } = this.#options
    this.#trouble = (error as Error).message
    if ((attempt & (attempt - 1)) === 0 && !this.#stopped) {
      logger.warn({ module, reason: this.#trouble, attempt }, 'outbox waits')
    }
  }
}

function toRecord(row: OutboxRow): WireRecord {
  return encode({
    id: row.message_id,
    source: `/${row.topic}`,
    topic: row.topic,
    key: row.key,
    type: row.type,
    version: row.version,
    time: row.created_at.toISOString(),
    json: row.json,
    headers: row.headers,
  })
}
