/*
 * Dead rows: published rows that only an older snapshot still sees. Each leaves a dead entry in the index of pending
 * rows, and vacuum cannot remove it while the snapshot is open.
 */
import pg from 'pg'
import type { DatabaseUnderTest } from '../under_test/database.ts'

const ROWS_A_TRANSACTION = 10_000

/** A type without subscriptions. */
const FILLER = 'bench_filler'

/** An open read-only snapshot. */
export async function openReader({ url }: DatabaseUnderTest, modules: string[]) {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('begin isolation level repeatable read')
  for (const module of modules) await client.query(`select count(*) from ${module}.outbox`)
  return client
}

/**
 * Creates the rows as the relay leaves them: pending, then marked as published, without any relay seeing them. Returns
 * after the side effects of the writes, which must not be measured.
 *
 * @throws Error when vacuum was able to remove them
 */
export async function publishRows(database: DatabaseUnderTest, module: string, rows: number) {
  const client = new pg.Client(database.url)
  await client.connect()
  try {
    for (let made = 0; made < rows; made += ROWS_A_TRANSACTION) {
      await client.query('begin')
      await client.query(
        `insert into ${module}.outbox (message_id, topic, key, key_hash, type, version, data)
         select uuidv7(), '${module}', n::text, n, '${FILLER}', 1, '{"lines":[{"sku":"MUG-RED","quantity":1}]}'
         from generate_series($1::int, $2::int) as n`,
        [made + 1, Math.min(rows, made + ROWS_A_TRANSACTION)]
      )
      await client.query(
        `update ${module}.outbox set published_at = clock_timestamp() where published_at is null and type = $1`,
        [FILLER]
      )
      await client.query('commit')
    }
    await client.query(`vacuum analyze ${module}.outbox`)
    await client.query('checkpoint')
    const { rows: dead } = await client.query<{ count: number }>(
      `select n_dead_tup::int as count from pg_stat_all_tables where relid = '${module}.outbox'::regclass`
    )
    if (dead[0].count < rows) throw new Error(`only ${dead[0].count} rows of ${module} are dead`)
  } finally {
    await client.end()
  }
}

/** Deletes the rows and vacuums. */
export async function sweep(database: DatabaseUnderTest, module: string) {
  await database.query(`delete from ${module}.outbox where type = $1`, [FILLER])
  await database.query(`vacuum analyze ${module}.outbox`)
}
