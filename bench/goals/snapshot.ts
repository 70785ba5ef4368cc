/*
 * B13: a snapshot that stays open, as a backup's does, while one SKU is ordered 150 times a second. PostgreSQL keeps
 * every version of the balance for it, and each reader of the row passes them.
 */
import pg from 'pg'
import { describeMachine } from '../report.ts'
import type { Endings } from '../under_test/endings.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'
import { ONE_SKU, Session } from './session.ts'

const RATE = 150

export async function snapshot(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const session = await Session.open({ ...options, catalogue: ONE_SKU }, endings)
  const { seconds, warmUpSeconds, minutes } = options
  const { figures: clean } = await session.load({ rate: RATE, seconds, warmUpSeconds })
  const reader = new pg.Client(session.running.database.url)
  await reader.connect()
  await reader.query('begin isolation level repeatable read')
  await reader.query('select count(*) from inventory.stock_items')
  const { figures: held } = await session.load({ rate: RATE, seconds, warmUpSeconds: minutes * 60 })
  await reader.end()
  const faults = await session.end()
  return {
    scenario: 'snapshot',
    machine,
    options,
    goals: [
      {
        id: 'B13',
        what: `p50 ÷ p50 without it, after ${minutes} min`,
        value: held.settledMs.p50 / clean.settledMs.p50,
        most: 2,
      },
    ],
    notes: [
      `p50 ${short(clean.settledMs.p50)} ms without, ${short(held.settledMs.p50)} ms with the snapshot`,
      `p99 ${short(clean.settledMs.p99)} ms without, ${short(held.settledMs.p99)} ms with the snapshot`,
    ],
    faults,
  }
}
