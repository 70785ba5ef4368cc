/*
 * Scenario: publish latency behind many dead rows.
 *
 * The number of dead index entries slows down readers, not their age, so the rows are created at once, behind the
 * open snapshot. `minutes` really waits.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { STEP_DOWN } from '#messaging/outbox/leader_connection'
import { channelOf } from '#messaging/outbox/relay'
import { appBeside, startApp, type AppUnderTest } from '../under_test/app.ts'
import { startKafka } from '../under_test/broker.ts'
import { findFaults, untilSettled } from '../correctness.ts'
import { measureCpu } from '../measure/cpu.ts'
import {
  startDatabase,
  type DatabaseUnderTest,
  type StatementTime,
} from '../under_test/database.ts'
import { openReader, publishRows, sweep } from './dead_rows.ts'
import type { Endings } from '../under_test/endings.ts'
import { sendOrders } from '../load/loops.ts'
import {
  describeMachine,
  distribution,
  statementLines,
  type Distribution,
  type Transport,
} from '../report.ts'
import type { Sent } from '../load/sent.ts'
import { Shop } from '../load/shop.ts'

const MODULES = ['orders', 'inventory']
/** How long orders are sent around a change of the leader. Only what the new leader publishes is measured. */
const NEW_LEADER_SECONDS = 10
const WARM_UP_SECONDS = 5
const SETTLED_WITHIN_MS = 120_000
const LED_WITHIN_MS = 15_000

/** Bound: publish latency behind the dead rows, as a multiple of the clean one. */
const MOST_RATIO = 2

export interface BacklogOptions {
  /** Orders per second. Each is one message of each module. */
  rate: number
  seconds: number
  transport: Transport
  /** Published rows in each outbox. */
  rows: number
  /** Age of the reader's transaction before the measurement. */
  minutes: number
  /** Whether PostgreSQL records statement times. */
  statements: boolean
}

/** Milliseconds from the commit of a message to its mark as published; CPU of PostgreSQL for each message. */
interface Measured {
  all: Distribution
  cpuMicroseconds: number | null
}

/** Clean figures from before and after the dead rows. If they differ, the machine was not quiet. */
interface Compared {
  before: Measured
  dirty: Measured
  after: Measured
}

export interface BacklogResult {
  scenario: 'backlog'
  machine: ReturnType<typeof describeMachine>
  load: Omit<BacklogOptions, 'statements'>
  /** Of the original leader. */
  steady: Compared
  /** Of the first seconds of a new leader. */
  newLeader: Compared
  /** Behind the dead rows. */
  statements: StatementTime[] | null
  faults: string[]
}

export async function backlog(options: BacklogOptions, endings: Endings): Promise<BacklogResult> {
  const machine = describeMachine()
  const dataDir = endings.newDataDirectory()
  console.error('… starting database, broker and app')
  const database = await startDatabase(dataDir, options.statements, endings)
  const kafka = options.transport === 'kafka' ? await startKafka(dataDir, endings) : null
  const app = await startApp({ dataDir, brokers: kafka?.brokers }, endings)
  const run = await Run.open(options, database, app)

  console.error('… measuring without dead rows')
  const before = await run.measure()
  const reader = await openReader(database, MODULES)
  console.error(`… publishing ${options.rows} rows of each module behind an open transaction`)
  for (const module of MODULES) await publishRows(database, module, options.rows)
  await sleep(options.minutes * 60_000)
  console.error('… measuring with them')
  await database.forgetStatements()
  const dirty = await run.measure()
  const statements = await database.statements()
  await reader.end()
  console.error('… measuring without them')
  for (const module of MODULES) await sweep(database, module)
  const after = await run.measure()

  const steady = { before: before.steady, dirty: dirty.steady, after: after.steady }
  const newLeader = { before: before.newLeader, dirty: dirty.newLeader, after: after.newLeader }
  const { rate, seconds, transport, rows, minutes } = options
  const load = { rate, seconds, transport, rows, minutes }
  const slow = [...slower('the leader', steady), ...slower('a new leader', newLeader)]
  const faults = [...slow, ...(await run.faults())]
  return { scenario: 'backlog', machine, load, steady, newLeader, statements, faults }
}

class Run {
  readonly #options: BacklogOptions
  readonly #database: DatabaseUnderTest
  readonly #app: AppUnderTest
  readonly #shop: Shop
  readonly #sent: Sent[] = []

  private constructor(
    options: BacklogOptions,
    database: DatabaseUnderTest,
    app: AppUnderTest,
    shop: Shop
  ) {
    this.#options = options
    this.#database = database
    this.#app = app
    this.#shop = shop
  }

  static async open(options: BacklogOptions, database: DatabaseUnderTest, app: AppUnderTest) {
    const run = new Run(options, database, app, await Shop.open(app))
    await run.#shop.restock(options.rate * (2 * options.seconds + 60))
    await run.#send(WARM_UP_SECONDS)
    return run
  }

  async measure() {
    return { steady: await this.#steady(), newLeader: await this.#newLeader() }
  }

  async #steady(): Promise<Measured> {
    const measured = this.#measure()
    await this.#send(this.#options.seconds)
    return measured()
  }

