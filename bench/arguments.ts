import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CASES, type BlockScenario } from './blocks/cases.ts'
import type { BlocksOptions } from './blocks/blocks.ts'
import type { CompareOptions } from './compare/compare.ts'
import type { GoalOptions } from './goals/goal_report.ts'
import { GOAL_SCENARIOS, type GoalScenario } from './goals/goals.ts'
import type { PeerOptions } from './peer/peer.ts'
import type { ConfirmOptions, Transport } from './report.ts'

export const HELP = `npm run bench [-- SCENARIO] [options]

Without a scenario: B1 to B9. docs/performance.md explains the goals, whose names are accepted too:
npm run bench -- b1

Measured in blocks, beside the limit (what the tables of this app take in few and large exchanges):

  closed    B1, B3  closed loops of 32 and 128 connections: orders per second, time of POST, CPU per order
  open      B2, B3  100, 500 and 1000 orders a second: time until an order is final, CPU per order
  hot       B5      every order wants the same SKU, in stock and sold out
  spread    B6      orders of 3 lines over 10000 SKUs

  Each block has fresh databases: the limit, the app under load, a proof that every order is correct, the limit
  again. A block whose two limits differ by more than 15 % is discarded, and counted. Orders come from a service
  account and from a process of their own; mails are off.

  --blocks N          blocks of each case, 1 to 100 (5)
  --quick             2 blocks of 3 s
  --seconds N         duration of each load, 1 to 3600 (10)
  --warm-up N         seconds of warm-up, 0 to 600 (4)
  --transport NAME    embedded or kafka (both)
  --from-source       run the app from TypeScript instead of compiling it

Measured once:

  relay     B4      a backlog to Kafka, beside reading, sending and marking it, each alone
  history   B7      blocks that statements read with 100000 and with --rows stored orders
  mail      B8      mails to a server that answers each command after 50 ms
  soak      B9      60 % of what the app settles, for --minutes: heap and backlog
  overload  B11     twice what the app settles
  start     B12     time to start, and memory at 500 orders a second
  snapshot  B13     150 orders a second of one SKU, --minutes after a snapshot was opened and kept

  --rows N            stored orders or pending rows, 100000 to 10000000 (1000000); relay, history
  --minutes N         1 to 120 (soak 10, snapshot 2)
  --seconds, --warm-up, --transport (embedded), --from-source, --quick as above

Compared:

  compare COMMIT [closed | open | hot | spread]
            Another commit and this folder in turn, without the limit, and the ratios of their figures. Options as
            above; --blocks counts rounds.
  peer URL  The open loop against any HTTP service: the time of its POST. --rate, --seconds, --warm-up, and:
  --header 'NAME: VALUE'   of each request; repeatable
  --body JSON              of each request; {{uuid}} becomes a new UUID, {{n}} the number of the request

Without blocks:

  confirm   Time from the intended start of POST /orders to the commit of the confirmation, at a fixed rate.
            An open loop: a slow response does not delay later requests. With --connections a closed loop: each
            connection sends an order when it has the response to the one before.
  live      Cost of idle streams, and time from the commit of a step to its arrival in a stream.
  lists     Time of a page of GET /orders, with few and with many stored orders.
  pages     Admin pages and scans, with 100000 SKUs and many orders: server time, weight, first paint.
  backlog   Publish latency behind many dead rows that an open transaction keeps, by the current and by a
            new leader, and without dead rows.
  storage   Rows, index entries, WAL and bytes that an order leaves in each table, and the size after a year of
            a million orders a day.

  --rate N            orders per second, 1 to 10000 (100; live: 50)
  --connections N     closed loop with this many connections, 1 to 1000, instead of a rate; confirm and peer
  --seconds N         duration of the measurement, 1 to 3600 (20)
  --warm-up N         seconds of warm-up at the same rate, 0 to 600 (5)
  --transport NAME    embedded or kafka (embedded); confirm, backlog and storage
  --streams N         idle streams, 1 to 20000 (2000); live only
  --orders N          stored orders, 20000 to 10000000 (1000000); lists and pages
  --rows N            published rows in each outbox, 1000 to 5000000 (500000); backlog only
  --minutes N         age of the open transaction, 0 to 60 (0); backlog only
  --profile DIR       write a V8 CPU profile of the app to DIR; costs a few percent
  --statements        list PostgreSQL statements with times; costs a few percent

Each scenario starts its own database, broker and apps, and removes them with their data.

  --json FILE         also write the result, with machine, commit, date and settings, to FILE
  --help              print this help

  Exit codes: 0; 2 for invalid arguments; 3 for an incorrect result: an order lost, stuck or handled twice,
  or stock that does not add up; in pages and backlog also a figure beyond its bound.

Example: npm run bench -- closed --transport embedded --json closed.json
Example: npm run bench -- compare HEAD~10 open --quick
Example: npm run bench -- peer http://127.0.0.1:8080/orders --rate 500 --body '{"sku":"MUG-RED","quantity":1}'
`

