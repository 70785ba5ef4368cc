import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { deleteOldKeys, lockText } from '#http/idempotency'
import {
  emptyShop,
  handleReply,
  patch,
  person,
  post,
  priced,
  type Person,
} from '#tests/support/shop'

const orders = () => db.connection('orders')
const oneMug = { lines: [{ sku: 'MUG', quantity: 1 }] }

test.group('An Idempotency-Key on POST /orders', (group) => {
  let customer: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async () => {
    customer = await person('customer', 'Ada')
  })

  test('repeats the answer to an equal payload, its members in any order', async ({
    client,
    assert,
  }) => {
    const key = randomUUID()
    const first = await post(client, customer, { reference: 'a', ...oneMug }, key)
    const again = await post(
      client,
      customer,
      { lines: [{ quantity: 1, sku: 'MUG' }], reference: 'a' },
      key
    )
    again.assertStatus(202)
    assert.deepEqual(again.body(), first.body())
    assert.equal(again.header('idempotent-replayed'), 'true')
    assert.equal(again.header('location'), first.header('location'))
    assert.equal(again.header('etag'), first.header('etag'))
    assert.isUndefined(first.header('idempotent-replayed'))
    assert.equal(await placedBy(customer), 1)
  })

  test('refuses another payload', async ({ client, assert }) => {
    const key = randomUUID()
    await post(client, customer, oneMug, key)
    const other = await post(client, customer, { lines: [{ sku: 'MUG', quantity: 2 }] }, key)
    other.assertStatus(422)
    assert.equal(other.body().code, 'idempotency_key_reused')
    const unknown = await post(client, customer, { lines: [{ sku: 'NONE', quantity: 1 }] }, key)
    assert.equal(unknown.body().code, 'idempotency_key_reused')
    assert.equal(await placedBy(customer), 1)
  })

  test('asks for patience while its first request is being handled', async ({ client, assert }) => {
    const key = randomUUID()
    const scope = { accountId: customer.id, method: 'POST', path: '/api/v1/orders', key }
    const lock = lockText({ ...scope, payloadHash: '' })
    await orders().transaction(async (trx) => {
      await trx.rawQuery('select pg_advisory_xact_lock(hashtextextended(?, 0))', [lock])
      const early = await post(client, customer, oneMug, key)
      early.assertStatus(409)
      assert.equal(early.body().code, 'request_in_progress')
      assert.equal(early.header('retry-after'), '1')
    })
    const later = await post(client, customer, oneMug, key)
    later.assertStatus(202)
  })

  test('makes one order of posts sent at the same moment', async ({ client, assert }) => {
    const keys = Array.from({ length: 10 }, () => randomUUID())
    const answers = await Promise.all(
      [...keys, ...keys, ...keys].map((key) => post(client, customer, oneMug, key))
    )
    assert.isTrue(answers.every((answer) => [202, 409].includes(answer.status())))
    const firsts = answers.filter(
      (answer) => answer.status() === 202 && !answer.header('idempotent-replayed')
    )
    assert.lengthOf(firsts, 10)
    assert.equal(await placedBy(customer), 10)
  })

  test('repeats its answer after the product has gone off sale', async ({ client, assert }) => {
    await priced('LAST-CHANCE')
    const key = randomUUID()
    const body = { lines: [{ sku: 'LAST-CHANCE', quantity: 1 }] }
    const first = await post(client, customer, body, key)
    await orders().from('price_list').where('sku', 'LAST-CHANCE').update({ active: false })
    const again = await post(client, customer, body, key)
    again.assertStatus(202)
    assert.deepEqual(again.body(), first.body())
    const repeated = await post(client, customer, body)
    assert.equal(repeated.body().code, 'not_for_sale')
    const theirs = await post(client, await person('customer', 'Bob'), body, key)
    assert.equal(theirs.body().code, 'not_for_sale', 'the key of another account')
  })

  test('is the account’s own: the same key of another account is another order', async ({
    client,
    assert,
  }) => {
    const key = randomUUID()
    const mine = await post(client, customer, oneMug, key)
    const theirs = await post(client, await person('customer', 'Bob'), oneMug, key)
    theirs.assertStatus(202)
    assert.notEqual(theirs.body().id, mine.body().id)
  })

  test('is still free after a rejection: the corrected order is accepted under it', async ({
    client,
    assert,
  }) => {
    const key = randomUUID()
    const wrong = await post(client, customer, { lines: [{ sku: 'MUGG', quantity: 1 }] }, key)
    wrong.assertStatus(422)
    const mended = await post(client, customer, oneMug, key)
    mended.assertStatus(202)
    assert.isUndefined(mended.header('idempotent-replayed'))
  })

  test('belongs to the same payload whether an optional field is null or missing', async ({
    client,
    assert,
  }) => {
    const line = oneMug.lines[0]
    const spellings = [
      oneMug,
      { ...oneMug, reference: null, shipTo: null, customerId: null, expectedTotal: null },
      { lines: [{ ...line, unitPrice: null }], email: null, name: null },
    ]
    for (const first of spellings) {
      const key = randomUUID()
      const { id } = (await post(client, customer, first, key)).body()
      for (const again of spellings) {
        const repeated = await post(client, customer, again, key)
        assert.deepEqual([repeated.status(), repeated.body().id], [202, id])
      }
    }
  })

  test('belongs to another payload where null clears a field', async ({ client, assert }) => {
    const { id } = (await post(client, customer, { ...oneMug, reference: 'mine' })).body()
    const key = randomUUID()
    const change = (body: object) =>
      patch(client, customer, id, '*', body).header('idempotency-key', key)
    ;(await change({ name: 'Ada L.' })).assertStatus(200)
    ;(await change({ name: 'Ada L.', lines: null })).assertStatus(200)
    const cleared = await change({ name: 'Ada L.', reference: null })
    assert.deepEqual([cleared.status(), cleared.body().code], [422, 'idempotency_key_reused'])
  })

  test('is required, and of 1 to 255 visible ASCII characters', async ({ client, assert }) => {
    const without = await client.post('/api/v1/orders').bearerToken(customer.token).json(oneMug)
    without.assertStatus(400)
    assert.equal(without.body().code, 'idempotency_key_missing')
    for (const key of ['k'.repeat(256), 'two words', 'caf\u00e9']) {
      const invalid = await post(client, customer, oneMug, key)
      invalid.assertStatus(400)
      assert.equal(invalid.body().code, 'idempotency_key_invalid')
    }
    const longest = await post(client, customer, oneMug, 'k'.repeat(255))
    longest.assertStatus(202)
  })
})

