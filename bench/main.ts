/*
 * `npm run bench`: measures the real app, and verifies the result.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { backlog, backlogTable } from './backlog.ts'
import { confirm } from './confirm.ts'
import { Endings } from './under_test/endings.ts'
import { lists, listsTable } from './lists.ts'
import { live, liveTable } from './live.ts'
import { pages, pagesTable } from './pages.ts'
import { markdown, type ConfirmOptions, type Transport } from './report.ts'

const HELP = `npm run bench -- confirm | live | lists | pages | backlog [options]

  confirm   Time from the intended start of POST /orders to the commit of the confirmation, at a fixed rate.
            An open loop: a slow response does not delay later requests. With --connections a closed loop: each
            connection sends an order when it has the response to the one before.
  live      Cost of idle streams, and time from the commit of a step to its arrival in a stream.
  lists     Time of a page of GET /orders, with few and with many stored orders.
  pages     Admin pages and scans, with 100000 SKUs and many orders: server time, weight, first paint.
  backlog   Publish latency behind many dead rows that an open transaction keeps, by the current and by a
            new leader, and without dead rows.

  Each scenario starts its own database, broker and apps, and removes them with their data.

  --rate N            orders per second, 1 to 10000 (100; live: 50)
  --connections N     closed loop with this many connections, 1 to 1000, instead of a rate; confirm only
  --seconds N         duration of the measurement, 1 to 3600 (20)
  --warm-up N         seconds of warm-up at the same rate, 0 to 600 (5)
  --transport NAME    embedded or kafka (embedded); confirm and backlog
  --streams N         idle streams, 1 to 20000 (2000); live only
  --orders N          stored orders, 20000 to 10000000 (1000000); lists and pages
  --rows N            published rows in each outbox, 1000 to 5000000 (500000); backlog only
  --minutes N         age of the open transaction, 0 to 60 (0); backlog only
  --json FILE         also write the result to FILE
  --profile DIR       write a V8 CPU profile of the app to DIR; costs a few percent
  --statements        list PostgreSQL statements with times; costs a few percent
  --help              print this help

  Exit codes: 0; 2 for invalid arguments; 3 for an incorrect result: an order lost, stuck or handled twice,
  or stock that does not add up; in pages and backlog also a figure beyond its bound.

Example: npm run bench -- confirm --rate 500 --seconds 60 --transport kafka --json confirm.json
`

const SCENARIOS = ['confirm', 'live', 'lists', 'pages', 'backlog'] as const
type Scenario = (typeof SCENARIOS)[number]

interface Arguments extends ConfirmOptions {
  scenario: Scenario
  streams: number
  orders: number
  rows: number
  minutes: number
  json: string | undefined
}

process.exit(await main(process.argv.slice(2)))

async function main(args: string[]): Promise<number> {
  let options: Arguments | null
  try {
    options = readArguments(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\nnpm run bench -- --help lists all options.`)
    return 2
  }
  if (!options) {
    console.log(HELP)
    return 0
  }
  const endings = new Endings()
  try {
    const { result, table, faults } = await run(options, endings)
    console.log(table)
    if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
    return faults.length === 0 ? 0 : 3
  } catch (error) {
    // After Ctrl-C the scenario fails because its app is gone; do not report that.
    if (endings.begun) return 130
    console.error(`The benchmark could not run: ${(error as Error).message}`)
    return 1
  } finally {
    await endings.run()
  }
}

async function run(options: Arguments, endings: Endings) {
  switch (options.scenario) {
    case 'confirm': {
      const result = await confirm(options, endings)
      return { result, table: markdown(result), faults: result.faults }
    }
    case 'live': {
      const { streams, rate, seconds } = options
      const result = await live({ streams, rate, seconds }, endings)
      return { result, table: liveTable(result), faults: result.faults }
    }
    case 'lists': {
      const result = await lists(options.orders, endings)
      return { result, table: listsTable(result), faults: [] }
    }
    case 'pages': {
      const result = await pages(options.orders, endings)
      return { result, table: pagesTable(result), faults: result.faults }
    }
    case 'backlog': {
      const result = await backlog(options, endings)
      return { result, table: backlogTable(result), faults: result.faults }
    }
  }
}

/**
 * @returns null when help is requested
 * @throws Error that names the invalid argument
 */
function readArguments(args: string[]): Arguments | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'rate': { type: 'string' },
      'connections': { type: 'string' },
      'seconds': { type: 'string', default: '20' },
      'warm-up': { type: 'string', default: '5' },
      'transport': { type: 'string', default: 'embedded' },
      'streams': { type: 'string', default: '2000' },
      'orders': { type: 'string', default: '1000000' },
      'rows': { type: 'string', default: '500000' },
      'minutes': { type: 'string', default: '0' },
      'json': { type: 'string' },
      'profile': { type: 'string' },
      'statements': { type: 'boolean', default: false },
      'help': { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const [scenario] = positionals
  if (positionals.length !== 1 || !isScenario(scenario)) {
    throw new Error(
      `Choose one scenario: ${SCENARIOS.join(', ')}. Given: ${positionals.join(' ') || 'none'}.`
    )
  }
  return {
    scenario,
    rate: whole('rate', values.rate ?? (scenario === 'live' ? '50' : '100'), 1, 10_000),
    connections: values.connections ? whole('connections', values.connections, 1, 1_000) : null,
    streams: whole('streams', values.streams, 1, 20_000),
    orders: whole('orders', values.orders, 20_000, 10_000_000),
    rows: whole('rows', values.rows, 1_000, 5_000_000),
    minutes: whole('minutes', values.minutes, 0, 60),
    seconds: whole('seconds', values.seconds, 1, 3_600),
    warmUpSeconds: whole('warm-up', values['warm-up'], 0, 600),
    transport: transport(values.transport),
    json: values.json && writable(values.json),
    profileDir: values.profile && resolve(values.profile),
    statements: values.statements,
  }
}

function isScenario(name: string): name is Scenario {
  return SCENARIOS.includes(name as Scenario)
}

function whole(name: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= min && number <= max) return number
  throw new Error(`--${name} is "${text}", but must be a whole number from ${min} to ${max}.`)
}

function transport(name: string): Transport {
  if (name === 'embedded' || name === 'kafka') return name
  throw new Error(`--transport is "${name}", but must be embedded or kafka.`)
}

/** Checked before the run, not after it. */
function writable(file: string): string {
  const path = resolve(file)
  if (existsSync(dirname(path))) return path
  throw new Error(`--json names ${file}, but there is no folder ${dirname(path)}.`)
}