/** Of all of them; each has its own duration. */
type OnceOptions = Omit<GoalOptions, 'minutes'> & { minutes: { soak: number; snapshot: number } }

const SINGLE = ['confirm', 'live', 'lists', 'pages', 'backlog', 'storage'] as const
const BLOCKS = Object.keys(CASES) as BlockScenario[]
const ONCE = Object.keys(GOAL_SCENARIOS) as GoalScenario[]
/** Goal → the scenarios that measure it. */
const GOALS: Record<string, (BlockScenario | GoalScenario)[]> = {
  b1: ['closed'],
  b2: ['open'],
  b3: ['closed', 'open'],
  b4: ['relay'],
  b5: ['hot'],
  b6: ['spread'],
  b7: ['history'],
  b8: ['mail'],
  b9: ['soak'],
  b11: ['overload'],
  b12: ['start'],
  b13: ['snapshot'],
}
const B1_TO_B9 = ['closed', 'open', 'relay', 'hot', 'spread', 'history', 'mail', 'soak'] as const

export type Arguments = { json?: string } & (
  | {
      kind: 'goals'
      scenarios: (BlockScenario | GoalScenario)[]
      blocks: BlocksOptions
      once: OnceOptions
    }
  | { kind: 'compare'; compare: CompareOptions }
  | { kind: 'peer'; peer: PeerOptions }
  | (ConfirmOptions & {
      kind: 'single'
      scenario: (typeof SINGLE)[number]
      streams: number
      orders: number
      rows: number
      minutes: number
    })
)

/**
 * @returns null when help is requested
 * @throws Error that names the invalid argument
 */
export function readArguments(args: string[]): Arguments | null {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS })
  if (values.help) return null
  const json = values.json && writable(values.json)
  const [scenario, of, ...rest] = positionals
  if (scenario === 'compare') {
    if (!of || rest.length > 1)
      throw new Error('compare takes a commit, and a scenario if you like.')
    const compared = rest[0] ?? 'closed'
    if (!isOneOf(BLOCKS, compared)) {
      throw new Error(`compare measures ${BLOCKS.join(', ')}, not ${compared}.`)
    }
    return { kind: 'compare', json, compare: { ...blocks(values), commit: of, scenario: compared } }
  }
  if (scenario === 'peer') {
    if (!of || rest.length > 0) throw new Error('peer takes the URL that orders are sent to.')
    return { kind: 'peer', json, peer: peer(of, values) }
  }
  const named = isOneOf([...BLOCKS, ...ONCE], scenario) ? [scenario] : GOALS[scenario]
  const scenarios = positionals.length === 0 ? [...B1_TO_B9] : named
  if (positionals.length <= 1 && scenarios) {
    return { kind: 'goals', scenarios, json, blocks: blocks(values), once: once(values) }
  }
  if (positionals.length > 1 || !isOneOf(SINGLE, scenario)) {
    const all = [...BLOCKS, ...ONCE, 'compare', 'peer', ...SINGLE].join(', ')
    throw new Error(`Choose one scenario: ${all}. Given: ${positionals.join(' ')}.`)
  }
  return { kind: 'single', scenario, json, ...single(scenario, values) }
}

