/*
 * Record batches of every codec, in both directions: of other programs, of ourselves, and recompressed by
 * the broker.
 */
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { Kafka, logLevel } from 'kafkajs'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import { productListed } from '#contracts/messages/inventory'
import { orderPlaced } from '#contracts/messages/orders'
import { encode, type Message } from '#messaging/message/message'
import { Messaging } from '#messaging/messaging'
import messaging from '#messaging/service'
import { topicsOf } from '#messaging/topics'
import { COMPRESSIONS } from '#messaging/transports/kafka/client'
import { emptyShop, person, post, product } from '#tests/support/shop'
import { freshPrefix, kafkaTransport } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'
import { eventually } from '#tests/support/eventually'
import { brokers } from '#tests/support/kafka/broker'
import { ForeignClient } from '#tests/support/kafka/foreign_client'
import { python } from '#tests/support/processes/python'

const kafka = await brokers()
const interpreter = kafka && (await python())
const codecs = COMPRESSIONS.filter((codec) => codec !== 'none')

/** What is missing is printed where it is looked for. */
const missing = kafka && interpreter ? null : 'LEFT OUT: no Kafka, or no Python for another client'
const foreign = new ForeignClient(interpreter ?? '', kafka ?? [])

test.group('Compressed record batches', (group) => {
  group.tap((one) => one.skip(missing !== null, missing ?? ''))
  group.each.setup(() => emptyShop())

  for (const codec of codecs) {
    test(`in ${codec} from another producer are handled by both consumers`, async ({ cleanup }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix)
      await transport.openTopic('orders')
      await transport.openTopic('inventory')
      cleanup(await startWorkers(transport))
      const placed = Array.from({ length: 60 }, () =>
        orderPlaced.about(uuidv7(), { revision: 1, lines: [{ sku: noise(), quantity: 1 }] })
      )
      const listed = Array.from({ length: 60 }, (_, place) => {
        const price = { amount: 100, currency: 'EUR' }
        const sku = `FOREIGN-${place}`
        return productListed.about(sku, {
          sku,
          name: 'x'.repeat(150),
          price,
          active: true,
          version: 1,
        })
      })
      await foreign.produce(`${prefix}orders`, codec, placed.map(record))
      await foreign.produce(`${prefix}inventory`, codec, listed.map(record))
      await eventually(
        'orders are handled',
        async () => (await handledBy('inventory', placed)) === 60
      )
      await eventually(
        'products are handled',
        async () => (await handledBy('orders', listed)) === 60
      )
    })

    test(`recompressed by the broker (compression.type=${codec}) delay no order`, async ({
      assert,
      client,
      cleanup,
    }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix)
      for (const topic of ['orders', 'inventory']) {
        await transport.openTopic(topic)
        await setCompressionType(`${prefix}${topic}`, codec)
        await eventually(
          'the setting holds',
          async () => (await transport.findTopic(topic))?.compressionType === codec
        )
      }
      cleanup(await startWorkers(transport))
      const ada = await person('customer', 'Ada')
      await product('CUP', 100)
      await waitUntilIdle()
      const placed = await Promise.all(
        Array.from({ length: 20 }, () =>
          post(client, ada, { lines: [{ sku: 'CUP', quantity: 2 }] })
        )
      )
      await waitUntilIdle()
      const states = await db
        .connection('orders')
        .from('orders')
        .whereIn(
          'id',
          placed.map((answer) => answer.body().id)
        )
        .select('status')
      assert.deepEqual(new Set(states.map(({ status }) => status)), new Set(['confirmed']))
      assert.lengthOf(states, 20)
      const proof = await messaging.verify(0, transport)
      assert.deepEqual(proof.findings, [])
    })
  }

  test('are reported: messaging:topics and the log of a start name compression.type', async ({
    assert,
    cleanup,
  }) => {
    const topicPrefix = freshPrefix()
    const lines: object[] = []
    const logger = { info: (line: object) => lines.push(line), warn() {}, debug() {} } as never
    const transport = kafkaTransport(undefined, topicPrefix, { compression: 'lz4', logger })
    cleanup(() => transport.close())
    await transport.openTopic('orders')
    await setCompressionType(`${topicPrefix}orders`, 'gzip')
    const operator = new Messaging(
      { ...messaging.config, transport: () => kafkaTransport(undefined, topicPrefix, { logger }) },
      db as never,
      logger
    )
    await eventually('the setting is reported', async () => {
      const topics = await topicsOf(operator, { create: false })
      return isDeepStrictEqual(topics, [
        { topic: 'orders', partitions: 3, compressionType: 'gzip' },
        { topic: 'inventory', partitions: null, compressionType: null },
      ])
    })
    assert.deepEqual(lines, [
      { topic: 'orders', partitions: 3, compressionType: 'producer', sentAs: 'lz4' },
    ])
  })

  for (const compression of COMPRESSIONS) {
    test(`are sent with KAFKA_COMPRESSION=${compression} and read by another client`, async ({
      assert,
      cleanup,
    }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix, { compression, partitions: 1 })
      cleanup(() => transport.close())
      await transport.openTopic('orders')
      const values = ['', 'a', 'ü€'.repeat(50_000), randomBytes(90_000).toString('base64')]
      for (let size = 1; size < 60_000; size *= 3) values.push('word '.repeat(size / 5) + size)
      const records = values.map((value, place) => ({
        key: `k${place}`,
        value: Buffer.from(value),
        headers: { ce_id: uuidv7() },
      }))
      await transport.send('orders', 0, records)
      assert.deepEqual(
        await foreign.consume(`${prefix}orders`, records.length),
        values.map((value, place) => ({ key: `k${place}`, value }))
      )
      const { messageIds } = await transport.contents('orders')
      assert.isTrue(records.every(({ headers }) => messageIds.has(headers.ce_id)))
    })
  }
})

async function setCompressionType(topic: string, codec: string) {
  const client = new Kafka({ brokers: kafka!, logLevel: logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      { type: 2, name: topic, configEntries: [{ name: 'compression.type', value: codec }] },
    ],
  })
  await admin.disconnect()
}

/** In partition 0, as our relay would write it. */
function record({ data, ...message }: Message) {
  return { partition: 0, ...encode({ ...message, json: JSON.stringify(data) }, NAMESPACE) }
}

/** An SKU that compresses badly. */
function noise() {
  return randomBytes(20).toString('hex').toUpperCase()
}

async function handledBy(consumer: 'orders' | 'inventory', messages: Message[]) {
  const rows = await db
    .connection(consumer)
    .from('inbox')
    .whereIn(
      'message_id',
      messages.map(({ id }) => id)
    )
  return rows.length
}
