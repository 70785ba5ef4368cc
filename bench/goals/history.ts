/*
 * B7: the work of an order must not grow with the orders that are stored. Counted in blocks that statements read.
 */
import { describeMachine } from '../report.ts'
import type { DatabaseUnderTest } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { Stage } from '../under_test/stage.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'
import { storeHistory } from './history_stored.ts'
import { Session } from './session.ts'

const FEW = 100_000
const RATE = 100
/** Rows of a table whose scan is noticed. */
const LARGE = 50_000

interface Measured {
  /** Statement → blocks per call. */
  blocks: Map<string, number>
  blocksPerOrder: number
  /** Tables that were scanned, with the rows that were read. */
  scanned: string[]
  p50: number
}

export async function history(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const stage = await Stage.open(true, endings)
  const few = await measure(stage, Math.min(FEW, options.rows), options, endings)
  const many = await measure(stage, options.rows, options, endings)
  const grown = [...many.blocks]
    .map(([text, blocks]) => ({ text, more: blocks - (few.blocks.get(text) ?? blocks), blocks }))
    .sort((a, b) => b.more - a.more)
  return {
    scenario: 'history',
    machine,
    options,
    goals: [
      {
        id: 'B7',
        what: 'blocks per order ÷ with few stored',
        value: many.blocksPerOrder / few.blocksPerOrder,
        most: 1.25,
      },
      { id: 'B7', what: 'large tables that were scanned', value: many.scanned.length, most: 0 },
    ],
    notes: [
      `${short(few.blocksPerOrder)} blocks per order with ${Math.min(FEW, options.rows)} stored, ${short(many.blocksPerOrder)} with ${options.rows}; p50 ${short(few.p50)} and ${short(many.p50)} ms`,
      ...many.scanned.map((table) => `scanned: ${table}`),
      ...grown
        .slice(0, 5)
        .map(
          ({ text, more, blocks }) =>
            `${short(blocks)} blocks per call, ${short(more)} more: ${text}`
        ),
    ],
    // The stored orders have no messages that the proofs could follow.
    faults: null,
  }
}

async function measure(
  stage: Stage,
  stored: number,
  options: GoalOptions,
  endings: Endings
): Promise<Measured> {
  const session = await Session.open(options, endings, stage)
  const { database } = session.running
  await storeHistory(database, stored)
  await session.load({ rate: RATE, seconds: options.warmUpSeconds || 1 })
  await database.forgetStatements()
  const before = await scans(database)
  const { figures, sent } = await session.load({ rate: RATE, seconds: options.seconds })
  const after = await scans(database)
  const rows = await database.query<{ text: string; calls: number; blocks: number }>(
    `select left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as text, sum(calls)::int as calls,
       sum(shared_blks_hit + shared_blks_read)::float8 as blocks
     from pg_stat_statements join pg_database on dbid = pg_database.oid
     where datname = current_database() and userid <> 0 and query not like '%pg_%' group by 1`
  )
  const { app } = session.running
  await app.stop()
  await stage.drop(database)
  return {
    blocks: new Map(rows.map(({ text, calls, blocks }) => [text, blocks / calls])),
    blocksPerOrder: rows.reduce((sum, { blocks }) => sum + blocks, 0) / sent.length,
    scanned: [...after].flatMap(([table, read]) => {
      const more = read - (before.get(table) ?? 0)
      return more > 0 ? [`${table}, ${more} rows`] : []
    }),
    p50: figures.settledMs.p50,
  }
}

/** Large tables → rows read by sequential scans. */
async function scans(database: DatabaseUnderTest) {
  const rows = await database.query<{ name: string; read: number }>(
    `select schemaname || '.' || relname as name, seq_tup_read::float8 as read
     from pg_stat_user_tables where n_live_tup > ${LARGE}`
  )
  return new Map(rows.map(({ name, read }) => [name, read]))
}
