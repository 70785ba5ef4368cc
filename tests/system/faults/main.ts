/*
 * `npm run test:faults`: one fault after the other, on three Kafka nodes and a PostgreSQL, under load.
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { endOnSignal } from '#tests/support/processes/end_on_signal'
import { faults } from './catalogue/all.ts'
import type { Fault, Row } from './fault.ts'
import { isKept, reliabilityPage, terminalLine } from './report.ts'
import { runFault } from './run_fault.ts'
import { TestBed } from './test_bed.ts'

const HELP = `npm run test:faults -- [options] [part of a fault's name …]

  Starts three Kafka nodes and a PostgreSQL, and causes one fault after the other, each in a new shop under
  load. Afterwards no accepted order may be lost, no message may have had its effect twice, and the messages
  of each key must be in order. Needs Java 17 and Maven.

  --list      list the names of all faults
  --core      run the short set only
  --rate N    orders a second, 1 to 1000 (100)
  --json      print the rows as JSON on stdout
  --write     write docs/reliability.md; faults outside this run are listed as such
  --help      show this text

  Exit codes: 0: every promise kept; 2: invalid arguments; 3: a promise is broken, or CI is set and a fault
  could not be run.

Example: npm run test:faults -- "broker 2 killed" poison
`

const DOCUMENT = new URL('../../../docs/reliability.md', import.meta.url)

process.exit(await main(process.argv.slice(2)))

async function main(args: string[]): Promise<number> {
  let options
  try {
    options = readArguments(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\nnpm run test:faults -- --help lists all options.`)
    return 2
  }
  const { chosen, rate, json, write, list, help } = options
  if (help) console.log(HELP)
  if (list) for (const { name } of chosen) console.log(name)
  if (help || list) return 0

  const [loadBefore] = loadavg()
  const rows = await runAll(chosen, rate, (found) => {
    if (write) writeFileSync(DOCUMENT, reliabilityPage(found, rate, loadBefore))
  })
  if (json) console.log(JSON.stringify(rows, null, 2))
  const failed = rows.filter((row) => !isKept(row))
  const run = rows.filter(({ notRun }) => !notRun)
  const kept = run.filter((row) => isKept(row))
  const others = rows.length - run.length
  console.error(
    `\n${kept.length} of ${run.length} kept every promise${others ? `, ${others} could not be run` : ''}`
  )
  return failed.length === 0 ? 0 : 3
}

/** @param report - called with all rows so far after each fault, so that an interrupted run has its report */
async function runAll(
  chosen: Fault[],
  rate: number,
  report: (found: Row[]) => void
): Promise<Row[]> {
  const opening = TestBed.open()
  endOnSignal(async () => (await opening).close())
  const testBed = await opening
  const rows: Row[] = []
  try {
    for (const fault of chosen) {
      const row = await runFault(fault, testBed, rate)
      rows.push(row)
      console.error(terminalLine(row))
      report(rows)
    }
  } finally {
    await testBed.close()
  }
  return rows
}

/** @throws Error that names the invalid argument */
function readArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rate: { type: 'string', default: '100' },
      core: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rate = Number(values.rate)
  if (!/^\d+$/.test(values.rate) || rate < 1 || rate > 1_000) {
    throw new Error(`--rate is "${values.rate}", but must be a whole number from 1 to 1000.`)
  }
  const unknown = positionals.find((part) => !faults.some(({ name }) => name.includes(part)))
  if (unknown) throw new Error(`No fault is called "${unknown}". --list names them.`)
  const named = (name: string) =>
    positionals.length === 0 || positionals.some((part) => name.includes(part))
  const chosen = faults.filter(({ name, core }) => named(name) && (core || !values.core))
  return { ...values, rate, chosen }
}
