import { machineLine, table, verdict } from '../report.ts'
import type { LimitFigures } from '../limit/limit.ts'
import type { Block } from './block.ts'
import { limitOf, spread, type BlocksResult, type CaseResult } from './blocks.ts'
import type { Goal } from './cases.ts'
import type { Figures } from './figures.ts'

export function blocksTable({ scenario, machine, options, cases, faults }: BlocksResult): string {
  const { blocks, seconds, compiled } = options
  return [
    `### ${scenario}: ${blocks} blocks of ${seconds} s, ${compiled ? 'compiled' : 'from source'}`,
    '',
    table(
      ['', 'median', 'range', 'goal', ''],
      cases.flatMap((each) =>
        rowsOf(
          each,
          cases.filter((other) => other.case.transport === each.case.transport)
        )
      )
    ),
    '',
    ...cases.map((each) => `- ${details(each)}`),
    `- ${machineLine(machine)}`,
    '',
    ...verdict(faults),
  ].join('\n')
}

function rowsOf(result: CaseResult, all: CaseResult[]): string[][] {
  const { transport, name, goals } = result.case
  return goals.map((goal) => {
    const figure = spread(result.blocks.map((block) => valueOf(goal, block, all)))
    const [median, range] = cells(figure)
    return [
      `${goal.id} ${transport}, ${name}: ${goal.what}`,
      median,
      range,
      goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`,
      figure === null ? '?' : isMet(goal, figure.median) ? 'met' : 'not met',
    ]
  })
}

function valueOf({ of, per }: Goal, block: Block, all: CaseResult[]) {
  const value = of(block.figures)
  if (value === null || per === undefined) return value
  if (per === 'limit') return value / limitOf(block)
  const other = all.find((each) => each.case.name === per)
  const median = spread(other?.blocks.map(({ figures }) => of(figures)) ?? [])?.median
  return median ? value / median : null
}

function isMet({ least = -Infinity, most = Infinity }: Goal, value: number) {
  return value >= least && value <= most
}

function details({ case: { transport, name, load }, blocks, discarded }: CaseResult): string {
  const of = (read: (figures: Figures) => number | null) =>
    cells(spread(blocks.map(({ figures }) => read(figures))))[0]
  const micro = (part: string) => of(({ cpuMicroseconds }) => cpuMicroseconds[part] ?? null)
  const limits = cells(spread(blocks.map(limitOf)))[0]
  const paced = (read: (limit: LimitFigures) => number | null) =>
    cells(spread(blocks.map(({ limitAtRate }) => limitAtRate && read(limitAtRate))))[0]
  const pacedMicro = (part: string) => paced((limit) => limit.cpuMicrosecondsPerOrder[part] ?? null)
  const errors = blocks.flatMap(({ figures }) => Object.entries(figures.errors))
  return [
    `${transport}, ${name}: accepted ${of((f) => f.acceptedPerSecond)}/s, settled ${of((f) => f.settledPerSecond)}/s, limit ${limits}/s`,
    `POST p50 ${of((f) => f.httpMs.p50)} ms, p99 ${of((f) => f.httpMs.p99)} ms`,
    `final p50 ${of((f) => f.settledMs.p50)} ms, p99 ${of((f) => f.settledMs.p99)} ms`,
    `CPU µs per order: app ${micro('app')}, postgres ${micro('postgres')}${transport === 'kafka' ? `, kafka ${micro('kafka')}` : ''}`,
    ...(load.rate > 0
      ? [
          `limit at this rate: p50 ${paced((l) => l.confirmMs.p50)} ms, p99 ${paced((l) => l.confirmMs.p99)} ms, CPU µs per order ${pacedMicro('limit')} and postgres ${pacedMicro('postgres')}`,
        ]
      : []),
    `load ${of((f) => f.loadCores)} cores`,
    `app ${of((f) => f.residentMb)} MB`,
    `deadlocks ${of((f) => f.deadlocks)}`,
    `others ${of((f) => f.disturbance.others * 100)} %`,
    ...errors.map(([error, count]) => `${error} × ${count}`),
    `${discarded} blocks discarded`,
  ].join('; ')
}

export function cells(figure: ReturnType<typeof spread>): [median: string, range: string] {
  if (!figure) return ['?', '?']
  return [short(figure.median), `${short(figure.least)} – ${short(figure.most)}`]
}

/** Three significant digits. */
function short(value: number) {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
