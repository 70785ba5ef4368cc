import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { orderCancelled, orderPlaced } from '#contracts/messages/orders'
import { handleWithin } from '#messaging/inbox/subscription'
import { applyTargets } from '#inventory/reservations/apply_targets'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

/** POST /stock/:sku/restocks */
function restock(client: ApiClient, by: Person, sku: string, body: object, key?: string) {
  return client
    .post(`/api/v1/stock/${sku}/restocks`)
    .bearerToken(by.token)
    .header('idempotency-key', key ?? randomUUID())
    .json(body)
}

const read = (client: ApiClient, by: Person, path: string) =>
  client.get(`/api/v1/stock${path}`).bearerToken(by.token)

test.group('A restock', (group) => {
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG', 12)
  })

  test('is answered with the movement, as the ledger shows it', async ({ client, assert }) => {
    const restocked = await restock(client, clerk, 'mug', { quantity: 40, reference: 'PO-1187' })
    restocked.assertStatus(201)
    const { alreadyBooked, ...entry } = restocked.body()
    assert.isNull(alreadyBooked)
    const { id, at, ...movement } = entry
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(movement, {
      sku: 'MUG',
      kind: 'restock',
      onHandDelta: 40,
      reservedDelta: 0,
      onHand: 52,
      reserved: 0,
      reason: null,
      note: null,
      reference: 'PO-1187',
      actor: { kind: 'staff', id: clerk.id, name: 'Grace' },
      orderId: null,
      revision: null,
      messageId: null,
      importId: null,
      reversalOf: null,
    })
    const ledger = await read(client, clerk, '/MUG/movements')
    assert.deepEqual(ledger.body().data[0], entry)
    const balance = await read(client, clerk, '/MUG')
    assert.deepEqual(balance.body(), {
      sku: 'MUG',
      name: 'Product MUG',
      onHand: 52,
      reserved: 0,
      available: 52,
      lowStockAt: null,
      version: 1,
    })
  })

  test('says so on the topic', async ({ client, assert }) => {
    await product('CUP', 0)
    await restock(client, clerk, 'CUP', { quantity: 3 })
    const said = await inventory().from('outbox').where('key', 'CUP').orderBy('id', 'desc').first()
    assert.containSubset(said, { topic: 'inventory', type: 'stock_restocked', version: 1 })
    const data = { sku: 'CUP', quantity: 3, onHand: 3, reserved: 0, reference: null }
    assert.deepEqual(said.data, data)
  })

  test('is counted once under one key', async ({ client, assert }) => {
    await product('POT', 1)
    const key = randomUUID()
    const first = await restock(client, clerk, 'POT', { quantity: 5 }, key)
    const again = await restock(client, clerk, 'POT', { quantity: 5 }, key)
    again.assertStatus(201)
    assert.deepEqual(again.body(), first.body())
    assert.equal(again.header('idempotent-replayed'), 'true')
    const other = await restock(client, clerk, 'POT', { quantity: 6 }, key)
    other.assertStatus(422)
    assert.equal(other.body().code, 'idempotency_key_reused')
    const without = await client
      .post('/api/v1/stock/POT/restocks')
      .bearerToken(clerk.token)
      .json({ quantity: 5 })
    without.assertStatus(400)
    const balance = await read(client, clerk, '/POT')
    assert.equal(balance.body().onHand, 6)
  })

  test('sent ten times at once under one key adds its units once', async ({ client, assert }) => {
    await product('PAN', 1)
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => restock(client, clerk, 'PAN', { quantity: 5 }, key))
    )
    assert.isTrue(answers.every((answer) => [201, 409].includes(answer.status())))
    const balance = await read(client, clerk, '/PAN')
    assert.equal(balance.body().onHand, 6)
  })

  test('by many at once adds up', async ({ client, assert }) => {
    await product('LID', 0)
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => restock(client, clerk, 'LID', { quantity: n + 1 }))
    )
    const balance = await read(client, clerk, '/LID')
    assert.equal(balance.body().onHand, 210)
    const ledger = await read(client, clerk, '/LID/movements')
    const highest = Math.max(...ledger.body().data.map(({ onHand }: { onHand: number }) => onHand))
    assert.equal(highest, 210)
  })

  test('of what nobody knows is a 404, and its key is free again', async ({ client, assert }) => {
    const key = randomUUID()
    const missing = await restock(client, clerk, 'GHOST', { quantity: 1 }, key)
    missing.assertStatus(404)
    assert.equal(missing.body().code, 'not_found')
    await product('GHOST', 0)
    const listed = await restock(client, clerk, 'GHOST', { quantity: 1 }, key)
    listed.assertStatus(201)
  })

  test('is of 1 to 1,000,000 units', async ({ client, assert }) => {
    for (const quantity of [0, -1, 1.5, 1_000_001, '5', null, undefined]) {
      const refused = await restock(client, clerk, 'MUG', { quantity })
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, '/quantity')
    }
    const reference = await restock(client, clerk, 'MUG', {
      quantity: 1,
      reference: 'r'.repeat(65),
    })
    reference.assertStatus(422)
    const badSku = await restock(client, clerk, '-MUG', { quantity: 1 })
    badSku.assertStatus(422)
  })

  test('never lifts on hand above 2,000,000,000', async ({ client, assert }) => {
    await product('SAND', 1)
    await inventory().from('stock_items').where('sku', 'SAND').update({ on_hand: 1_999_999_990 })
    const tooMuch = await restock(client, clerk, 'SAND', { quantity: 11 })
    tooMuch.assertStatus(409)
    assert.equal(tooMuch.body().code, 'on_hand_too_large')
    const full = await restock(client, clerk, 'SAND', { quantity: 10 })
    assert.equal(full.body().onHand, 2_000_000_000)
  })

  test('is for clerks and administrators', async ({ client }) => {
    for (const role of ['customer', 'operator', 'service'] as const) {
      const refused = await restock(client, await person(role), 'MUG', { quantity: 1 })
      refused.assertStatus(403)
    }
    const done = await restock(client, await person('admin'), 'MUG', { quantity: 1 })
    done.assertStatus(201)
  })
})

