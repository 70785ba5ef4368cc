/*
 * B11: twice the orders that the app can settle. The rest is rejected, and a normal load is fast again soon after.
 */
import { describeMachine } from '../report.ts'
import type { Endings } from '../under_test/endings.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'
import { Session } from './session.ts'

const SLOW_MS = 500
const AFTER_SECONDS = 10
/** Not counted: a burst may wait for a second, which is how the app learns that it is no burst. */
const ONSET_SECONDS = 3

export async function overload(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const session = await Session.open(options, endings)
  const holds = await session.capacity()
  const { figures: calm } = await session.load({ rate: Math.ceil(holds * 0.3), seconds: 5 })
  // The load after it begins at once: nothing waits until the backlog is gone.
  let after: ReturnType<Session['load']> | null = null
  const { figures } = await session.load(
    { rate: Math.ceil(holds * 2), seconds: options.seconds, warmUpSeconds: ONSET_SECONDS },
    () => (after = session.load({ rate: Math.ceil(holds * 0.3), seconds: AFTER_SECONDS }))
  )
  const { sent } = await after!
  const faults = await session.end()
  const slow = sent.filter(
    (each) => each.error !== null || each.answeredAt - each.intendedAt > SLOW_MS
  )
  const begun = Math.min(...sent.map(({ intendedAt }) => intendedAt))
  const lastSlow = Math.max(begun, ...slow.map(({ answeredAt }) => answeredAt))
  const grown = calm.residentMb && figures.residentMb && figures.residentMb - calm.residentMb
  return {
    scenario: 'overload',
    machine,
    options,
    goals: [
      {
        id: 'B11',
        what: 'p99 ms until an accepted order is final, after the first 3 s',
        value: figures.settledMs.p99,
        most: 500,
      },
      {
        id: 'B11',
        what: 'seconds until all are accepted within 0.5 s again',
        value: (lastSlow - begun) / 1_000,
        most: 5,
      },
      { id: 'B11', what: 'MB more than before', value: grown, most: 100 },
    ],
    notes: [
      `holds ${short(holds)} orders/s; of ${short(holds * 2)} offered, ${short(figures.acceptedPerSecond)}/s accepted`,
      `accepted orders: POST p50 ${short(figures.httpMs.p50)} ms, p99 ${short(figures.httpMs.p99)} ms; final p50 ${short(figures.settledMs.p50)} ms, p99 ${short(figures.settledMs.p99)} ms`,
      ...Object.entries(figures.errors).map(([error, count]) => `${error}: ${count}`),
    ],
    faults,
  }
}
