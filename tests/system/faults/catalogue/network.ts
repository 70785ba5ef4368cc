import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { TcpProxy } from '#tests/support/connections/tcp_proxy'
import type { TestBed } from '../test_bed.ts'

interface Connection {
  between: string
  proxies(testBed: TestBed): TcpProxy[]
  /** Duration in seconds. */
  cut: number
  hung: number
  /** Milliseconds per chunk of up to 64 KB. */
  delay: number
}

const CONNECTIONS: Connection[] = [
  {
    between: 'app and brokers',
    proxies: (testBed) => testBed.brokerProxies,
    cut: 10,
    hung: 20,
    delay: 50,
  },
  {
    between: 'app and database',
    proxies: (testBed) => [testBed.databaseProxy],
    cut: 5,
    hung: 10,
    delay: 10,
  },
]
const SLOW_SECONDS = 15
const SLOW_BYTES = 256 * 1024

export const network: Fault[] = CONNECTIONS.flatMap(({ between, proxies, cut, hung, delay }) => {
  const during = (seconds: number, disturb: (proxy: TcpProxy) => void): Fault['inject'] => {
    return async ({ testBed, begins, ends }) => {
      begins()
      proxies(testBed).forEach(disturb)
      await sleep(seconds * 1_000)
      ends()
      testBed.restoreNetwork()
    }
  }
  return [
    {
      name: `the network between ${between} is cut`,
      how: `a proxy resets all connections and refuses new ones for ${cut} s`,
      inject: during(cut, (proxy) => proxy.cut()),
    },
    {
      name: `the network between ${between} hangs`,
      how: `a proxy forwards nothing for ${hung} s, and keeps connections open`,
      inject: during(hung, (proxy) => proxy.hang()),
    },
    {
      name: `the network between ${between} is slow`,
      how: `a proxy adds ${delay} ms to each chunk and passes ${SLOW_BYTES / 1024} KB/s, for ${SLOW_SECONDS} s`,
      inject: during(SLOW_SECONDS, (proxy) => proxy.slow(delay, SLOW_BYTES)),
    },
  ]
})
