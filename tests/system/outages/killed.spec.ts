/*
 * kill -9 between any two steps: what was accepted is kept, and happens once.
 */
import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import { brokers } from '#tests/support/kafka/broker'
import { endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const ORDERS = 30

const POINTS = [
  ['after-publish', 'after orders were published, before they were marked'],
  ['after-hold', 'after stock was held, before the transport knew of it'],
  ['after-settlement', 'after orders were settled, before the transport knew of it'],
]

const kafka = await brokers()
const transports = kafka ? ['embedded', 'kafka'] : ['embedded']

test.group(`The app killed, on ${transports.join(' and on ')},`, (group) => {
  let shops: ShopProcess[] = []

  group.setup(async () => {
    shops = await Promise.all(transports.map(open))
    return async () => {
      for (const shop of shops) await shop.close()
      await endApps()
    }
  })

  for (const [point, when] of POINTS) {
    test(`${when}, keeps every accepted order, once`, ({ assert }) =>
      inEachShop(async (shop) => {
        await shop.app.kill('SIGTERM')
        await shop.start({
          entry: 'tests/support/processes/crashing_server.ts',
          env: { DIE_AT: point },
        })
        const placing = shop.place(ORDERS)
        assert.deepEqual(await shop.app.exited, { code: null, signal: 'SIGKILL' })

        await shop.start()
        await placing
        await shop.assertKept(assert)
      }))
  }

  test('right after it accepted an order, keeps it', ({ assert }) =>
    inEachShop(async (shop) => {
      const { app } = shop
      const placing = shop.place(ORDERS, () => app.kill('SIGKILL'))
      assert.deepEqual(await app.exited, { code: null, signal: 'SIGKILL' })

      await shop.start()
      await placing
      await shop.assertKept(assert)
    }))

  test('leaves every proof clean', ({ assert }) =>
    inEachShop(async (shop) => {
      assert.equal(await shop.deadLetters(), 0)
      await shop.assertProven(assert)
    }))

  /** At the same time: a shop on Kafka waits for its dead member's session to end, most of the time. */
  async function inEachShop(work: (shop: ShopProcess) => Promise<void>) {
    const outcomes = await Promise.allSettled(shops.map(work))
    for (const [place, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue
      outcome.reason.message = `on ${transports[place]}: ${outcome.reason.message}`
      throw outcome.reason
    }
  }
})

function open(transport: string) {
  if (transport === 'embedded') return ShopProcess.open()
  const topicPrefix = `p${randomBytes(4).toString('hex')}.`
  return ShopProcess.open({ kafka: { brokers: kafka!.join(), topicPrefix } })
}
