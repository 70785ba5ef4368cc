import { setTimeout as sleep } from 'node:timers/promises'
import { type AppProcess } from '#tests/support/processes/app_process'
import { eventually } from '#tests/support/eventually'
import type { Fault, Scene } from '../fault.ts'

const LEADER_FROZEN_MS = 12_000
const MEMBER_FROZEN_MS = 12_000
const LOCKED_MS = 15_000
const HOUR_MS = 3_600_000

export const processes: Fault[] = [
  {
    name: 'a relay frozen until another takes over its lock',
    how: 'SIGSTOP to the leader, SIGCONT after 12 s: then two processes act as leader',
    recoversMeanwhile: true,
    async inject(scene) {
      const leader = await scene.shop.leader('orders')
      await frozen(scene, leader, LEADER_FROZEN_MS)
    },
  },
  {
    name: 'a consumer frozen for longer than its session',
    how: 'SIGSTOP to the process that is not leader, SIGCONT after 12 s: its partitions have two consumers',
    recoversMeanwhile: true,
    async inject(scene) {
      const leader = await scene.shop.leader('orders')
      await frozen(
        scene,
        scene.shop.apps.find((app) => app !== leader)!,
        MEMBER_FROZEN_MS
      )
    },
  },
  {
    name: 'a batch that takes longer than the consumer session',
    how: 'the stock table is locked for 15 s, so every batch waits in its transaction',
    async inject({ shop, begins, ends }) {
      const other = await shop.pool.connect()
      await other.query('begin; lock table inventory.stock_items in access exclusive mode')
      begins()
      await sleep(LOCKED_MS)
      ends()
      await other.query('rollback')
      other.release()
    },
  },
  ...[1, -1].map((direction): Fault => ({
    name: `the clock of the app jumps an hour ${direction > 0 ? 'ahead' : 'back'}`,
    how: 'Date of every app process is shifted for 15 s, then correct again',
    recoversMeanwhile: true,
    async inject({ shop, begins }) {
      begins()
      await shop.injectFaults({ clockMs: direction * HOUR_MS })
      await sleep(15_000)
      await shop.injectFaults({})
    },
  })),
]

async function frozen({ begins, ends }: Scene, app: AppProcess, milliseconds: number) {
  begins()
  process.kill(app.pid, 'SIGSTOP')
  try {
    await sleep(milliseconds)
  } finally {
    ends()
    process.kill(app.pid, 'SIGCONT')
  }
  await eventually('it answers again', async () => (await app.readiness())?.status === 200)
}
