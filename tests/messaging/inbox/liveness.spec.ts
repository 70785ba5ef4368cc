/*
 * /health/live fails when only a new process helps, and not before.
 */
import { test } from '@japa/runner'
import messaging from '#messaging/service'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import {
  about,
  alive,
  consumerOf,
  deliveries,
  emptyEffects,
  createEffects,
} from '#tests/messaging/support/recording_consumer'
import { eventually } from '#tests/support/eventually'

class BeyondHelp extends EmbeddedTransport {
  override fatal(): string[] {
    return ['consumer orders: 5 sessions in a row fetched nothing']
  }
}

class Hanging extends EmbeddedTransport {
  override lag() {
    return new Promise<never>(() => {})
  }
}

test.group('A process', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('is not alive if a batch hangs indefinitely', async ({ assert, cleanup }) => {
    const { promise: end, resolve: goOn } = Promise.withResolvers<void>()
    // Else a failure would leave a transaction open, and the next test waiting for its locks.
    cleanup(() => goOn())
    const consumer = consumerOf(() => end, { stuckMs: 50 })
    assert.isEmpty(consumer.fatal(), 'nothing is under way')
    const handling = consumer.handle(deliveries(about('k', 1)), alive)
    await eventually('it says so', async () => consumer.fatal().length > 0)
    assert.match(consumer.fatal()[0], /^consumer inventory: a batch has hung for/)
    goOn()
    await handling
    assert.isEmpty(consumer.fatal(), 'it has gone on')
  })

  test('is alive while a batch is retried', async ({ assert }) => {
    let tries = 0
    const consumer = consumerOf(
      async () => {
        if (++tries < 4) throw Object.assign(new Error('no memory'), { code: '53200' })
      },
      { stuckMs: 5_000 }
    )
    await consumer.handle(deliveries(about('k', 1)), async () => {
      assert.isEmpty(consumer.fatal())
    })
    assert.equal(tries, 4)
  })

  test('whose transport cannot recover is not alive', async ({ client }) => {
    const healthy = await client.get('/health/live')
    healthy.assertStatus(200)
    healthy.assertBody({ status: 'ok', stuck: [] })
    messaging.start(new BeyondHelp())
    try {
      const stuck = await client.get('/health/live')
      stuck.assertStatus(503)
      stuck.assertBodyContains({ status: 'stuck' })
    } finally {
      await messaging.stop()
    }
  })

  test('reports the state of its database while the broker hangs', async ({ client, assert }) => {
    messaging.start(new Hanging())
    try {
      const metrics = await client.get('/metrics')
      metrics.assertStatus(200)
      assert.match(metrics.text(), /quartermaster_figures_up\{source="messages of orders"\} 1/)
      assert.match(
        metrics.text(),
        /quartermaster_outbox_pending\{module="orders",kind="waiting"\} 0/
      )
      assert.notMatch(metrics.text(), /quartermaster_consumer_lag\{consumer="orders"\}/)
    } finally {
      await messaging.stop()
    }
  })
})
