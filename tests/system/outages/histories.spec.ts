/*
 * Sixteen callers at once, through real processes: whatever they ask, everything comes to rest, and both
 * modules agree.
 */
import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import { brokers } from '#tests/support/kafka/broker'
import { requests } from '#tests/system/histories/history'
import { eventually } from '#tests/support/eventually'
import { AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { BusyShop } from '#tests/support/processes/busy_shop'
import { ShopProcess } from '#tests/support/processes/shop_process'

const CALLERS = 16
const REQUESTS_EACH = 25

/** So soon that the sweeper takes part. */
const env = { ANSWER_TIMEOUT: '1s' }

const kafka = await brokers()
/** In CI it is never so: `brokers` throws there. */
const WITHOUT_KAFKA = [kafka === null, 'LEFT OUT: it needs a real Kafka'] as const

test.group('Requests of sixteen concurrent callers', (group) => {
  group.each.teardown(endApps)

  test('to one process that is killed leave everything consistent', async ({ assert, cleanup }) => {
    const shop = await ShopProcess.open({ env })
    cleanup(() => shop.close())
    const busy = new BusyShop(shop)
    await busy.open()
    const serving = busy.serve(requests(CALLERS, REQUESTS_EACH))
    await Promise.race([serving, half(busy)])
    await shop.app.kill('SIGKILL')
    await shop.start()
    await serving
    await busy.assertAtRest(assert)
    assert.includeMembers(Object.keys(busy.answers), TOLD)
  })

  test('to two processes on Kafka leave everything consistent', async ({ assert, cleanup }) => {
    const { shop, home } = await openOnKafka(cleanup)
    const second = await AppProcess.start({ ...shop.options, dataDir: home.path })
    cleanup(() => second.endNow())
    const busy = new BusyShop(shop, () => [shop.app, second])
    await busy.open()
    await busy.serve(requests(CALLERS, REQUESTS_EACH))
    await busy.assertAtRest(assert)
    assert.includeMembers(Object.keys(busy.answers), TOLD)
  }).skip(...WITHOUT_KAFKA)

  test('to one process per module leave everything consistent', async ({ assert, cleanup }) => {
    const { shop, home } = await openOnKafka(cleanup)
    const apps: Record<string, AppProcess> = {}
    const busy = new BusyShop(shop, (about) => [apps[about] ?? shop.app])
    await busy.open()
    await shop.app.kill('SIGTERM')

    const alone = (dataDir: string, more: Record<string, string>) =>
      AppProcess.start({ ...shop.options, dataDir, env: { ...shop.options.env, ...more } })
    apps.inventory = await alone(home.path, { MODULES: 'inventory' })
    const { url: INVENTORY_URL } = apps.inventory
    apps.orders = await alone(shop.options.dataDir, { MODULES: 'orders', INVENTORY_URL })
    await busy.serve(requests(CALLERS, REQUESTS_EACH))
    await busy.isAtRest()
    for (const app of Object.values(apps)) {
      assert.deepEqual(await app.kill('SIGTERM'), { code: 0, signal: null })
    }

    // One process for both, for the proofs ask them both.
    await shop.start()
    await busy.assertAtRest(assert)
    assert.includeMembers(Object.keys(busy.answers), TOLD)
  }).skip(...WITHOUT_KAFKA)
})

/** A shop on Kafka, and the home of a second process. */
async function openOnKafka(cleanup: (end: () => Promise<void>) => void) {
  const topicPrefix = `h${randomBytes(4).toString('hex')}.`
  const shop = await ShopProcess.open({ env, kafka: { brokers: kafka!.join(), topicPrefix } })
  cleanup(() => shop.close())
  const home = await dataDirectory()
  cleanup(home.remove)
  return { shop, home }
}

function half(busy: BusyShop) {
  return eventually('half of them are answered', async () => {
    return busy.answered > (CALLERS * REQUESTS_EACH) / 2
  })
}

/** Or the history would have shown little. */
const TOLD = ['place 202', 'revise 202', 'cancel 200', 'fulfil 200', 'revise 409 order_not_open']
