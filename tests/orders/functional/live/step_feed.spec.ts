/*
 * The feed of live steps on a database that is not always there.
 */
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { Client } from 'pg'
import { directConnection } from '#config/database'
import { SYSTEM } from '#contracts/actor'
import { TimelineTailer } from '#orders/live/timeline_tailer'
import { StepFeed } from '#orders/live/step_feed'
import { proxyDatabase } from '#tests/support/connections/database_proxy'
import { eventually } from '#tests/support/eventually'
import { emptyShop, person, post, priced } from '#tests/support/shop'

const orders = () => db.connection('orders')

/** A feed that reads through this connection. */
function feedThrough(connection: ReturnType<typeof directConnection>) {
  return new StepFeed({
    connection: { ...connection, query_timeout: 300, connectionTimeoutMillis: 300 },
    notify: async () => {},
    logger,
  })
}

test.group('The feed of live steps', (group) => {
  let orderId: string

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async ({ context }) => {
    const ada = await person('customer', 'Ada')
    const placed = await post(context.client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] })
    orderId = placed.body().id
  })

  test('survives a database that answers nothing, and tells then what has happened', async ({
    assert,
    cleanup,
  }) => {
    const { proxy, connection } = await proxyDatabase('orders')
    const feed = feedThrough(connection)
    cleanup(async () => {
      proxy.close()
      await feed.stop()
    })
    const told = Promise.withResolvers<number>()
    feed.follow(orderId, ({ sequence }) => told.resolve(sequence))
    await feed.ready()
    proxy.hang()
    await addStep(orderId, 2)
    feed.committed()
    await eventually('the feed reports a fault', () => feed.warnings().length > 0)
    assert.match(feed.warnings()[0], /^live updates: /)
    proxy.restore()
    assert.equal(await told.promise, 2)
    await eventually('the feed works again', () => feed.warnings().length === 0)
  })

  test('does not knock at each commit at a door that is closed', async ({ assert, cleanup }) => {
    const { proxy, connection } = await proxyDatabase('orders')
    proxy.cut()
    const feed = feedThrough(connection)
    cleanup(async () => {
      proxy.close()
      await feed.stop()
    })
    feed.follow(orderId, () => {})
    for (let n = 0; n < 60; n++) {
      feed.committed()
      await orders().rawQuery('select 1')
    }
    assert.isBelow(proxy.connections, 12)
    proxy.restore()
    await feed.ready()
    await eventually('the feed works again', () => feed.warnings().length === 0)
  })

  test('keeps its connection for the next who comes, however much happens between', async ({
    assert,
    cleanup,
  }) => {
    const { proxy, connection } = await proxyDatabase('orders')
    const feed = feedThrough(connection)
    cleanup(async () => {
      proxy.close()
      await feed.stop()
    })
    for (let n = 0; n < 2; n++) {
      const leave = feed.follow(orderId, () => {})
      await feed.ready()
      leave()
      for (let commits = 0; commits < 30; commits++) {
        feed.committed()
        await orders().rawQuery('select 1')
      }
    }
    assert.equal(proxy.connections, 1)
  })

  test('waits at its start for a step that is still to commit, be it the first of all', async ({
    assert,
    cleanup,
  }) => {
    await orders().from('timeline_steps').delete()
    const trx = await orders().transaction()
    await addStep(orderId, 2, trx)
    await addStep(orderId, 3)
    const connection = new Client(directConnection('orders'))
    await connection.connect()
    cleanup(() => connection.end())
    const reader = new TimelineTailer()
    await reader.read(connection)
    await trx.commit()
    const steps = await reader.read(connection)
    assert.deepEqual(
      steps.map(({ sequence }) => sequence),
      [2]
    )
  })
})

/** Past the use cases. */
async function addStep(
  orderId: string,
  sequence: number,
  client: Pick<ReturnType<typeof orders>, 'table'> = orders()
) {
  const step = { order_id: orderId, at: new Date(), type: 'attention', status: 'pending' }
  await client
    .table('timeline_steps')
    .insert({ ...step, sequence, revision: 1, actor: JSON.stringify(SYSTEM) })
}
