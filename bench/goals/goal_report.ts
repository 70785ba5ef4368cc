/*
 * The report of a scenario that runs once, with its goals.
 */
import { type describeMachine, machineLine, table, verdict } from '../report.ts'

export interface GoalRow {
  id: string
  what: string
  /** Null if unknown. */
  value: number | null
  least?: number
  most?: number
}

export interface GoalOptions {
  transport: 'embedded' | 'kafka'
  seconds: number
  warmUpSeconds: number
  minutes: number
  /** Stored orders, or pending rows. */
  rows: number
  /** Whether the app is compiled, as in production. */
  compiled: boolean
}

export interface GoalReport {
  scenario: string
  machine: ReturnType<typeof describeMachine>
  options: GoalOptions
  goals: GoalRow[]
  notes: string[]
  /** Violations, one line each; null where nothing is checked. */
  faults: string[] | null
}

export function goalTable({ scenario, machine, options, goals, notes, faults }: GoalReport) {
  const how = options.compiled ? 'compiled' : 'from source'
  return [
    `### ${scenario}, ${options.transport}, ${how}`,
    '',
    table(['', 'figure', 'goal', ''], goals.map(cellsOf)),
    '',
    ...notes.map((note) => `- ${note}`),
    `- ${machineLine(machine)}`,
    '',
    ...(faults ? verdict(faults) : ['The orders were not checked.']),
  ].join('\n')
}

function cellsOf({ id, what, value, least, most }: GoalRow): string[] {
  const bound = least === undefined ? `≤ ${most}` : `≥ ${least}`
  if (value === null) return [`${id} ${what}`, '?', bound, '?']
  const met = value >= (least ?? -Infinity) && value <= (most ?? Infinity)
  return [`${id} ${what}`, short(value), bound, met ? 'met' : 'not met']
}

/** Three significant digits. */
export function short(value: number) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
