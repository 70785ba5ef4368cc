import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CASES, type BlockScenario } from './blocks/cases.ts'
import type { BlocksOptions } from './blocks/blocks.ts'
import type { ConfirmOptions, Transport } from './report.ts'

export const HELP = `npm run bench [-- SCENARIO] [options]

Without a scenario: closed and open. docs/performance.md explains the goals B1 to B13.

Measured in blocks, beside the limit (what the tables of this app take in few and large exchanges):

  closed    B1, B3  closed loops of 32 and 128 connections: orders per second, time of POST, CPU per order
  open      B2, B3  100, 500 and 1000 orders a second: time until an order is final, CPU per order

  Each block has fresh databases: the limit, the app under load, a proof that every order is correct, the limit
  again. A block whose two limits differ by more than 15 % is discarded, and counted. Orders come from a service
  account and from a process of their own; mails are off.

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

  Each scenario starts its own database, broker and apps, and removes them with their data.

Options of blocks:
  --blocks N          blocks of each case, 1 to 100 (5)
  --quick             2 blocks of 3 s
  --seconds N         duration of each load, 1 to 3600 (10)
  --warm-up N         seconds of warm-up, 0 to 600 (4)
  --transport NAME    embedded or kafka (both)
  --from-source       run the app from TypeScript instead of compiling it

Options of the other scenarios:
  --rate N            orders per second, 1 to 10000 (100; live: 50)
  --connections N     closed loop with this many connections, 1 to 1000, instead of a rate; confirm only
  --seconds N         duration of the measurement, 1 to 3600 (20)
  --warm-up N         seconds of warm-up at the same rate, 0 to 600 (5)
  --transport NAME    embedded or kafka (embedded); confirm, backlog and storage
  --streams N         idle streams, 1 to 20000 (2000); live only
  --orders N          stored orders, 20000 to 10000000 (1000000); lists and pages
  --rows N            published rows in each outbox, 1000 to 5000000 (500000); backlog only
  --minutes N         age of the open transaction, 0 to 60 (0); backlog only
  --profile DIR       write a V8 CPU profile of the app to DIR; costs a few percent
  --statements        list PostgreSQL statements with times; costs a few percent

  --json FILE         also write the result, with machine, commit, date and settings, to FILE
  --help              print this help

  Exit codes: 0; 2 for invalid arguments; 3 for an incorrect result: an order lost, stuck or handled twice,
  or stock that does not add up; in pages and backlog also a figure beyond its bound.

Example: npm run bench -- closed --transport embedded --json closed.json
`

const SINGLE = ['confirm', 'live', 'lists', 'pages', 'backlog', 'storage'] as const
const BLOCKS = Object.keys(CASES) as BlockScenario[]

export type Arguments =
  | { kind: 'blocks'; scenarios: BlockScenario[]; blocks: BlocksOptions; json?: string }
  | (ConfirmOptions & {
      kind: 'single'
      scenario: (typeof SINGLE)[number]
      streams: number
      orders: number
      rows: number
      minutes: number
      json?: string
    })

/**
 * @returns null when help is requested
 * @throws Error that names the invalid argument
 */
export function readArguments(args: string[]): Arguments | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'blocks': { type: 'string' },
      'quick': { type: 'boolean', default: false },
      'from-source': { type: 'boolean', default: false },
      'rate': { type: 'string' },
      'connections': { type: 'string' },
      'seconds': { type: 'string' },
      'warm-up': { type: 'string' },
      'transport': { type: 'string' },
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
  const json = values.json && writable(values.json)
  const chosen = values.transport === undefined ? null : transport(values.transport)
  if (positionals.length === 0 || (positionals.length === 1 && isOneOf(BLOCKS, scenario))) {
    const { quick } = values
    return {
      kind: 'blocks',
      scenarios: isOneOf(BLOCKS, scenario) ? [scenario] : BLOCKS,
      json,
      blocks: {
        blocks: whole('blocks', values.blocks ?? (quick ? '2' : '5'), 1, 100),
        seconds: whole('seconds', values.seconds ?? (quick ? '3' : '10'), 1, 3_600),
        warmUpSeconds: whole('warm-up', values['warm-up'] ?? (quick ? '2' : '4'), 0, 600),
        limitSeconds: quick ? 2 : 4,
        transports: chosen ? [chosen] : ['embedded', 'kafka'],
        compiled: !values['from-source'],
      },
    }
  }
  if (positionals.length !== 1 || !isOneOf(SINGLE, scenario)) {
    const all = [...BLOCKS, ...SINGLE].join(', ')
    throw new Error(`Choose one scenario: ${all}. Given: ${positionals.join(' ')}.`)
  }
  return {
    kind: 'single',
    scenario,
    rate: whole('rate', values.rate ?? (scenario === 'live' ? '50' : '100'), 1, 10_000),
    connections: values.connections ? whole('connections', values.connections, 1, 1_000) : null,
    streams: whole('streams', values.streams, 1, 20_000),
    orders: whole('orders', values.orders, 20_000, 10_000_000),
    rows: whole('rows', values.rows, 1_000, 5_000_000),
    minutes: whole('minutes', values.minutes, 0, 60),
    seconds: whole('seconds', values.seconds ?? '20', 1, 3_600),
    warmUpSeconds: whole('warm-up', values['warm-up'] ?? '5', 0, 600),
    transport: chosen ?? 'embedded',
    json,
    profileDir: values.profile && resolve(values.profile),
    statements: values.statements,
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