test.group('The stock ledger', (group) => {
  group.setup(async () => {
    await emptyShop()
    await product('MUG', 5)
  })

  const changes = [
    'update movements set on_hand_delta = 6',
    'delete from movements',
    'truncate movements',
  ]
  for (const change of changes) {
    test(`refuses "${change}", also to its owner`, async ({ assert }) => {
      await assert.rejects(() => inventory().rawQuery(change), /permission denied/)
      const owner = db.connection('inventory_owner')
      await assert.rejects(() => owner.rawQuery(change), /append-only/)
    })
  }
})

test.group('Reading stock', (group) => {
  const orderId = randomUUID()
  const placed = orderPlaced.about(orderId, {
    revision: 1,
    lines: [
      { sku: 'MUG', quantity: 2 },
      { sku: 'CUP', quantity: 1 },
    ],
  })

  group.setup(async () => {
    await emptyShop()
    await product('MUG', 5)
    await product('CUP', 5)
    const once = orderPlaced.about(randomUUID(), {
      revision: 1,
      lines: [{ sku: 'CUP', quantity: 1 }],
    })
    const gone = orderCancelled.about(once.key, { revision: 2, lines: [], reason: null })
    await inventory().transaction((trx) => handleWithin(trx, applyTargets, [placed, once, gone]))
  })

  test('shows the balances to staff and services', async ({ client, assert }) => {
    for (const role of ['clerk', 'operator', 'admin', 'service'] as const) {
      const reader = await person(role)
      const list = await read(client, reader, '')
      const balances = list
        .body()
        .data.map(({ sku, onHand, reserved, available }: Record<string, unknown>) => [
          sku,
          onHand,
          reserved,
          available,
        ])
      assert.deepEqual(balances, [
        ['CUP', 5, 1, 4],
        ['MUG', 5, 2, 3],
      ])
      const one = await read(client, reader, '/mug')
      assert.deepEqual(one.body(), list.body().data[1])
      assert.match(one.header('etag')!, /^"1\.[\da-f]{16}"$/)
    }
  })

  test('shows behind a reservation its order, revision and message', async ({ client, assert }) => {
    const ledger = await read(client, await person('clerk'), '/MUG/movements?limit=1')
    assert.containSubset(ledger.body().data[0], {
      kind: 'reserve',
      onHandDelta: 0,
      reservedDelta: 2,
      onHand: 5,
      reserved: 2,
      actor: { kind: 'system', id: null, name: null },
      orderId,
      revision: 1,
      messageId: placed.id,
    })
    const kinds = await read(client, await person('service'), '/CUP/movements')
    assert.deepEqual(
      kinds.body().data.map(({ kind }: { kind: string }) => kind),
      ['release', 'reserve', 'reserve', 'restock']
    )
  })

  test('shows operators what each order holds, and only those that hold something', async ({
    client,
    assert,
  }) => {
    for (const role of ['operator', 'admin'] as const) {
      const holdings = await read(client, await person(role), '/holdings')
      const lines = [
        { sku: 'CUP', quantity: 1 },
        { sku: 'MUG', quantity: 2 },
      ]
      assert.deepEqual(holdings.body(), {
        data: [{ orderId, heldRevision: 1, lines }],
        next: null,
      })
    }
    for (const role of ['customer', 'clerk', 'service'] as const) {
      const refused = await read(client, await person(role), '/holdings')
      refused.assertStatus(403)
    }
  })

  test('is not for customers, and knows no strangers', async ({ client }) => {
    const customer = await person('customer')
    for (const path of ['', '/MUG', '/MUG/movements']) {
      const refused = await read(client, customer, path)
      refused.assertStatus(403)
    }
    const clerk = await person('clerk')
    for (const path of ['/GHOST', '/GHOST/movements', '/%00', '/M%2FUG']) {
      const missing = await read(client, clerk, path)
      missing.assertStatus(404)
    }
  })
})
