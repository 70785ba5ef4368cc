/*
 * The connection on which a relay leads: it holds the lock, and runs every statement of the leader. The
 * server ends a session that is idle for three seconds, so a leader that freezes or loses the network
 * loses the lock and the ability to write together.
 */
import { hostname } from 'node:os'
import { Client, type ClientConfig, type QueryConfig, type QueryResultRow } from 'pg'
import { writeTogether } from '#postgres/run'

/** Shorter than the idle timeout of the session. */
export const KEEP_ALIVE_MS = 1_000

/** Payload on a relay's channel: the leader finishes its batches and releases the lock. */
export const STEP_DOWN = 'step down'

export class LeaderConnection {
  readonly #client: Client
  readonly #onLost: () => void
  #lost: Error | null = null

  private constructor(client: Client, onLost: () => void) {
    this.#client = client
    this.#onLost = onLost
  }

  /**
   * @param on.notified - called when another process has committed messages
   * @param on.lost - called when the connection has ended; statements throw from then on
   */
  static async open(config: ClientConfig, on: { notified(payload: string): void; lost(): void }) {
    // Shows operators which machine and process leads.
    const client = new Client({
      ...config,
      application_name: `${hostname()}, process ${process.pid}`,
    })
    const connection = new LeaderConnection(client, on.lost)
    const lose = (error = new Error('Connection ended')) => connection.fail(error)
    client
      .on('error', lose)
      .on('end', lose)
      .on('notification', ({ payload }) => on.notified(payload ?? ''))
    try {
      await client.connect()
      // If the server crashes and loses a mark, the message is published again and the inbox drops it: no
      // commit needs to wait for the disk.
      // PostgreSQL keeps a statement's plan for minutes: one made while the outbox was nearly empty would scan the
      // whole outbox for each mark (1 ms instead of 0.1 ms at 3,000 rows).
      // A plan for each execution would take longer than the statements, because it looks at every segment of the outbox.
      await client.query(`set idle_session_timeout = '3s'; set synchronous_commit = off;
        set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off`)
      return connection
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
  }

  /** @throws the error that ended the connection, if it has ended */
  async query<Row extends QueryResultRow>(
    text: string | QueryConfig,
    values?: unknown[]
  ): Promise<Row[]> {
    if (this.#lost) throw this.#lost
    writeTogether(this.#client)
    const { rows } = await this.#client.query<Row>(text as string, values)
    return rows
  }

  /** Ends the leadership after an error on which it depends. */
  fail(error: Error) {
    this.#lost ??= error
    this.#onLost()
  }

  /** @throws Error when the connection has ended */
  assertOpen() {
    if (this.#lost) throw this.#lost
  }

  /** Takes the lock, which the session holds until it ends. @returns whether this session leads */
  async tryLock(): Promise<boolean> {
    const [{ locked }] = await this.query<{ locked: boolean }>(
      `select pg_try_advisory_lock('outbox'::regclass::oid::bigint) as locked`
    )
    return locked
  }

  async close() {
    await this.#client.end().catch(() => {})
  }
}
