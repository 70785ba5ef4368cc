import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

export const brokers: Fault[] = [
  ...[1, 2, 3].map((node): Fault => ({
    name: `broker ${node} killed and restarted`,
    how: `SIGKILL to node ${node} of three, restarted after 30 s`,
    recoversMeanwhile: true,
    async inject({ testBed, begins, ends }) {
      begins()
      await testBed.kafka.kill(node)
      await sleep(30_000)
      ends()
      await testBed.kafka.up(node)
    },
  })),
  {
    name: 'a broker paused for 20 s without closing its connections',
    how: 'SIGSTOP to node 2, SIGCONT after 20 s',
    async inject({ testBed, begins }) {
      begins()
      await testBed.kafka.pause(2)
      try {
        await sleep(20_000)
      } finally {
        await testBed.kafka.resume(2)
      }
    },
  },
]
