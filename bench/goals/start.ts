/*
 * B12: the time to start with a migrated database, and the memory under 500 orders a second.
 */
import { describeMachine, distribution } from '../report.ts'
import { compile, fromSource, ROOT, type Checkout } from '../under_test/checkout.ts'
import type { Endings } from '../under_test/endings.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'
import { PLENTY, Session } from './session.ts'

const STARTS = 5

export async function start(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const session = await Session.open(options, endings)
  const { transport, seconds, warmUpSeconds } = options
  const { figures } = await session.load({ rate: 500, seconds, warmUpSeconds })
  const faults = await session.end()

  const startMs = async (checkout: Checkout) => {
    const times: number[] = []
    for (let n = 0; n < STARTS; n++) {
      const { app, database } = await session.stage.startApp({
        checkout,
        catalogue: PLENTY,
        transport,
      })
      times.push(app.startMs)
      await app.stop()
      await session.stage.drop(database)
    }
    return distribution(times).p50
  }
  const compiled = await startMs(await compile(ROOT))
  const fromTypeScript = await startMs(fromSource)
  return {
    scenario: 'start',
    machine,
    options,
    goals: [
      { id: 'B12', what: 'seconds to start, compiled', value: compiled / 1_000, most: 1.5 },
      {
        id: 'B12',
        what: 'seconds to start from TypeScript',
        value: fromTypeScript / 1_000,
        most: 3,
      },
      { id: 'B12', what: 'MB at 500 orders/s', value: figures.residentMb, most: 250 },
    ],
    notes: [
      `median of ${STARTS} starts, from the process to the first ready answer`,
      `${short(figures.settledPerSecond)} orders/s settled`,
    ],
    faults,
  }
}
