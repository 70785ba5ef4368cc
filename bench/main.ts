/*
 * `npm run bench`: measures the real app, and verifies the result.
 */
import { writeFileSync } from 'node:fs'
import { HELP, readArguments, type Arguments } from './arguments.ts'
import { runBlocks } from './blocks/blocks.ts'
import { CASES, type BlockScenario } from './blocks/cases.ts'
import { blocksTable } from './blocks/table.ts'
import { compare, compareTable } from './compare/compare.ts'
import { goalTable } from './goals/goal_report.ts'
import { GOAL_SCENARIOS, type GoalScenario } from './goals/goals.ts'
import { peer, peerTable } from './peer/peer.ts'
import { markdown } from './report.ts'
import { backlog, backlogTable } from './scenarios/backlog.ts'
import { confirm } from './scenarios/confirm.ts'
import { lists, listsTable } from './scenarios/lists.ts'
import { live, liveTable } from './scenarios/live.ts'
import { pages, pagesTable } from './scenarios/pages.ts'
import { storage, storageTable } from './scenarios/storage.ts'
import { Endings } from './under_test/endings.ts'

interface Measured {
  result: unknown
  table: string
  faults: string[]
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
    const measured = await run(options, endings)
    const results = measured.map(({ result }) => result)
    const json = JSON.stringify(results.length === 1 ? results[0] : results, null, 2)
    if (options.json) writeFileSync(options.json, `${json}\n`)
    return measured.every(({ faults }) => faults.length === 0) ? 0 : 3
  } catch (error) {
    // After Ctrl-C the scenario fails because its app is gone; do not report that.
    if (endings.begun) return 130
    console.error(`The benchmark could not run: ${(error as Error).message}`)
    return 1
  } finally {
    await endings.run()
  }
}

async function run(options: Arguments, endings: Endings): Promise<Measured[]> {
  if (options.kind !== 'goals') return [printed(await runOne(options, endings))]
  const measured: Measured[] = []
  for (const scenario of options.scenarios) {
    measured.push(printed(await runGoal(scenario, options, endings)))
    // The database and the broker of one scenario must not disturb the next.
    await endings.release()
  }
  return measured
}

async function runGoal(
  scenario: BlockScenario | GoalScenario,
  { blocks, once }: Arguments & { kind: 'goals' },
  endings: Endings
): Promise<Measured> {
  if (scenario in CASES) {
    const result = await runBlocks(scenario as BlockScenario, blocks, endings)
    return { result, table: blocksTable(result), faults: result.faults }
  }
  const minutes = scenario === 'soak' ? once.minutes.soak : once.minutes.snapshot
  const result = await GOAL_SCENARIOS[scenario as GoalScenario]({ ...once, minutes }, endings)
  return { result, table: goalTable(result), faults: result.faults ?? [] }
}

function printed(measured: Measured): Measured {
  console.log(`${measured.table}\n`)
  return measured
}

async function runOne(
  options: Exclude<Arguments, { kind: 'goals' }>,
  endings: Endings
): Promise<Measured> {
  if (options.kind === 'single') return runScenario(options, endings)
  if (options.kind === 'peer') {
    const result = await peer(options.peer)
    return { result, table: peerTable(result), faults: [] }
  }
  const result = await compare(options.compare, endings)
  return { result, table: compareTable(result), faults: result.faults }
}

async function runScenario(
  options: Arguments & { kind: 'single' },
  endings: Endings
): Promise<Measured> {
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
    case 'storage': {
      const result = await storage(options, endings)
      return { result, table: storageTable(result), faults: [] }
    }
  }
}
