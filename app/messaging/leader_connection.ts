/*
 * The connection on which a relay leads: it holds the lock, and everything that the leader says goes
 * through it. The server ends a session that stays silent for three seconds, so a leader that is frozen
 * or cut off loses its lock and its voice together.
 */
import { hostname } from 'node:os'
import { Client, type ClientConfig, type QueryConfig, type QueryResultRow } from 'pg'
import { writeTogether } from './sql.ts'

/** Shorter than the silence after which the server ends the session. */
export const SIGN_OF_LIFE_MS = 1_000

/** Said on a relay's channel: the leader ends what is under way and lets go of the lock. */
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
   * @param on.notified - another process has committed something
   * @param on.lost - the connection has ended; statements throw from now on
   */
  static async open(config: ClientConfig, on: { notified(word: string): void; lost(): void }) {
    // Whoever asks the server who leads is told the machine and the process.
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
      // A mark that is lost with the server means a repeat, and repeats are absorbed: no need to wait for
      // the disk at each.
      await client.query(`set idle_session_timeout = '3s'; set synchronous_commit = off`)
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

  /** Ends the leadership: what it relies on has failed. */
  fail(error: Error) {
    this.#lost ??= error
    this.#onLost()
  }

  /** @throws Error when the connection has ended */
  ifLost() {
    if (this.#lost) throw this.#lost
  }

  /** True when this session leads now: the lock is the session's, and goes with it. */
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
