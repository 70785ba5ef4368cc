/*
 * What others may write on our topics: none of it stops an order.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import { orderPlaced } from '#contracts/messages/orders'
import messaging from '#messaging/service'
import { encode, type WireRecord } from '#messaging/message/message'
import { keyHash } from '#messaging/message/partition'
import type { Transport } from '#messaging/transports/transport'
import { emptyShop, person, post, product, type Person } from '#tests/support/shop'
import { transports } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'
import { eventually } from '#tests/support/eventually'

for (const [name, makeTransport] of transports) {
  test.group(`Beside an order on ${name}`, (group) => {
    let transport: Transport
    let customer: Person

    group.setup(async () => {
      await emptyShop()
      transport = makeTransport()
      return startWorkers(transport)
    })
    group.each.setup(async () => {
      customer = await person('customer')
    })

    const junk: [string, (good: WireRecord) => WireRecord][] = [
      ['a value that is not JSON', (good) => ({ ...good, value: Buffer.from('{"revision":') })],
      ['no headers', (good) => ({ ...good, headers: {} })],
      ['a foreign source', (good) => withHeader(good, 'ce_source', '/billing')],
      ['no key', (good) => ({ ...good, key: null })],
    ]
    for (const [what, spoil] of junk) {
      test(`${what} becomes a dead letter and blocks no key`, async ({ client, assert }) => {
        const sku = `CUP-${uuidv7().slice(-6).toUpperCase()}`
        await product(sku, 5)
        await waitUntilIdle()
        const good = target(uuidv7(), sku)
        await send(transport, spoil(good), good)
        const placed = await post(client, customer, { lines: [{ sku, quantity: 1 }] })
        await waitUntilIdle()
        const order = await client.get(placed.header('location')!).bearerToken(customer.token)
        assert.equal(order.body().status, 'confirmed')
        const letters = await inventory('dead_letters').orderBy('id', 'desc').limit(1)
        assert.containSubset(letters, [{ reason: 'junk', consumer: 'inventory' }])
        assert.lengthOf(await inventory('waiting_keys'), 0)
        await eventually(
          'the good one is handled',
          async () => (await inventory('inbox').where('message_id', idOf(good))).length === 1
        )
      })
    }

    const foreign: [string, string][] = [
      ['a type that nobody here handles', 'quartermaster.orders.order_praised.v1'],
      ['a version that nobody here handles', 'quartermaster.orders.order_placed.v9'],
    ]
    for (const [what, ceType] of foreign) {
      test(`${what} is skipped, and kept for a later version of the app`, async ({ assert }) => {
        const passed = withHeader(target(uuidv7(), 'ANY'), 'ce_type', ceType)
        const good = target(uuidv7(), 'ANY')
        const before = await inventory('dead_letters').count('* as n')
        await send(transport, passed, good)
        await eventually(
          'the good one is handled',
          async () => (await inventory('inbox').where('message_id', idOf(good))).length === 1
        )
        assert.lengthOf(await inventory('inbox').where('message_id', idOf(passed)), 0)
        assert.deepEqual(await inventory('dead_letters').count('* as n'), before)
      })
    }

    test('data that violates its schema becomes a dead letter and blocks its key', async ({
      assert,
    }) => {
      const key = uuidv7()
      const bad = invalid(key)
      const behind = target(key, 'ANY')
      const other = target(keyBeside(key), 'ANY')
      await send(transport, bad, behind, other)
      await eventually(
        'the other key flows',
        async () => (await inventory('inbox').where('message_id', idOf(other))).length === 1
      )
      const letters = await inventory('dead_letters').where('key', key).orderBy('id')
      assert.deepEqual(
        letters.map(({ reason, message_id: id }) => [reason, id]),
        [
          ['failed', idOf(bad)],
          ['waiting', idOf(behind)],
        ]
      )
      assert.match(letters[0].error_message, /revision/)
    })

    test('3,000 records with invalid data, each with its own key, delay no order', async ({
      client,
      assert,
    }) => {
      const sku = `CUP-${uuidv7().slice(-6).toUpperCase()}`
      await product(sku, 5)
      await waitUntilIdle()
      const partitions = await transport.openTopic('orders')
      const count = 3_000 / partitions
      const before = await deadLetters()
      const written = Array.from({ length: partitions }, (_, partition) => {
        const records = Array.from({ length: count }, () => invalid(uuidv7()))
        return transport.send('orders', partition, records)
      })
      await Promise.all(written)
      const placed = await post(client, customer, { lines: [{ sku, quantity: 1 }] })
      let paused = false
      await eventually('the order is confirmed', async () => {
        paused ||= messaging.workers().consumers.some((consumer) => consumer.paused)
        const order = await client.get(placed.header('location')!).bearerToken(customer.token)
        return paused || order.body().status === 'confirmed'
      })
      assert.isFalse(paused)
      await eventually('all are dead letters', async () => (await deadLetters()) - before === 3_000)
      assert.notInclude(messaging.warnings().join(), 'paused')
    })
  })
}

function target(key: string, sku: string) {
  const message = orderPlaced.about(key, { revision: 1, lines: [{ sku, quantity: 1 }] })
  return encode({ ...message, json: JSON.stringify(message.data) }, NAMESPACE)
}

function invalid(key: string): WireRecord {
  return { ...target(key, 'ANY'), value: Buffer.from('{"revision":"one","lines":[]}') }
}

async function deadLetters() {
  const [{ n }] = await inventory('dead_letters').count('* as n')
  return Number(n)
}

function withHeader(record: WireRecord, header: string, value: string): WireRecord {
  return { ...record, headers: { ...record.headers, [header]: value } }
}

function idOf({ headers }: WireRecord) {
  return headers.ce_id
}

/** Another key of the same partition. */
function keyBeside(key: string) {
  for (;;) {
    const other = uuidv7()
    if (keyHash(other) % 3 === keyHash(key) % 3) return other
  }
}

/** Straight into the topic, past any outbox; into the partition of the last one's key. */
async function send(transport: Transport, ...records: WireRecord[]) {
  const partitions = await transport.openTopic('orders')
  await transport.send('orders', keyHash(records.at(-1)!.key!) % partitions, records)
}

function inventory(table: string) {
  return db.connection('inventory').from(table)
}
