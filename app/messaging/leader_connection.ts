/*
 * The connection on which a relay leads: it holds the lock, and everything that the leader says goes
 * through it. The server ends a session that stays silent for three seconds, so a leader that is frozen
 * or cut off loses its lock and its voice together.
 */
import { Client, type ClientConfig, type QueryConfig, type QueryResultRow } from 'pg'

/** Shorter than the silence after which the server ends the session. */
export const SIGN_OF_LIFE_MS = 1_000

/** Said on a relay's channel: the leader ends what is under way and lets go of the lock. */
export const STEP_DOWN = 'step down'

export class LeaderConnection {
  readonly #client: Client
  #lost: Error | null = null
  /** One statement at a time: several parts of the relay speak on it. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(client: Client) {
    this.#client = client
  }

  /**
   * @param on.notified - another process has committed something
   * @param on.lost - the connection has ended; statements throw from now on
   */
  static async open(config: ClientConfig, on: { notified(word: string): void; lost(): void }) {
    const client = new Client(config)
    const connection = new LeaderConnection(client)
    const lose = (error?: Error) => {
      connection.#lost ??= error ?? new Error('Connection ended')
      on.lost()
    }
    client
      .on('error', lose)
      .on('end', lose)
      .on('notification', ({ payload }) => on.notified(payload ?? ''))
    try {
      await client.connect()
      await client.query(`set idle_session_timeout = '3s'`)
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
    const mine = this.#turn.then(async () => {
      if (this.#lost) throw this.#lost
      const { rows } = await this.#client.query<Row>(text as string, values)
      return rows
    })
    this.#turn = mine.catch(() => {})
    return mine
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
