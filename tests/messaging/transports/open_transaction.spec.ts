/*
 * A transaction of another producer that stays open: the broker holds back everything behind it.
 */
import { isDeepStrictEqual } from 'node:util'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { register } from 'prom-client'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import { orderPlaced } from '#contracts/messages/orders'
import { encode } from '#messaging/message/message'
import messaging from '#messaging/service'
import type { Delivery } from '#messaging/transports/transport'
import { verify } from '#messaging/recovery/verify'
import { commit, keyOf, message } from '#tests/messaging/support/orders_outbox'
import { emptyShop } from '#tests/support/shop'
import { freshPrefix, kafkaTransport } from '#tests/support/transports'
import { startWorkers } from '#tests/support/workers'
import { eventually } from '#tests/support/eventually'
import { brokers } from '#tests/support/kafka/broker'
import { ForeignClient } from '#tests/support/kafka/foreign_client'
import { python } from '#tests/support/processes/python'

const kafka = await brokers()
const interpreter = kafka && (await python())

/** What is missing is printed where it is looked for. */
const missing = kafka && interpreter ? null : 'LEFT OUT: no Kafka, or no Python for another client'
const foreign = new ForeignClient(interpreter ?? '', kafka ?? [])

test.group('A transaction of another producer that stays open', (group) => {
  group.tap((one) => one.skip(missing !== null, missing ?? ''))
  group.each.setup(() => emptyShop())

  for (const how of ['abort', 'commit'] as const) {
    test(`is reported while its partition makes no progress, until it ends (${how})`, async ({
      assert,
      cleanup,
    }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix, { stalledAfter: 1_200 })
      for (const topic of ['orders', 'inventory']) await transport.openTopic(topic)
      cleanup(await startWorkers(transport))
      const transaction = foreign.begin(`${prefix}orders`)
      cleanup(() => transaction.kill())
      const before = message(keyOf(0, 3))
      await commit(before)
      await eventually('all is well', () => isHandled(before.id))
      await transaction.send({ ...placed(keyOf(0, 3)), partition: 0 })
      const [behind, elsewhere] = [message(keyOf(0, 3)), message(keyOf(1, 3))]
      await commit(behind, elsewhere)
      await eventually('the other partitions go on', () => isHandled(elsewhere.id))
      await eventually('the partition is named', () => messaging.stoppedPartitions().length > 0)
      assert.containSubset(messaging.stoppedPartitions(), [
        { consumer: 'inventory', topic: 'orders', partition: 0, offset: '1', why: 'stalled' },
      ])
      assert.match(
        messaging.warnings().join(),
        /consumer inventory: partition 0 of orders .* no progress for \d+ s.*transaction/
      )
      const name = 'quartermaster_consumer_partition_stalled_seconds'
      const sample = /\{consumer="inventory",topic="orders",partition="0"\} [1-9]/
      assert.match(await register.getSingleMetricAsString(name), sample)
      assert.isFalse(await isHandled(behind.id))
      const proof = await messaging.verify(0, transport)
      assert.deepEqual(
        proof.findings.map(({ kind, messageId }) => [kind, messageId]),
        [['not_handled', behind.id]]
      )

      await transaction.end(how)
      await eventually('the partition goes on', () => isHandled(behind.id))
      await eventually('nothing is named any longer', () => messaging.warnings().length === 0)
      // The end of the transaction is no record for us, and none that waits.
      await eventually('nothing waits', async () => (await messaging.lag('inventory')) === 0)
      assert.notMatch(await register.getSingleMetricAsString(name), sample)
      await eventually('the proof is clean', async () => {
        const { findings } = await messaging.verify(0, transport)
        return findings.length === 0
      })
    })
  }

  test('is not reported for a consumer that waits with a batch', async ({ assert, cleanup }) => {
    const prefix = freshPrefix()
    const transport = kafkaTransport(undefined, prefix, { stalledAfter: 1_200 })
    cleanup(() => transport.close())
    await transport.openTopic('orders')
    const { promise: goOn, resolve: go } = Promise.withResolvers<void>()
    cleanup(() => go())
    const inHand: string[] = []
    const subscriber = (name: string, handle: (deliveries: Delivery[]) => Promise<void>) =>
      transport.subscribe({ name, topics: ['orders'], batchSize: 10, handle })
    subscriber('waits', async ([first]) => {
      inHand.push(first.record.key!)
      await goOn
    })
    let handled = 0
    subscriber('idle', async (deliveries) => void (handled += deliveries.length))
    await transport.send('orders', 1, [record('in hand')])
    await eventually('one waits, the other is done', () => inHand.length === 1 && handled === 1)

    const transaction = foreign.begin(`${prefix}orders`)
    cleanup(() => transaction.kill())
    await transaction.send({ ...record('foreign'), partition: 0 })
    await eventually('the idle one is held up', () => transport.stoppedPartitions().length > 0)
    assert.deepEqual(
      transport.stoppedPartitions().map(({ consumer }) => consumer),
      ['idle']
    )
  })

  for (const how of ['abort', 'commit'] as const) {
    test(`of another module hides messages from the proof until it ends (${how})`, async ({
      assert,
      cleanup,
    }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix)
      cleanup(() => transport.close())
      for (const topic of ['orders', 'inventory']) await transport.openTopic(topic)
      const transaction = foreign.begin(`${prefix}orders`)
      cleanup(() => transaction.kill())
      const inside = placed(keyOf(0, 3))
      await transaction.send({ ...inside, partition: 0 })
      const { modules } = messaging.config
      const inventory = modules.find(({ name }) => name === 'inventory')!
      const notHandled = async () => {
        const { findings } = await verify(
          [{ ...inventory, subscribedTo: messaging.subscribedTo('inventory') }],
          {
            ...{ olderThan: 0, retention: messaging.config.retention.outbox, namespace: NAMESPACE },
            contents: (topic, options) => transport.contents(topic, options),
          }
        )
        return findings.map(({ kind, messageId }) => [kind, messageId])
      }
      assert.deepEqual(await notHandled(), [])

      await transaction.end(how)
      const expected = how === 'commit' ? [['not_handled', inside.headers.ce_id]] : []
      await eventually('the proof has it', async () =>
        isDeepStrictEqual(await notHandled(), expected)
      )
    })
  }
})

function record(key: string) {
  return { key, value: Buffer.from('{}'), headers: { ce_id: uuidv7() } }
}

/** A message as another order service would send it. */
function placed(orderId: string) {
  const lines = [{ sku: 'FOREIGN', quantity: 1 }]
  const { data, ...event } = orderPlaced.about(orderId, { revision: 1, lines })
  return encode({ ...event, json: JSON.stringify(data) }, NAMESPACE)
}

async function isHandled(id: string) {
  const row = await db.connection('inventory').from('inbox').where('message_id', id).first()
  return row !== null
}
