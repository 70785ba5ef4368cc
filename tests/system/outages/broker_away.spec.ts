/*
 * Without a broker, orders are accepted and wait for it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import { noBrokerOfOurs } from '#tests/support/kafka/broker'
import { startBroker, type Broker } from '#tests/support/kafka/launcher/launcher'
import { freePort } from '#tests/support/kafka/launcher/readiness'
import { eventually } from '#tests/support/eventually'
import { APP_ROOT, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const ORDERS = 20
/** Work in progress has 6 s, and the transport 2 s to close. KafkaJS waits 30 s for each request. */
const ENDS_WITHIN_MS = 25_000

const missing = await noBrokerOfOurs()

test.group('A broker', (group) => {
  let dir: string
  let port: number
  let broker: Broker | null = null
  let shop: ShopProcess

  group.setup(async () => {
    if (missing) return () => {}
    dir = await mkdtemp(join(tmpdir(), 'quartermaster-broker-'))
    port = await freePort(1)
    shop = await ShopProcess.open({
      withoutBroker: true,
      kafka: { brokers: `127.0.0.1:${port}`, topicPrefix: '' },
    })
    return async () => {
      await shop.close()
      await endApps()
      await broker?.stop()
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    }
  })

  test('that is down at the start delays orders, but they are accepted', async ({ assert }) => {
    await shop.place(ORDERS)
    assert.isTrue(shop.answers.every(({ answer }) => answer?.status === 202))
    await assertDegraded()

    broker = await startBroker({ port, dir, jarsIn: join(APP_ROOT, '.data/kafka') })
    await shop.assertKept(assert)
    await eventually('the app is well again', async () => {
      const answer = await shop.app.readiness()
      return answer?.body.status === 'ok'
    })
  }).skip(missing !== null, missing ?? '')

  test('that is killed under load and restarted loses nothing and stops no order', async ({
    assert,
  }) => {
    shop.answers = []
    const before = shop.place(ORDERS)
    await broker!.kill(1)
    await Promise.all([before, shop.place(ORDERS)])
    assert.isTrue(shop.answers.every(({ answer }) => answer?.status === 202))
    await assertDegraded()

    await broker!.up(1)
    await shop.assertKept(assert)
    await shop.assertProven(assert)
    assert.equal(await shop.deadLetters(), 0)
  }).skip(missing !== null, missing ?? '')

  test('that hangs does not keep the app from ending, and loses nothing', async ({ assert }) => {
    shop.answers = []
    await broker!.pause(1)
    await shop.place(ORDERS)
    assert.isTrue(shop.answers.every(({ answer }) => answer?.status === 202))
    const asked = performance.now()
    assert.deepEqual(await shop.app.kill('SIGTERM'), { code: 0, signal: null })
    assert.isBelow(performance.now() - asked, ENDS_WITHIN_MS)

    await broker!.resume(1)
    await shop.start()
    await shop.assertKept(assert)
    await shop.assertProven(assert)
  }).skip(missing !== null, missing ?? '')

  async function assertDegraded() {
    const { status, body } = await eventually('the app says that the broker is away', async () => {
      const answer = await shop.app.readiness()
      return answer?.body.status === 'degraded' && answer
    })
    if (status !== 200 || !/relay|consumer/.test(body.degraded.join())) {
      throw new Error(`/health/ready answers ${status} ${JSON.stringify(body)}`)
    }
  }
})
