/*
 * Blocks: every case in turn, several times, each time with fresh databases between two measurements of the limit.
 */
import { describeMachine, distribution } from '../report.ts'
import { compile, fromSource, ROOT, type Checkout } from '../under_test/checkout.ts'
import type { Endings } from '../under_test/endings.ts'
import { Stage } from '../under_test/stage.ts'
import { MOST_DRIFT, runBlock, type Block } from './block.ts'
import { CASES, type BlockScenario, type Case, type Duration, type Transport } from './cases.ts'

export interface BlocksOptions extends Duration {
  transports: Transport[]
  blocks: number
  /** Whether the app is compiled, as in production. */
  compiled: boolean
}

export interface CaseResult {
  case: Case
  /** The kept blocks. */
  blocks: Block[]
  /** Blocks whose limits differed too much. */
  discarded: number
}

export interface BlocksResult {
  scenario: BlockScenario
  machine: ReturnType<typeof describeMachine>
  options: BlocksOptions
  cases: CaseResult[]
  faults: string[]
}

export async function runBlocks(
  scenario: BlockScenario,
  options: BlocksOptions,
  endings: Endings
): Promise<BlocksResult> {
  const machine = describeMachine()
  const checkout = options.compiled ? await compile(ROOT) : fromSource
  const stage = await Stage.open(false, endings)
  const cases: CaseResult[] = []
  for (const transport of options.transports) {
    cases.push(...(await runCases(stage, checkout, CASES[scenario](transport, options), options)))
  }
  const faults = cases.flatMap(({ case: { name, transport }, blocks }) =>
    blocks.flatMap((block) => block.faults.map((fault) => `${transport}, ${name}: ${fault}`))
  )
  return { scenario, machine, options, cases, faults }
}

async function runCases(
  stage: Stage,
  checkout: Checkout,
  cases: Case[],
  { blocks }: BlocksOptions
) {
  const results = cases.map((each): CaseResult => ({ case: each, blocks: [], discarded: 0 }))
  for (let round = 1; round <= blocks; round++) {
    for (const result of results) {
      const { transport, name } = result.case
      console.error(`… block ${round} of ${blocks}: ${transport}, ${name}`)
      const block = await runBlock(stage, checkout, result.case)
      if (isSteady(block)) result.blocks.push(block)
      else result.discarded++
    }
  }
  return results
}

function isSteady({ limits: [before, after] }: Block) {
  const [low, high] = [before.settledPerSecond, after.settledPerSecond].sort((a, b) => a - b)
  return (high - low) / high <= MOST_DRIFT
}

/** The median and the range of a figure over blocks; null where no block has it. */
export function spread(values: (number | null)[]) {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b)
  if (known.length === 0) return null
  return { median: distribution(known).p50, least: known[0], most: known.at(-1)! }
}

/** The limit of a block: the mean of before and after. */
export function limitOf({ limits }: Block) {
  return limits.reduce((sum, { settledPerSecond }) => sum + settledPerSecond, 0) / limits.length
}
