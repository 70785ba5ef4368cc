/*
 * The scenarios that run once, by name.
 */
import type { Endings } from '../under_test/endings.ts'
import type { GoalOptions, GoalReport } from './goal_report.ts'
import { history } from './history.ts'
import { mail } from './mail.ts'
import { overload } from './overload.ts'
import { relay } from './relay.ts'
import { snapshot } from './snapshot.ts'
import { soak } from './soak.ts'
import { start } from './start.ts'

export const GOAL_SCENARIOS = {
  relay,
  history,
  mail,
  soak,
  overload,
  start,
  snapshot,
} satisfies Record<string, (options: GoalOptions, endings: Endings) => Promise<GoalReport>>

export type GoalScenario = keyof typeof GOAL_SCENARIOS
