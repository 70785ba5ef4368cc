import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import {
  launchEmbeddedPostgres,
  resetEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { findHome } from '../database/embedded/home.ts'
import type { Endings } from './endings.ts'

/** How often the WAL was flushed to disk, and how long that took in all. */
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
 * Starts the embedded PostgreSQL for one run, and lets it note when each transaction committed. The app
 * adopts it as it would its own.
 *
 * @param dataDir - the app's
 * @param statements - whether it keeps times of its statements as well
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

/** The database seen from outside the app. Nothing here is called while the load runs, but one reset. */
export class DatabaseUnderTest {
  readonly #statements: boolean

  constructor(
    readonly url: string,
    /** Of the server's first process. */
    readonly pid: number,
    statements: boolean
  ) {
    this.#statements = statements
  }

  /** Runs one statement as superuser, on a connection of its own. */
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

  async flushes(): Promise<Flushes> {
    const [row] = await this.query<Flushes & pg.QueryResultRow>(
      `select coalesce(sum(fsyncs), 0)::float8 as count, coalesce(sum(fsync_time), 0) as milliseconds
       from pg_stat_io where object = 'wal'`
    )
    return row
  }

  /** Milliseconds that one flush of the WAL took on average since `before`; every commit waits for one. */
  async meanFlushMs(before: Flushes): Promise<number> {
    const now = await this.flushes()
    const count = now.count - before.count
    return count === 0 ? 0 : (now.milliseconds - before.milliseconds) / count
  }

  /** Mails that were due before the moment (milliseconds since 1970), and sent after it. */
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

  /** The costliest statements since `forgetStatements`, costliest first; null when none are kept. */
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

/** SIGQUIT ends PostgreSQL at once with all of its processes; its data goes anyway. */
function kill(pid: number) {
  try {
    if (pid > 0) process.kill(pid, 'SIGQUIT')
  } catch {
    // It has ended already.
  }
}
