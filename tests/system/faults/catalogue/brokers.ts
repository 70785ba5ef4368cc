import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

export const brokers: Fault[] = [
  ...[1, 2, 3].map((node): Fault => ({
    name: `broker ${node} killed and back`,
    how: `SIGKILL to node ${node} of three, started again after 30 s`,
    healsMeanwhile: true,
    async strike({ stage, begins, ends }) {
      begins()
      await stage.kafka.kill(node)
      await sleep(30_000)
      ends()
      await stage.kafka.up(node)
    },
  })),
  {
    name: 'a broker paused for 20 s without closing its connections',
    how: 'SIGSTOP to node 2, SIGCONT after 20 s',
    async strike({ stage, begins }) {
      begins()
      await stage.kafka.pause(2)
      try {
        await sleep(20_000)
      } finally {
        await stage.kafka.resume(2)
      }
    },
  },
]
