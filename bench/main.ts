/*
 * `npm run bench`: one measurement of the real app, with the proof that it was right.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { backlog, backlogTable } from './backlog.ts'
import { confirm, type ConfirmOptions, type Transport } from './confirm.ts'
import { Endings } from './endings.ts'
import { lists, listsTable } from './lists.ts'
import { live, liveTable } from './live.ts'
import { pages, pagesTable } from './pages.ts'
import { markdown } from './report.ts'

const HELP = `npm run bench -- confirm | live | lists | pages | backlog [options]

  confirm   From the intended moment of POST /orders to the commit of the confirmation, at a fixed rate:
            an open loop, so that a slow answer delays no later request.
  live      What idle streams cost, and how soon after its commit a step is in a stream.
  lists     A page of GET /orders, with few stored orders and with many.
  pages     The pages of the staff, with 100000 SKUs and many orders, and scans: server time, weight, first
            paint.

  backlog   How soon a message is published behind very many dead rows that an open transaction keeps, by
            the leader and by a new one, and without them.

  Each starts a database, a broker and apps of its own, and removes them with their data.

  --rate N            orders a second, 1 to 10000 (100; live: 50)
  --seconds N         how long is measured, 1 to 3600 (20)
  --warm-up N         seconds at the same rate before, not counted, 0 to 600 (5)
  --transport NAME    embedded or kafka (embedded); confirm and backlog
  --streams N         idle streams, 1 to 20000 (2000); live only
  --orders N          stored orders, 20000 to 10000000 (1000000); lists and pages
  --rows N            published rows in each outbox, 1000 to 5000000 (500000); backlog only
  --minutes N         for how long the transaction has been open, 0 to 60 (0); backlog only
  --json FILE         writes the result to FILE as well
  --profile DIR       writes a V8 CPU profile of the app into DIR; costs a few percent
  --statements        lists what PostgreSQL executed, with times; costs a few percent
  --help              this text

  Ends with 0, with 2 when the arguments are wrong, with 3 when the outcome is not correct: an order
  lost, stuck or told twice, or stock that does not add up; pages and backlog: what is beyond its bound.

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
    // On Ctrl-C the app goes away under the scenario's feet: that is no news.
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
 * @returns null when help is asked for
 * @throws Error that says which argument is wrong, and how
 */
function readArguments(args: string[]): Arguments | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'rate': { type: 'string' },
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
      `Name one scenario: ${SCENARIOS.join(', ')}. You named ${positionals.join(' ') || 'none'}.`
    )
  }
  return {
    scenario,
    rate: whole('rate', values.rate ?? (scenario === 'live' ? '50' : '100'), 1, 10_000),
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

/** Found out before the run, not after it. */
function writable(file: string): string {
  const path = resolve(file)
  if (existsSync(dirname(path))) return path
  throw new Error(`--json names ${file}, but there is no folder ${dirname(path)}.`)
}
