/*
 * Two app processes on one database; the relays of one are leaders. When it freezes, the other takes over, and
 * when it resumes, it must do no harm.
 */
import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import { brokers } from '#tests/support/kafka/broker'
import { AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

/** The server ends a silent leader after three seconds; the rest depends on the machine. */
const TAKE_OVER_MS = 15_000

const kafka = await brokers()
const transports: [name: string, options: () => Parameters<typeof ShopProcess.open>[0]][] = [
  ['embedded', () => ({})],
]
if (kafka) {
  const topicPrefix = `f${randomBytes(4).toString('hex')}.`
  transports.push(['kafka', () => ({ kafka: { brokers: kafka.join(), topicPrefix } })])
}

for (const [transport, options] of transports) {
  test.group(`A leader on ${transport} that freezes`, (group) => {
    let shop: ShopProcess

    group.setup(async () => {
      shop = await ShopProcess.open(options())
      return async () => {
        await shop.close()
        await endApps()
      }
    })

    test('is replaced within seconds, and does no harm when it resumes', async ({ assert }) => {
      const leader = shop.app
      const home = await dataDirectory()
      const heir = await AppProcess.start({ ...shop.options, dataDir: home.path })
      await shop.place(10)
      await shop.settled()

      process.kill(leader.pid, 'SIGSTOP')
      shop.app = heir
      const froze = performance.now()
      await shop.place(10)
      await shop.settled()
      const took = performance.now() - froze
      process.kill(leader.pid, 'SIGCONT')
      assert.isBelow(took, transport === 'embedded' ? TAKE_OVER_MS : TAKE_OVER_MS + 10_000)

      await shop.place(10)
      await shop.assertKept(assert)
      await shop.assertProven(assert)
      await leader.kill('SIGTERM')
      await home.remove()
    })
  })
}
