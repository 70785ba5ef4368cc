import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import type { StatementTime } from './under_test/database.ts'

/** Milliseconds. */
export interface Distribution {
  p50: number
  p99: number
  max: number
}

export type Transport = 'embedded' | 'kafka'

export interface ConfirmOptions {
  /** Orders per second; without effect in a closed loop. */
  rate: number
  /** Connections of a closed loop; null for an open loop. */
  connections: number | null
  /** Duration of the measurement. */
  seconds: number
  /** Warm-up at the same rate. */
  warmUpSeconds: number
  transport: Transport
  /** Where the app writes a V8 CPU profile; absolute. */
  profileDir?: string
  /** Whether PostgreSQL records statement times. */
  statements: boolean
}

export interface ConfirmResult {
  scenario: 'confirm'
  machine: Machine
  load: Omit<ConfirmOptions, 'profileDir' | 'statements'> & { connected: number }
  counts: { sent: number; accepted: number; errors: number; confirmed: number; rejected: number }
  perSecond: { accepted: number; settled: number }
  /** Error → number of occurrences. */
  errors: Record<string, number>
  /** From the intended time of the request to the end of its response. */
  httpMs: Distribution
  /** From the intended time of the request to the commit of the confirmation. */
  confirmMs: Distribution
  /** From the intended time to the commit of the order, then from each commit to the next. */
  stagesMs: { placed: Distribution; reserved: Distribution; confirmed: Distribution }
  /** Delay of requests after their intended times: the load generator's share of the latencies. */
  latenessMs: Distribution
  /** Average time of a WAL flush. */
  flushMs: number
  /** Per part, during the measurement; null for a part that does not run. */
  cpuMicrosecondsPerOrder: Record<string, number | null>
  /** Shares of all cores, 0 to 1, used by other processes and stolen by the host. */
  disturbance: { others: number; stolen: number }
  /** Memory of the app at the end of the measurement. */
  residentMb: number | null
  /** Mails that were due during the measurement and not sent by its end. */
  mailsLateAtEnd: number
  statements: StatementTime[] | null
  /** Violations, one line each. */
  faults: string[]
}

interface Machine {
  /** Of the bench. */
  commit: string
  cpu: string
  cores: number
  node: string
  /** RFC 3339. */
  date: string
  /** Load average of the minute before the run. */
  load: number
}

export function describeMachine(): Machine {
  const cores = cpus()
  return {
    commit: commit(),
    cpu: cores[0].model.trim(),
    cores: cores.length,
    node: process.version,
    date: new Date().toISOString(),
    load: Math.round(loadavg()[0] * 100) / 100,
  }
}

function commit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Nearest-rank percentiles; all 0 for no values. */
export function distribution(values: number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}

export function markdown(result: ConfirmResult): string {
  const { load, counts, perSecond, stagesMs, cpuMicrosecondsPerOrder: cpu } = result
  const ms = ({ p50, p99, max }: Distribution) => [p50, p99, max].map((each) => each.toFixed(1))
  const latencies = [
    ['**confirmed**, from intended send to commit', ...ms(result.confirmMs)],
    ['HTTP answer, from intended send', ...ms(result.httpMs)],
    ['intended send → order committed', ...ms(stagesMs.placed)],
    ['order committed → stock reserved', ...ms(stagesMs.reserved)],
    ['stock reserved → confirmation committed', ...ms(stagesMs.confirmed)],
    ['requests left late by', ...ms(result.latenessMs)],
  ]
  const microseconds = Object.entries(cpu).flatMap(([name, used]) =>
    used === null ? [] : `${name} ${used}`
  )
  const lines = [
    `### confirm, ${load.transport}, ${describeLoad(load)} for ${load.seconds} s`,
    '',
    table(['ms', 'p50', 'p99', 'max'], latencies),
    '',
    `- ${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(' · ')} · on ${load.connected} connections`,
    `- accepted ${perSecond.accepted.toFixed(0)}/s · settled ${perSecond.settled.toFixed(0)}/s`,
    ...Object.entries(result.errors).map(([error, count]) => `- error ${error}: ${count}`),
    `- CPU µs per order: ${microseconds.join(' · ') || 'not known on this system'}`,
    `- app memory ${result.residentMb ?? '?'} MB · one WAL flush ${result.flushMs.toFixed(2)} ms on average (in each commit's time) · mails late at the end ${result.mailsLateAtEnd}`,
    `- ${machineLine(result.machine)}`,
    `- meanwhile others used ${percent(result.disturbance.others)} of the cores, the host took ${percent(result.disturbance.stolen)}`,
    ...statementLines(result.statements),
    '',
    ...verdict(result.faults),
  ]
  return lines.join('\n')
}

export function describeLoad({ rate, connections }: Pick<ConfirmOptions, 'rate' | 'connections'>) {
  return connections ? `${connections} orders at a time` : `${rate} orders/s`
}

export function machineLine({ commit: of, cpu, cores, node, date, load }: Machine) {
  return `commit ${of}, ${cpu}, ${cores} cores, Node ${node}, ${date}, load before ${load}`
}

function percent(share: number) {
  return `${(share * 100).toFixed(1)} %`
}

export function statementLines(statements: StatementTime[] | null): string[] {
  if (!statements) return []
  const rows = statements.map(({ text, calls, meanMs, totalMs }) => [
    `\`${text.replaceAll('|', '\\|').replaceAll('`', '')}\``,
    String(calls),
    meanMs.toFixed(3),
    totalMs.toFixed(0),
  ])
  return ['', table(['statement', 'calls', 'mean ms', 'total ms'], rows)]
}

export function verdict(faults: string[]): string[] {
  if (faults.length === 0) return ['Correct: nothing lost, stuck or told twice, stock adds up.']
  return ['**NOT CORRECT**', '', ...faults.map((fault) => `- ${fault}`)]
}

export function table(head: string[], rows: string[][]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
