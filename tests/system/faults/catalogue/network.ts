import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Line } from '#tests/support/connections/tcp_proxy'
import type { Stage } from '../test_bed.ts'

interface Place {
  what: string
  lines(stage: Stage): Line[]
  /** Seconds that it is cut, and that it hangs. */
  cut: number
  hung: number
  /** Milliseconds that each piece of up to 64 KB waits. */
  delay: number
}

const PLACES: Place[] = [
  { what: 'app and brokers', lines: (stage) => stage.brokerLines, cut: 10, hung: 20, delay: 50 },
  { what: 'app and database', lines: (stage) => [stage.databaseLine], cut: 5, hung: 10, delay: 10 },
]
const SLOW_SECONDS = 15
const SLOW_BYTES = 256 * 1024

export const network: Fault[] = PLACES.flatMap(({ what, lines, cut, hung, delay }) => {
  const during = (seconds: number, trouble: (line: Line) => void): Fault['strike'] => {
    return async ({ stage, begins, ends }) => {
      begins()
      lines(stage).forEach(trouble)
      await sleep(seconds * 1_000)
      ends()
      stage.mendLines()
    }
  }
  return [
    {
      name: `the network between ${what} is cut`,
      how: `a proxy resets every connection, and each new one, for ${cut} s`,
      strike: during(cut, (line) => line.cut()),
    },
    {
      name: `the network between ${what} swallows everything`,
      how: `a proxy lets nothing pass for ${hung} s, and keeps the connections open`,
      strike: during(hung, (line) => line.hang()),
    },
    {
      name: `the network between ${what} is slow`,
      how: `each piece takes ${delay} ms longer, at ${SLOW_BYTES / 1024} KB/s, for ${SLOW_SECONDS} s`,
      strike: during(SLOW_SECONDS, (line) => line.slow(delay, SLOW_BYTES)),
    },
  ]
})
