/*
 * The relay publishes a module's outbox at least once, in the order of each key. One relay per module leads and
 * reads the outbox; those of other processes stand by.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import type { MessagingConfig } from '../define_config.ts'
import { LeaderConnection, KEEP_ALIVE_MS, STEP_DOWN } from './leader_connection.ts'
import { outbox } from './outbox.ts'
import { LowWatermark } from './low_watermark.ts'
import { Pace } from '#runtime/pace'
import { backoff } from '#runtime/backoff'
import { Wakeup } from '#runtime/wakeup'
import { Publisher, RETRY_MS, type OutboxRow, type PublisherOptions } from './publisher.ts'
import { checkTransportChange } from './transport_guard.ts'

const READ_ROWS = 1_000
const POLL_MS = { first: 100, most: 1_000 }

/**
 * Every send becomes a transaction of each consumer. From 250 rows per second on, reads are ten milliseconds apart;
 * rarer rows are read when they commit.
 */
const PACE = { most: 10, perRow: 4 }

export interface RelayOptions extends PublisherOptions {
  /** The module's own role, without statement limits, never through a transaction pooler. */
  connection: ClientConfig
  /** Takes over an outbox from another transport without the proof that all its messages were handled. */
  acceptTransportChange: boolean
  /** Checked against the transport's needs, where it is given. */
  retention?: MessagingConfig['retention']
  /** The topics of the module's subscriptions. */
  topics?: string[]
  /** When it reads under load. */
  pace?: Pace
}

/** The channel on which other processes notify the leader of commits. */
export function channelOf(module: string) {
  return `outbox_${module}`
}

export class Relay {
  readonly #options: RelayOptions
  readonly #woken = new Wakeup()
  readonly #stopping = new AbortController()
  readonly #publisher: Publisher
  readonly #pace: Pace
  #partitions = 1
  /** A message may be pending that no read has found. */
  #isUnread = true
  /** The last read left out the rows of busy partitions. */
  #leftPartitions = false
  /** The last read found more rows than were sent. */
  #isBehind = false
  #running: Promise<void> | null = null
  #forgetWake = () => {}
  #connection: LeaderConnection | null = null
  #warning: string | null = null
  #steppingDown = false
  leads = false

  constructor(options: RelayOptions) {
    this.#options = options
    this.#pace = options.pace ?? new Pace(PACE)
    this.#publisher = new Publisher(options, {
      onPartitionIdle: (acknowledged) => {
        if (this.#leftPartitions || this.#isBehind || !acknowledged) this.#isUnread = true
        this.#woken.raise()
      },
      onFailure: (error, attempt) => this.#warn(error, attempt),
      onRecovery: () => (this.#warning = null),
      stopping: this.#stopping.signal,
    })
  }

  get module() {
    return this.#options.module
  }

  start() {
    this.#forgetWake = outbox.onCommit(this.#options.module, () => this.wake())
    this.#running = this.#run()
  }

  /** Makes the leader read immediately; a standby relay notifies it. */
  wake() {
    if (this.leads) this.#wakeToRead()
    else void this.#connection?.query(`notify ${this.#channel}`).catch(() => {})
  }

  /** Warnings for operators; empty while everything works. */
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
      await this.#pause(backoff(Math.max(1, attempt), RETRY_MS))
    }
  }

  /** Connects, waits for the lock and leads. @throws when the connection ends */
  async #standBy(onLead: () => void): Promise<void> {
    const connection = await LeaderConnection.open(this.#options.connection, {
      notified: (payload) => {
        this.#steppingDown ||= payload === STEP_DOWN
        this.#wakeToRead()
      },
      lost: () => this.#woken.raise(),
    })
    this.#connection = connection
    this.#steppingDown = false
    try {
      while (!this.#stopped && !(await connection.tryLock())) await this.#pause(KEEP_ALIVE_MS)
      if (this.#stopped) return
      this.leads = true
      await this.#lead(connection, onLead)
    } finally {
      this.leads = false
      this.#connection = null
      await connection.close()
      await this.#publisher.untilIdle()
      this.#publisher.forgetAcknowledged()
    }
    // The process that asked for the lock is already waiting for it.
    if (this.#steppingDown) await this.#pause(KEEP_ALIVE_MS)
  }

  async #lead(connection: LeaderConnection, onLead: () => void) {
    await connection.query(`listen ${this.#channel}`)
    // Its query keeps the session alive while a topic is opened or the broker hangs.
    const watermark = await LowWatermark.load(connection)
    const keepAlive = setInterval(() => void watermark.advance().catch(() => {}), KEEP_ALIVE_MS)
    try {
      this.#partitions = await checkTransportChange(connection, this.#options)
      this.#warning = null
      onLead()
      this.#isUnread = true
      for (let poll = POLL_MS.first; !this.#isEnding;) {
        const delay = this.#delay()
        const found = delay === 0 && (await this.#publishPending(connection, watermark.value))
        if (found) poll = POLL_MS.first
        const isWoken = await this.#woken.wait(delay || poll)
        if (!isWoken && delay === 0) {
          this.#isUnread = true
          poll = Math.min(POLL_MS.most, poll * 1.5)
        }
        connection.assertOpen()
      }
      await this.#publisher.untilIdle()
      this.#publisher.mark(connection)
      // This connection runs statements in order, so all marks are made before this one returns.
      await connection.query('select')
    } finally {
      clearInterval(keepAlive)
    }
  }

  /** Milliseconds until the next read or mark. */
  #delay() {
    const busy = this.#publisher.busyPartitions.length
    if (this.#isBehind || busy === this.#partitions) return 0
    return this.#pace.delay(performance.now(), busy > 0)
  }

  /** Marks what was acknowledged and reads, in one write; begins to send the rows. @returns whether it found any */
  async #publishPending(connection: LeaderConnection, watermark: string): Promise<boolean> {
    this.#publisher.mark(connection)
    const busy = this.#publisher.busyPartitions
    if (!this.#isUnread || busy.length === this.#partitions) return false
    this.#isUnread = false
    this.#leftPartitions = busy.length > 0
    const readAt = performance.now()
    const rows = await this.#read(connection, watermark, busy)
    if (rows.length > 0) this.#pace.read(rows.length, readAt)
    const sent = this.#publisher.publish(connection, rows, this.#partitions)
    this.#isBehind = sent < rows.length || rows.length === READ_ROWS
    return rows.length > 0
  }

  #wakeToRead() {
    this.#isUnread = true
    this.#woken.raise()
  }

  /**
   * Reads pending rows in id order, without those of busy partitions and parked keys: these must not use up the
   * limit.
   */
  async #read(
    connection: LeaderConnection,
    watermark: string,
    busy: number[]
  ): Promise<OutboxRow[]> {
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
      values: [watermark, this.#partitions, busy],
    })
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
