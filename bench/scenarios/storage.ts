/*
 * Scenario: what an order leaves behind in PostgreSQL: rows, index entries and WAL by table, and what a year of orders
 * stores under the default retention.
 */
import { startApp } from '../under_test/app.ts'
import { startKafka } from '../under_test/broker.ts'
import { startDatabase, type DatabaseUnderTest } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { untilSettled } from '../correctness.ts'
import { sendOrders } from '../load/loops.ts'
import { describeMachine, type ConfirmOptions } from '../report.ts'
import { Shop } from '../load/shop.ts'

const YEAR_DAYS = 365
const ORDERS_A_DAY = 1_000_000

/** Default retention in days; other tables keep their rows. Of the inbox it is that of a topic kept for seven days. */
const KEPT_DAYS: Record<string, number> = {
  outbox: 7,
  inbox: 8,
  idempotency_keys: 1,
  notifications: 90,
}

/** Per order. */
interface TableUse {
  table: string
  inserted: number
  updated: number
  /** Updates that wrote no index entry. */
  hot: number
  deleted: number
  /** Row locks, such as those of foreign keys. */
  locked: number
  indexEntries: number
  /** WAL without full-page images. */
  walBytes: number
  /** Growth of the table with its TOAST table, and of its indexes, with dead rows. */
  tableBytes: number
  indexBytes: number
}

export interface StorageResult {
  scenario: 'storage'
  machine: ReturnType<typeof describeMachine>
  orders: number
  tables: TableUse[]
  /** Per order: all WAL, and the full-page images in it, which depend on the time between checkpoints. */
  walBytes: number
  fullPageBytes: number
}

/** @throws Error when a part cannot be started, or no order is accepted */
export async function storage(
  { transport, rate, seconds }: Pick<ConfirmOptions, 'transport' | 'rate' | 'seconds'>,
  endings: Endings
): Promise<StorageResult> {
  const machine = describeMachine()
  const dataDir = endings.newDataDirectory()
  const database = await startDatabase(dataDir, false, endings)
  const kafka = transport === 'kafka' ? await startKafka(dataDir, endings) : null
  const app = await startApp({ dataDir, brokers: kafka?.brokers }, endings)
  const shop = await Shop.open(app)
  await shop.restock(rate * seconds)
  await database.query('create extension pg_walinspect')
  await database.query('checkpoint')

  const before = await read(database)
  console.error(`… placing ${rate * seconds} orders`)
  const { sent } = await sendOrders(shop, { rate, seconds, warmUpSeconds: 0, onMeasuring() {} })
  // Under load some are refused, and write nothing.
  const answers = await Promise.all(sent)
  const orders = answers.filter(({ status }) => status === 202).length
  if (orders === 0) throw new Error('no order was accepted')
  await untilSettled(database)
  const after = await read(database)
  return {
    scenario: 'storage',
    machine,
    orders,
    ...(await compare(database, before, after, orders)),
  }
}

interface Reading {
  lsn: string
  sizes: Map<string, { tableBytes: number; indexBytes: number }>
}

async function read(database: DatabaseUnderTest): Promise<Reading> {
  const sizes = await database.query<{ table: string; tableBytes: number; indexBytes: number }>(`
    select nspname || '.' || relname as table, sum(pg_table_size(part))::float8 as "tableBytes",
      sum(pg_indexes_size(part))::float8 as "indexBytes"
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace,
      lateral (select pg_class.oid as part where relkind = 'r' union all
        select relid from pg_partition_tree(pg_class.oid) where isleaf) as parts
    where nspname in ('orders', 'inventory') and relkind in ('r', 'p') and not relispartition
    group by 1`)
  const [{ lsn }] = await database.query<{ lsn: string }>(
    'select pg_current_wal_flush_lsn() as lsn'
  )
  return { lsn, sizes: new Map(sizes.map(({ table, ...size }) => [table, size])) }
}

