import { once } from 'node:events'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { test } from '@japa/runner'
import { Client } from 'pg'
import { directConnection } from '#config/database'
import { Sweeper } from '#orders/stock_replies/sweeper'
import { emptyShop, handleReply, patch, person, post, priced } from '#tests/support/shop'

test.group('A committed step', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG')
  })

  test('is announced to the live feeds of other processes, whatever made it', async ({
    client,
    assert,
    cleanup,
  }) => {
    const orders = () => db.connection('orders')
    const other = new Client(directConnection('orders'))
    await other.connect()
    cleanup(() => other.end())
    await other.query('listen order_steps')
    const announced = async <Result>(write: () => PromiseLike<Result>) => {
      const notification = once(other, 'notification', { signal: AbortSignal.timeout(30_000) })
      const result = await write()
      await notification
      return result
    }
    const ada = await person('customer', 'Ada')

    const placed = await announced(() => {
      return post(client, ada, { lines: [{ sku: 'MUG', quantity: 2 }] })
    })
    const { id } = placed.body()
    await announced(() => patch(client, ada, id, '"1"', { name: 'Ada Lovelace' }))
    await announced(() => {
      return orders()
        .from('orders')
        .where('id', id)
        .update({ resend_at: new Date(0), resends: 5 })
        .then(() => orders().from('outbox').update({ published_at: new Date() }))
        .then(() => new Sweeper({ client: orders, leads: () => true, replyTimeout: 1, logger }))
        .then((sweeper) => sweeper.tick())
    })
    await announced(() => handleReply(id, 'reserved', { revision: 1, heldRevision: 1 }))
    const steps = await orders().from('timeline_steps').where('order_id', id).orderBy('sequence')
    assert.deepEqual(
      steps.map(({ type }) => type),
      ['placed', 'details_changed', 'attention', 'confirmed']
    )
  })
})
