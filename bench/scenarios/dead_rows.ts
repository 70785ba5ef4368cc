/*
 * Dead rows: published rows that only an older snapshot still sees. Each leaves a dead entry in the index of pending
 * rows, and vacuum cannot remove it while the snapshot is open. They fill as many segments of the outbox as a retention
 * has.
 */
import pg from 'pg'
import { renewSegments } from '#messaging/outbox/segments'
import type { DatabaseUnderTest } from '../under_test/database.ts'

const ROWS_A_TRANSACTION = 10_000
const SEGMENTS = 8
const DAY_MS = 86_400_000

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
  let begun = 1
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
      if (made >= (rows * begun) / SEGMENTS) {
        await beginSegment(client, database, module)
        begun++
      }
    }
    await client.query(`vacuum analyze ${module}.outbox`)
    await client.query('checkpoint')
    const { rows: dead } = await client.query<{ count: number }>(
      `select sum(n_dead_tup)::int as count from pg_stat_all_tables
       where relid in (select relid from pg_partition_tree('${module}.outbox'))`
    )
    if (dead[0].count < rows) throw new Error(`only ${dead[0].count} rows of ${module} are dead`)
  } finally {
    await client.end()
  }
}

/** As if a day had passed: makes the first row of the current segment old. */
async function beginSegment(client: pg.Client, { url }: DatabaseUnderTest, module: string) {
  await client.query(
    `update ${module}.outbox set created_at = now() - interval '2 days' where id =
       (select min(id) from ${module}.outbox
        where tableoid = (select tableoid from ${module}.outbox order by id desc limit 1))`
  )
  const owner = { connectionString: url, options: `-c search_path=${module}` }
  await renewSegments(owner, 7 * DAY_MS)
}

/** Deletes the rows and vacuums. */
export async function sweep(database: DatabaseUnderTest, module: string) {
  await database.query(`delete from ${module}.outbox where type = $1`, [FILLER])
  await database.query(`vacuum analyze ${module}.outbox`)
}
