/*
 * `npm run test:faults`: faults, one after the other, on a Kafka of three nodes and a PostgreSQL, under load.
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { faults } from './catalogue/all.ts'
import type { Fault, Row } from './fault.ts'
import { isKept, page, tell } from './report.ts'
import { runFault } from './run_fault.ts'
import { Stage } from './test_bed.ts'

const HELP = `npm run test:faults -- [options] [part of a fault's name …]

  Starts a Kafka of three nodes and a PostgreSQL, lets orders come in, and does one fault after the other,
  each to a shop of its own. Afterwards nothing accepted may be lost, nothing done twice, and the messages
  of each key in their order. Needs Java 17 and Maven.

  --list      the names of all faults
  --core      only the short set
  --rate N    orders a second, 1 to 1000 (100)
  --json      the rows as JSON on stdout
  --write     writes docs/reliability.md; what is not run is told as not run
  --help      this text

  Ends with 0; with 2 when the arguments are wrong; with 3 when a promise is broken, or when CI is set and a
  fault could not be run.

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
    if (write) writeFileSync(DOCUMENT, page(found, rate, loadBefore))
  })
  if (json) console.log(JSON.stringify(rows, null, 2))
  const failed = rows.filter((row) => !isKept(row))
  const run = rows.filter(({ notRun }) => !notRun)
  const kept = run.filter((row) => isKept(row))
  const others = rows.length - run.length
  console.error(
    `\n${kept.length} of ${run.length} as promised${others ? `, ${others} could not be run` : ''}`
  )
  return failed.length === 0 ? 0 : 3
}

/** @param told - what has been found so far, after each fault: a run that is cut short has said it */
async function runAll(chosen: Fault[], rate: number, told: (found: Row[]) => void): Promise<Row[]> {
  const stage = await Stage.open()
  const ending = () => void stage.close().finally(() => process.exit(130))
  process.once('SIGINT', ending).once('SIGTERM', ending)
  const rows: Row[] = []
  try {
    for (const fault of chosen) {
      const row = await runFault(fault, stage, rate)
      rows.push(row)
      console.error(tell(row))
      told(rows)
    }
  } finally {
    await stage.close()
  }
  return rows
}

/** @throws Error that says which argument is wrong, and how */
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
