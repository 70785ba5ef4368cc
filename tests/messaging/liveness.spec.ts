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
  emptyLedger,
  openLedger,
  until,
} from '#tests/messaging/ledger_of_effects'

class BeyondHelp extends EmbeddedTransport {
  override stuck(): string[] {
    return ['consumer orders: its client was built anew 5 times in vain']
  }
}

class Hanging extends EmbeddedTransport {
  override lag() {
    return new Promise<never>(() => {})
  }
}

test.group('A process', (group) => {
  group.setup(openLedger)
  group.each.setup(emptyLedger)

  test('cannot help itself when a batch hangs for ever', async ({ assert, cleanup }) => {
    const { promise: end, resolve: goOn } = Promise.withResolvers<void>()
    // Else a failure would leave a transaction open, and the next test waiting for its locks.
    cleanup(() => goOn())
    const consumer = consumerOf(() => end, { stuckMs: 50 })
    assert.isEmpty(consumer.stuck(), 'nothing is under way')
    const handling = consumer.handle(deliveries(about('k', 1)), alive)
    await until(async () => consumer.stuck().length > 0, 'it says so')
    assert.match(consumer.stuck()[0], /^consumer inventory: a batch has hung for/)
    goOn()
    await handling
    assert.isEmpty(consumer.stuck(), 'it has gone on')
  })

  test('helps itself as long as a batch is tried again', async ({ assert }) => {
    let tries = 0
    const consumer = consumerOf(
      async () => {
        if (++tries < 4) throw Object.assign(new Error('no memory'), { code: '53200' })
      },
      { stuckMs: 5_000 }
    )
    await consumer.handle(deliveries(about('k', 1)), async () => {
      assert.isEmpty(consumer.stuck())
    })
    assert.equal(tries, 4)
  })

  test('whose transport is beyond help is not alive', async ({ client }) => {
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

  test('tells what its database says while the broker hangs', async ({ client, assert }) => {
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
