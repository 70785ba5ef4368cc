import type { Fault } from '../fault.ts'
import type { InjectedFaults } from '../injected_faults.ts'

/** The steps of a message in order. Each starts after a commit. */
const STEPS: [step: string, crashAt: NonNullable<InjectedFaults['crashAt']>][] = [
  ['1: the order is committed, its message is not sent', 'before-publish-orders'],
  ['2: the message is in the topic, but not marked as published', 'after-publish-orders'],
  ['3: stock is reserved, the offset is not committed', 'after-effect-inventory'],
  ['4: the reply is committed, but not sent', 'before-publish-inventory'],
  ['5: the reply is in the topic, but not marked as published', 'after-publish-inventory'],
  ['6: the order is confirmed, the offset is not committed', 'after-effect-orders'],
]

export const killApp: Fault[] = [
  ...STEPS.map(([step, crashAt]): Fault => ({
    name: `kill -9 of the app at step ${step}`,
    how: 'the first process to reach this point kills itself; another is started',
    instant: true,
    async inject({ shop, begins }) {
      await shop.injectFaults({ crashAt })
      const dead = shop.replaceCrashed()
      await Promise.race(shop.apps.map(({ exited }) => exited))
      begins()
      await dead
    },
  })),
  {
    name: 'kill -9 of every app process at once',
    how: 'SIGKILL to both processes under load; both are restarted',
    core: true,
    instant: true,
    async inject({ shop, begins }) {
      const dead = [...shop.apps]
      begins()
      await Promise.all(dead.map((app) => app.kill('SIGKILL')))
      await Promise.all(dead.map((app) => shop.replace(app)))
    },
  },
]
