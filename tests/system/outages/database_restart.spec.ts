/*
 * PostgreSQL restarted under load: callers get 503 with Retry-After, and the app recovers by itself.
 */
import { test } from '@japa/runner'
import {
  launchEmbeddedPostgres,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { eventually } from '#tests/support/eventually'
import { dataDirectory, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const ORDERS = 40

test.group('PostgreSQL restarted under load', (group) => {
  group.each.teardown(endApps)

  test('makes callers retry and loses nothing', async ({ assert, cleanup }) => {
    const home = await dataDirectory()
    cleanup(home.remove)
    const server = await startEmbeddedPostgres({ dataDir: home.path, as: 'guest' })
    const shop = await ShopProcess.open({ databaseUrl: server.url })
    cleanup(() => shop.close())

    const placing = shop.place(ORDERS)
    await eventually('the first order is accepted', async () => shop.accepted.length > 0)
    await stopEmbeddedPostgres(home.path)
    const unready = await shop.app.readiness()
    assert.equal(unready?.status, 503)
    assert.equal(unready?.body.status, 'unavailable')
    const during = shop.place(ORDERS)
    await eventually('an order is put off', async () =>
      shop.answers.some(({ answer }) => answer?.status === 503)
    )
    const again = await launchEmbeddedPostgres(home.path)
    assert.equal(again.port, server.port)
    await Promise.all([placing, during])

    for (const { answer } of shop.answers) {
      assert.isNotNull(answer, 'each request is answered in time')
      assert.include([202, 503], answer!.status, answer!.text)
      if (answer!.status === 202) continue
      assert.match(answer!.headers.get('content-type')!, /^application\/problem\+json/)
      assert.isAbove(Number(answer!.headers.get('retry-after')), 0)
      // Orders that wait for a permit while the database is away are shed.
      assert.include(['temporarily_unavailable', 'too_many_placements'], answer!.body.code)
    }
    await shop.assertKept(assert)
    await eventually('the app is well again', async () => {
      const answer = await shop.app.readiness()
      return answer?.body.status === 'ok'
    })
    assert.equal(await shop.deadLetters(), 0)
    await shop.assertProven(assert)
  })
})