  /** Makes the leader step down. The next one, possibly in the same process, starts at the stored watermark. */
  async #newLeader(): Promise<Measured> {
    const leaders = await this.#leaders()
    const sending = this.#send(NEW_LEADER_SECONDS)
    for (const module of MODULES) {
      await this.#database.query(`select pg_notify($1, $2)`, [channelOf(module), STEP_DOWN])
    }
    const until = Date.now() + LED_WITHIN_MS
    let now = leaders
    while (now.length < MODULES.length || now.some((pid) => leaders.includes(pid))) {
      if (Date.now() > until) throw new Error('no other relay leads')
      await sleep(5)
      now = await this.#leaders()
    }
    const measured = this.#measure()
    await sending
    return measured()
  }

  async faults() {
    await untilSettled(this.#database)
    return findFaults(this.#database, appBeside(this.#app), this.#sent)
  }

  async #send(seconds: number) {
    const { sent } = await sendOrders(this.#shop, {
      rate: this.#options.rate,
      warmUpSeconds: 0,
      seconds,
      onMeasuring() {},
    })
    this.#sent.push(...(await Promise.all(sent)))
    await this.#settled()
  }

  /** Queries orders only: a query for pending messages would scan the dead rows and disturb the measurement. */
  async #settled() {
    const until = Date.now() + SETTLED_WITHIN_MS
    while (Date.now() < until) {
      const [{ open }] = await this.#database.query<{ open: boolean }>(
        `select exists (select from orders.orders where status = 'pending') as open`
      )
      if (!open) return
      await sleep(250)
    }
  }

  /** The sessions that hold the relays' locks. */
  async #leaders() {
    const rows = await this.#database.query<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
         and objid in (${MODULES.map((module) => `'${module}.outbox'::regclass::oid`).join()})`
    )
    return rows.map(({ pid }) => pid)
  }

  /** Starts measuring. @returns a function that stops it */
  #measure() {
    const from = Date.now()
    const cpu = measureCpu({ postgres: this.#database.pid })
    return async (): Promise<Measured> => {
      const { postgres } = cpu().parts
      const latencies = await this.#latencies(from)
      const cpuMicroseconds =
        postgres === null ? null : Math.round((postgres * 1_000) / latencies.length)
      return { all: distribution(latencies), cpuMicroseconds }
    }
  }

  /**
   * The timeline step and the movement that are written with a message are never updated: PostgreSQL knows
   * when the transaction that wrote them committed.
   *
   * @param from - milliseconds since 1970
   */
  async #latencies(from: number): Promise<number[]> {
    const rows = await this.#database.query<{ ms: number }>(
      `with said as (
         select order_id, pg_xact_commit_timestamp(xmin) as at, 'orders' as module
         from orders.timeline_steps where type = 'placed'
         union all
         select distinct on (order_id) order_id, pg_xact_commit_timestamp(xmin), 'inventory'
         from inventory.movements where kind = 'reserve'
       ), published as (
         select key, published_at, 'orders' as module from orders.outbox where type = 'order_placed'
         union all
         select key, published_at, 'inventory' from inventory.outbox where type = 'stock_reserved'
       )
       select extract(epoch from published_at - at)::float8 * 1000 as ms
       from said join published on key = order_id::text and published.module = said.module
       where at >= to_timestamp($1 / 1000.0)`,
      [from]
    )
    return rows.map(({ ms }) => ms)
  }
}

/** Compares with the worse of the clean figures, to exclude other load on the machine. */
function ratio({ before, dirty, after }: Compared, of: 'p50' | 'p99') {
  return dirty.all[of] / Math.max(before.all[of], after.all[of])
}

function slower(who: string, compared: Compared): string[] {
  return (['p50', 'p99'] as const)
    .filter((of) => ratio(compared, of) > MOST_RATIO)
    .map((of) => `${who} publishes ${ratio(compared, of).toFixed(1)} times as late (${of})`)
}

export function backlogTable(result: BacklogResult): string {
  const { machine, load, steady, newLeader, statements, faults } = result
  const { cpu, cores, node, date, load: atStart } = machine
  const rows = (who: string, { before: first, dirty, after }: Compared) =>
    [
      [`${who}: p50 ms`, ...[first, dirty, after].map(({ all }) => all.p50.toFixed(2))],
      [`${who}: p99 ms`, ...[first, dirty, after].map(({ all }) => all.p99.toFixed(2))],
      [
        `${who}: CPU µs of PostgreSQL per message`,
        ...[first, dirty, after].map((each) => each.cpuMicroseconds ?? '?'),
      ],
    ].map((cells) => `| ${cells.join(' | ')} |`)
  return [
    `### backlog, ${load.transport}, ${load.rate} orders/s for ${load.seconds} s`,
    '',
    `| commit to published | clean | behind ${load.rows} dead rows in 8 segments of each outbox | clean again |`,
    '| --- | --: | --: | --: |',
    ...rows('the leader', steady),
    ...rows('a new leader', newLeader),
    '',
    `- behind them, to the worse of the clean figures: the leader ${ratio(steady, 'p50').toFixed(2)} (p50), ${ratio(steady, 'p99').toFixed(2)} (p99); a new leader ${ratio(newLeader, 'p50').toFixed(2)} (p50), ${ratio(newLeader, 'p99').toFixed(2)} (p99)`,
    `- ${cpu}, ${cores} cores, Node ${node}, ${date}, load before ${atStart}`,
    ...statementLines(statements),
    '',
    ...(faults.length === 0
      ? [`Correct, and at most ${MOST_RATIO} times the clean figure: nothing lost or told twice.`]
      : ['**NOT AS PROMISED**', '', ...faults.map((fault) => `- ${fault}`)]),
  ].join('\n')
}
