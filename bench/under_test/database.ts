import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import {
  launchEmbeddedPostgres,
  resetEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { findHome } from '#database/embedded/home'
import type { Endings } from './endings.ts'

/** Number of WAL flushes, and their total time. */
interface Flushes {
  count: number
  milliseconds: number
}

export interface StatementTime {
  /** Its text, in one line, shortened. */
  text: string
  calls: number
  meanMs: number
  totalMs: number
}

/**
 * Starts the embedded PostgreSQL for one run, with commit timestamps. The app uses it as its own.
 *
 * @param dataDir - of the app
 * @param statements - whether it also records statement times
 */
export async function startDatabase(dataDir: string, statements: boolean, endings: Endings) {
  let pid = 0
  endings.add({
    end: () => resetEmbeddedPostgres(dataDir),
    endNow: () => kill(pid),
  })
  const { url } = await launchEmbeddedPostgres(dataDir)
  const settings = new pg.Client(url)
  await settings.connect()
  await settings.query('alter system set track_commit_timestamp = on')
  await settings.query('alter system set track_wal_io_timing = on')
  if (statements) {
    await settings.query(`alter system set shared_preload_libraries = 'pg_stat_statements'`)
    await settings.query('create extension pg_stat_statements')
  }
  await settings.end()
  await stopEmbeddedPostgres(dataDir)
  const server = await launchEmbeddedPostgres(dataDir)
  pid = await postmasterPid(dataDir)
  return new DatabaseUnderTest(server.url, pid, statements)
}

/** Reads the database from outside the app. During the load only one reset is called. */
export class DatabaseUnderTest {
  readonly #statements: boolean

  constructor(
    readonly url: string,
    /** Process id of the server. */
    readonly pid: number,
    statements: boolean
  ) {
    this.#statements = statements
  }

  /** Another database of the server. */
  inDatabase(name: string): DatabaseUnderTest {
    const url = new URL(this.url)
    url.pathname = `/${name}`
    return new DatabaseUnderTest(url.href, this.pid, this.#statements)
  }

  /** Runs one statement as superuser, on a dedicated connection. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.url)
    await client.connect()
    try {
      const { rows } = await client.query<Row>(text, values)
      return rows
    } finally {
      await client.end()
    }
  }

  /** Runs several statements as superuser, on one connection. */
  async session(
    work: (
      query: <Row extends object>(text: string, values: unknown[]) => Promise<Row[]>
    ) => Promise<void>
  ) {
    const client = new pg.Client(this.url)
    await client.connect()
    try {
      await work(async <Row extends object>(text: string, values: unknown[]) => {
        const { rows } = await client.query<Row & pg.QueryResultRow>(text, values)
        return rows
      })
    } finally {
      await client.end()
    }
  }

  async flushes(): Promise<Flushes> {
    const [row] = await this.query<Flushes & pg.QueryResultRow>(
      `select coalesce(sum(fsyncs), 0)::float8 as count, coalesce(sum(fsync_time), 0) as milliseconds
       from pg_stat_io where object = 'wal'`
    )
    return row
  }

  /** Average milliseconds of a WAL flush since `before`. Every commit waits for one. */
  async meanFlushMs(before: Flushes): Promise<number> {
    const now = await this.flushes()
    const count = now.count - before.count
    return count === 0 ? 0 : (now.milliseconds - before.milliseconds) / count
  }

  /** Mails that were due before a time (milliseconds since 1970), and sent after it. */
  async mailsSentAfter(moment: number): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      `select count(*)::int as count from orders.notifications
       where created_at <= to_timestamp($1 / 1000.0) and (sent_at is null or sent_at > to_timestamp($1 / 1000.0))`,
      [moment]
    )
    return row.count
  }

  async forgetStatements() {
    if (this.#statements) await this.query('select pg_stat_statements_reset()')
  }

  /** The most expensive statements since `forgetStatements`; null when none are recorded. */
  async statements(): Promise<StatementTime[] | null> {
    if (!this.#statements) return null
    return this.query<StatementTime & pg.QueryResultRow>(
      `select left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as text, calls::int,
         mean_exec_time as "meanMs", total_exec_time as "totalMs"
       from pg_stat_statements order by total_exec_time desc limit 30`
    )
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  const { clusterDir } = await findHome(dataDir)
  return Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** SIGQUIT ends PostgreSQL and all of its processes immediately. Its data is deleted anyway. */
function kill(pid: number) {
  try {
    if (pid > 0) process.kill(pid, 'SIGQUIT')
  } catch {
    // It has ended already.
  }
}
