/*
 * Two commits in turn, on one PostgreSQL and one Kafka. Each is driven over its public interface: REST, `node ace` and
 * the environment.
 */
import { measureApp } from '../blocks/block.ts'
import { spread, type BlocksOptions } from '../blocks/blocks.ts'
import { CASES, type BlockScenario, type Case } from '../blocks/cases.ts'
import type { Figures } from '../blocks/figures.ts'
import { cells } from '../blocks/table.ts'
import { describeMachine, machineLine, table, verdict } from '../report.ts'
import { compile, fromSource, ROOT } from '../under_test/checkout.ts'
import type { Endings } from '../under_test/endings.ts'
import { Stage } from '../under_test/stage.ts'
import { checkoutOf } from './checkout_of.ts'

export interface CompareOptions extends BlocksOptions {
  commit: string
  scenario: BlockScenario
}

export interface CompareResult {
  scenario: 'compare'
  machine: ReturnType<typeof describeMachine>
  options: CompareOptions
  /** The figures of each round. */
  cases: { case: Case; here: Figures[]; there: Figures[] }[]
  faults: string[]
}

const RATIOS: Record<string, (figures: Figures) => number | null> = {
  'accepted/s': ({ acceptedPerSecond }) => acceptedPerSecond,
  'settled/s': ({ settledPerSecond }) => settledPerSecond,
  'POST p50': ({ httpMs }) => httpMs.p50,
  'POST p99': ({ httpMs }) => httpMs.p99,
  'final p50': ({ settledMs }) => settledMs.p50,
  'final p99': ({ settledMs }) => settledMs.p99,
  'CPU app': ({ cpuMicroseconds }) => cpuMicroseconds.app,
  'CPU postgres': ({ cpuMicroseconds }) => cpuMicroseconds.postgres,
  'CPU kafka': ({ cpuMicroseconds }) => cpuMicroseconds.kafka,
  'memory': ({ residentMb }) => residentMb,
}

export async function compare(options: CompareOptions, endings: Endings): Promise<CompareResult> {
  const { commit, compiled, scenario, transports, blocks } = options
  const machine = describeMachine()
  const checkouts = {
    there: await checkoutOf(commit, compiled, endings),
    here: compiled ? await compile(ROOT) : fromSource,
  }
  const stage = await Stage.open(false, endings)
  const cases = transports
    .flatMap((transport): Case[] => CASES[scenario](transport, options))
    .map((each) => ({ case: each, here: [] as Figures[], there: [] as Figures[] }))
  const faults: string[] = []
  for (let round = 1; round <= blocks; round++) {
    // Who comes first alternates, because the first may find the machine in another state.
    const order = round % 2 ? (['there', 'here'] as const) : (['here', 'there'] as const)
    for (const each of cases) {
      for (const side of order) {
        const { transport, name } = each.case
        console.error(`… round ${round} of ${blocks}: ${transport}, ${name}, ${side}`)
        const measured = await measureApp(stage, checkouts[side], each.case)
        each[side].push(measured.figures)
        faults.push(...measured.faults.map((fault) => `${side}, ${transport}, ${name}: ${fault}`))
      }
    }
  }
  return { scenario: 'compare', machine, options, cases, faults }
}

export function compareTable({ machine, options, cases, faults }: CompareResult): string {
  const { commit, scenario, blocks, seconds, compiled } = options
  const how = compiled ? 'compiled' : 'from source'
  const rows = cases.flatMap(({ case: { transport, name }, here, there }) =>
    Object.entries(RATIOS).flatMap(([figure, read]) => {
      const ratios = here.map((each, round) => ratio(read(each), read(there[round])))
      const spreadOfRatios = spread(ratios)
      if (!spreadOfRatios) return []
      const medians = [there, here].map((side) => cells(spread(side.map(read)))[0])
      return [[`${transport}, ${name}: ${figure}`, ...medians, ...cells(spreadOfRatios)]]
    })
  )
  return [
    `### compare ${commit}: ${scenario}, ${blocks} rounds of ${seconds} s, ${how}`,
    '',
    table(['', commit, 'here', 'here ÷ there', 'range'], rows),
    '',
    `- ${machineLine(machine)}`,
    '',
    ...verdict(faults),
  ].join('\n')
}

function ratio(here: number | null, there: number | null) {
  return here && there && here / there
}
