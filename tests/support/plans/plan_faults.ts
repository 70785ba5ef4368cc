/*
 * Finds statements whose cost grows with what is stored: by their plans with the recorded values and, for prepared
 * statements, without values; and by the pages that they touch.
 */
import pg from 'pg'
import type { RecordedStatement } from './recorded_statements.ts'

/** Tables with fewer rows are read as a whole. */
const LARGE = 5_000

/** Pages that a statement may touch: the Today page counts 15 lists up to 10,001, and a row of a list has lines. */
const MAX_PAGES = 600
const MAX_PAGES_PER_ROW = 12

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows'?: number
  'Shared Hit Blocks'?: number
  'Shared Read Blocks'?: number
  'Plans'?: PlanNode[]
}

export interface PlanFault {
  module: string
  statement: string
  fault: string
}

/** A connection with the settings of requests, as the owner of the tables. */
export async function connectTo(module: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: process.env.DATABASE_URL,
    options: `-c search_path=${module} -c max_parallel_workers_per_gather=0`,
  })
  await client.connect()
  return client
}

/** @param client - from `connectTo`; may be in a transaction */
export async function findFaults(
  client: pg.Client,
  statements: RecordedStatement[]
): Promise<PlanFault[]> {
  const faults = await findScans(client, statements, await largeTables(client))
  for (const statement of statements) {
    const { pages, rows } = await costOf(client, statement.text, statement.values)
    if (pages > MAX_PAGES + rows * MAX_PAGES_PER_ROW) {
      faults.push(faultOf(statement, `touches ${pages} pages for ${rows} rows`))
    }
  }
  return faults
}

/** Only by the plans. @param tables - those that must not be read as a whole */
export async function findScans(
  client: pg.Client,
  statements: RecordedStatement[],
  tables: Set<string>
): Promise<PlanFault[]> {
  const faults: PlanFault[] = []
  for (const statement of statements) {
    const scanned = new Set<string>()
    for (const plan of await plansOf(client, statement)) {
      for (const node of nodesOf(plan)) {
        const table = node['Relation Name'] ?? ''
        if (node['Node Type'] === 'Seq Scan' && tables.has(table)) scanned.add(table)
      }
    }
    for (const table of scanned) faults.push(faultOf(statement, `reads all of ${table}`))
  }
  return faults
}

function faultOf({ module, name, text }: RecordedStatement, fault: string): PlanFault {
  return { module, statement: name ?? text.replace(/\s+/g, ' ').trim(), fault }
}

export async function largeTables(client: pg.Client): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = current_schema::regnamespace and relkind in ('r', 'p') and reltuples >= $1`,
    [LARGE]
  )
  return new Set(rows.map(({ name }) => name))
}

async function plansOf(
  client: pg.Client,
  { name, text, values }: RecordedStatement
): Promise<PlanNode[]> {
  const withValues = await explain(client, `explain (format json) ${text}`, values)
  // PostgreSQL plans without values from version 16 on.
  const { rows } = await client.query('show server_version_num')
  if (!name || Number(rows[0].server_version_num) < 160_000) return [withValues]
  return [withValues, await explain(client, `explain (generic_plan, format json) ${text}`)]
}

/** Executes the statement and undoes it; zeros if it cannot be repeated, such as an insert of the same key. */
export async function costOf(client: pg.Client, text: string, values?: unknown[]) {
  await client.query('savepoint repeated')
  try {
    const plan = await explain(client, `explain (analyze, buffers, format json) ${text}`, values)
    const pages = plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!
    return { pages, rows: plan['Actual Rows']! }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return { pages: 0, rows: 0 }
  } finally {
    await client.query('rollback to repeated')
  }
}

async function explain(client: pg.Client, text: string, values?: unknown[]): Promise<PlanNode> {
  const { rows } = await client.query(values ? { text, values } : text)
  return rows[0]['QUERY PLAN'][0].Plan
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node
  for (const child of node.Plans ?? []) yield* nodesOf(child)
}