test.group('An Idempotency-Key', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })

  test('on a fulfilment is honoured: one parcel, whatever is sent again', async ({
    client,
    assert,
  }) => {
    const clerk = await person('clerk')
    const id = (await post(client, await person('customer', 'Ada'), oneMug)).body().id
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    const key = randomUUID()
    const ship = (trackingNumber: string) =>
      client
        .post(`/api/v1/orders/${id}/fulfilment`)
        .bearerToken(clerk.token)
        .header('idempotency-key', key)
        .json({ revision: 1, trackingNumber })
    const first = await ship('JD01')
    first.assertStatus(200)
    const again = await ship('JD01')
    again.assertStatus(200)
    assert.equal(again.header('idempotent-replayed'), 'true')
    assert.deepEqual(again.body(), first.body())
    const other = await ship('JD02')
    assert.deepEqual([other.status(), other.body().code], [422, 'idempotency_key_reused'])
  })

  test('is forgotten after a day, and not before', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const [old, young] = [randomUUID(), randomUUID()]
    for (const key of [old, young]) await post(client, ada, oneMug, key)
    const keys = () => orders().from('idempotency_keys').whereIn('key', [old, young])
    const aged = (hours: number) => new Date(Date.now() - hours * 3_600_000)
    await keys()
      .where('key', old)
      .update({ created_at: aged(24.1) })
    await keys()
      .where('key', young)
      .update({ created_at: aged(23.9) })
    // More than one statement takes, from a day with many orders.
    await orders().rawQuery(
      `insert into idempotency_keys select account_id, method, path, 'of many ' || n, payload_hash, status, headers,
         body, created_at from idempotency_keys, generate_series(1, 6000) as n where key = ?`,
      [old]
    )
    assert.isAtLeast(await deleteOldKeys(orders()), 6_001)
    assert.deepEqual(
      (await keys()).map(({ key }) => key),
      [young]
    )
  })
})

async function placedBy({ id }: Person): Promise<number> {
  const [{ n }] = await orders().from('orders').where('customer_id', id).count('* as n')
  return n
}