const OPTIONS = {
  'blocks': { type: 'string' },
  'quick': { type: 'boolean', default: false },
  'from-source': { type: 'boolean', default: false },
  'header': { type: 'string', multiple: true, default: [] as string[] },
  'body': { type: 'string', default: '{}' },
  'rate': { type: 'string' },
  'connections': { type: 'string' },
  'seconds': { type: 'string' },
  'warm-up': { type: 'string' },
  'transport': { type: 'string' },
  'streams': { type: 'string', default: '2000' },
  'orders': { type: 'string', default: '1000000' },
  'rows': { type: 'string' },
  'minutes': { type: 'string' },
  'json': { type: 'string' },
  'profile': { type: 'string' },
  'statements': { type: 'boolean', default: false },
  'help': { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

function blocks(values: Values): BlocksOptions {
  const { quick, transport: chosen } = values
  return {
    blocks: whole('blocks', values.blocks ?? (quick ? '2' : '5'), 1, 100),
    seconds: whole('seconds', values.seconds ?? (quick ? '3' : '10'), 1, 3_600),
    warmUpSeconds: whole('warm-up', values['warm-up'] ?? (quick ? '2' : '4'), 0, 600),
    limitSeconds: quick ? 2 : 4,
    transports: chosen === undefined ? ['embedded', 'kafka'] : [transport(chosen)],
    compiled: !values['from-source'],
  }
}

/** The options of scenarios that run once. */
function once(values: Values): OnceOptions {
  const { quick, minutes } = values
  const duration = (usual: string) => whole('minutes', minutes ?? (quick ? '1' : usual), 1, 120)
  return {
    seconds: whole('seconds', values.seconds ?? (quick ? '5' : '20'), 1, 3_600),
    warmUpSeconds: whole('warm-up', values['warm-up'] ?? (quick ? '2' : '5'), 0, 600),
    rows: whole('rows', values.rows ?? (quick ? '200000' : '1000000'), 100_000, 10_000_000),
    minutes: { soak: duration('10'), snapshot: duration('2') },
    transport: transport(values.transport ?? 'embedded'),
    compiled: !values['from-source'],
  }
}

function peer(text: string, values: Values): PeerOptions {
  const url = URL.parse(text)
  if (!url) throw new Error(`peer: "${text}" is not a URL. Example: http://127.0.0.1:8080/orders`)
  const headers = values.header.map((header) => {
    const [name, value] = header.split(/:\s*(.*)/s)
    if (!value) throw new Error(`--header is "${header}", but must be 'NAME: VALUE'.`)
    return [name, value]
  })
  return {
    url: url.origin,
    path: url.pathname + url.search,
    headers: Object.fromEntries(headers),
    body: values.body,
    ...load('100', values),
  }
}

function single(scenario: string, values: Values) {
  return {
    ...load(scenario === 'live' ? '50' : '100', values),
    streams: whole('streams', values.streams, 1, 20_000),
    orders: whole('orders', values.orders, 20_000, 10_000_000),
    rows: whole('rows', values.rows ?? '500000', 1_000, 5_000_000),
    minutes: whole('minutes', values.minutes ?? '0', 0, 60),
    transport: transport(values.transport ?? 'embedded'),
    profileDir: values.profile && resolve(values.profile),
    statements: values.statements,
  }
}

function load(rate: string, values: Values) {
  return {
    rate: whole('rate', values.rate ?? rate, 1, 10_000),
    connections: values.connections ? whole('connections', values.connections, 1, 1_000) : null,
    seconds: whole('seconds', values.seconds ?? '20', 1, 3_600),
    warmUpSeconds: whole('warm-up', values['warm-up'] ?? '5', 0, 600),
  }
}

function isOneOf<Name extends string>(names: readonly Name[], name?: string): name is Name {
  return names.includes(name as Name)
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
