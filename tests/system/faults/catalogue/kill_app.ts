import type { Fault } from '../fault.ts'
import type { Troubles } from '../injected_faults.ts'

/** The steps of a message, in their order: each begins where a commit ended. */
const STEPS: [step: string, dieAt: NonNullable<Troubles['dieAt']>][] = [
  ['1: the order is committed, its message not sent', 'before-publish-orders'],
  ['2: the message is in the topic, not marked as published', 'after-publish-orders'],
  ['3: stock is held, the offset not committed', 'after-effect-inventory'],
  ['4: the answer is committed, not sent', 'before-publish-inventory'],
  ['5: the answer is in the topic, not marked as published', 'after-publish-inventory'],
  ['6: the order is confirmed, the offset not committed', 'after-effect-orders'],
]

export const killApp: Fault[] = [
  ...STEPS.map(([step, dieAt]): Fault => ({
    name: `kill -9 of the app at step ${step}`,
    how: 'the first process that comes to the point kills itself; another is started',
    instant: true,
    async strike({ shop, begins }) {
      await shop.trouble({ dieAt })
      const dead = shop.replaceTheDead()
      await Promise.race(shop.apps.map(({ exited }) => exited))
      begins()
      await dead
    },
  })),
  {
    name: 'kill -9 of every app process at once',
    how: 'SIGKILL to both in the middle of the load; both are started again',
    core: true,
    instant: true,
    async strike({ shop, begins }) {
      const dead = [...shop.apps]
      begins()
      await Promise.all(dead.map((app) => app.kill('SIGKILL')))
      await Promise.all(dead.map((app) => shop.replace(app)))
    },
  },
]