// A record of several blocks counts in equal parts. A leaf entry is one insertion, also when it splits the page.
const walByTable = /* sql */ `
  select schema.nspname || '.' || owner.relname as table, sum(bytes)::float8 as "walBytes",
    count(*) filter (where is_table and type in ('INSERT', 'INSERT+INIT'))::float8 as inserted,
    count(*) filter (where is_table and type in ('UPDATE', 'UPDATE+INIT', 'HOT_UPDATE'))::float8 as updated,
    count(*) filter (where is_table and type = 'HOT_UPDATE')::float8 as hot,
    count(*) filter (where is_table and type = 'DELETE')::float8 as deleted,
    count(*) filter (where is_table and type in ('LOCK', 'LOCK_UPDATED'))::float8 as locked,
    count(*) filter (where type in ('INSERT_LEAF', 'INSERT_POST', 'SPLIT_L', 'SPLIT_R'))::float8 as "indexEntries"
  from (
    select relfilenode, (record_length - sum(coalesce(block_fpi_length, 0)) over record) / count(*) over record as bytes,
      case when block_id = 0 then record_type end as type
    from pg_get_wal_block_info($1, $2)
    window record as (partition by start_lsn)) as block
  join pg_class as relation on pg_relation_filenode(relation.oid) = block.relfilenode
  left join pg_index on indexrelid = relation.oid
  left join pg_class as toasted on toasted.reltoastrelid = coalesce(indrelid, relation.oid)
  cross join lateral (select coalesce(toasted.oid, indrelid, relation.oid) as oid) as stored
  -- A segment of an outbox counts as the outbox.
  join pg_class as owner on owner.oid = coalesce(pg_partition_root(stored.oid), stored.oid),
  lateral (select stored.oid = relation.oid as is_table) as kind,
  lateral (select nspname from pg_namespace where oid = owner.relnamespace) as schema
  where nspname in ('orders', 'inventory') and owner.relkind in ('r', 'p')
  group by 1 order by 2 desc`

type Written = Omit<TableUse, 'tableBytes' | 'indexBytes'>

async function compare(
  database: DatabaseUnderTest,
  before: Reading,
  after: Reading,
  orders: number
) {
  const range = [before.lsn, after.lsn]
  const written = await database.query<Written & Record<string, unknown>>(walByTable, range)
  const [all] = await database.query<{ bytes: number; images: number }>(
    `select pg_wal_lsn_diff($2, $1)::float8 as bytes,
       (select sum(fpi_size)::float8 from pg_get_wal_stats($1, $2)) as images`,
    range
  )
  const tables = written.map(({ table, ...counts }) => {
    const was = before.sizes.get(table)!
    const now = after.sizes.get(table)!
    const grown = {
      tableBytes: now.tableBytes - was.tableBytes,
      indexBytes: now.indexBytes - was.indexBytes,
    }
    const perOrder = Object.entries({ ...counts, ...grown }).map(([name, n]) => [name, n / orders])
    return { table, ...Object.fromEntries(perOrder) } as TableUse
  })
  return {
    tables: tables.filter(({ walBytes }) => walBytes > 1),
    walBytes: all.bytes / orders,
    fullPageBytes: all.images / orders,
  }
}

export function storageTable({
  machine,
  orders,
  tables,
  walBytes,
  fullPageBytes,
}: StorageResult): string {
  const { cpu, cores, node, date, load } = machine
  const total = (of: (use: TableUse) => number) => tables.reduce((sum, each) => sum + of(each), 0)
  const rows = tables.map((each) => {
    const { table, inserted, updated, hot, deleted, locked } = each
    const counts = [inserted, updated, hot, deleted, locked, each.indexEntries].map((n) =>
      n.toFixed(2)
    )
    const bytes = [each.walBytes, each.tableBytes, each.indexBytes].map((n) => n.toFixed(0))
    return [table, ...counts, ...bytes, gigabytes(yearOf(each))]
  })
  const sums = [
    total((each) => each.walBytes),
    total((each) => each.tableBytes),
    total((each) => each.indexBytes),
  ]
  return [
    `### storage: ${orders} orders, per order`,
    '',
    '| table | inserted | updated | of these HOT | deleted | locked | index entries | WAL bytes | table bytes | index bytes | GB after a year |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    `| all | | | | | | ${total((each) => each.indexEntries).toFixed(2)} | ${sums.map((n) => n.toFixed(0)).join(' | ')} | ${gigabytes(total(yearOf))} |`,
    '',
    `- WAL ${walBytes.toFixed(0)} bytes an order, of these full-page images ${fullPageBytes.toFixed(0)}`,
    `- a year: ${ORDERS_A_DAY} orders a day, rows kept as by default, ${gigabytes((walBytes - fullPageBytes) * ORDERS_A_DAY)} GB of WAL a day and full-page images besides`,
    `- ${cpu}, ${cores} cores, Node ${node}, ${date}, load before ${load}`,
  ].join('\n')
}

function yearOf({ table, tableBytes, indexBytes }: TableUse): number {
  const days = KEPT_DAYS[table.split('.')[1]] ?? YEAR_DAYS
  return (tableBytes + indexBytes) * days * ORDERS_A_DAY
}

function gigabytes(bytes: number) {
  return (bytes / 1e9).toFixed(1)
}
