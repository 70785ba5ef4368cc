/*
 * The open loop against any HTTP service: the time of its POST, to put beside the figures of this app.
 */
import { countErrors } from '../blocks/block.ts'
import { generate } from '../load/generator.ts'
import { describeMachine, distribution, machineLine, table, type Distribution } from '../report.ts'

export interface PeerOptions {
  url: string
  path: string
  headers: Record<string, string>
  /** JSON; `{{uuid}}` becomes a new UUID, `{{n}}` the number of the request. */
  body: string
  rate: number
  connections: number | null
  seconds: number
  warmUpSeconds: number
}

export interface PeerResult {
  scenario: 'peer'
  machine: ReturnType<typeof describeMachine>
  options: Omit<PeerOptions, 'headers'>
  acceptedPerSecond: number
  /** From the intended time of an accepted request to the end of its response. */
  httpMs: Distribution
  latenessMs: Distribution
  errors: Record<string, number>
}

export async function peer({ headers, ...options }: PeerOptions): Promise<PeerResult> {
  const machine = describeMachine()
  const { url, path, body, seconds } = options
  const { sent, lateness } = await generate({ url, path, headers, body }, options, {
    onMeasuring() {},
    onSent() {},
  })
  const counted = sent.filter((each) => each.counted)
  const accepted = counted.filter(({ error }) => error === null)
  return {
    scenario: 'peer',
    machine,
    options,
    acceptedPerSecond: accepted.length / seconds,
    httpMs: distribution(accepted.map((each) => each.answeredAt - each.intendedAt)),
    latenessMs: distribution(lateness),
    errors: countErrors(counted),
  }
}

export function peerTable({ machine, options, ...result }: PeerResult): string {
  const { rate, connections, seconds, url, path } = options
  const load = connections ? `${connections} connections` : `${rate} requests/s`
  const row = (what: string, { p50, p99, max }: Distribution) => [
    what,
    ...[p50, p99, max].map((each) => each.toFixed(1)),
  ]
  return [
    `### peer ${url}${path}: ${load} for ${seconds} s`,
    '',
    table(
      ['ms', 'p50', 'p99', 'max'],
      [
        row('POST, from intended send', result.httpMs),
        row('requests left late by', result.latenessMs),
      ]
    ),
    '',
    `- accepted ${result.acceptedPerSecond.toFixed(0)}/s`,
    ...Object.entries(result.errors).map(([error, count]) => `- error ${error}: ${count}`),
    `- ${machineLine(machine)}`,
  ].join('\n')
}
