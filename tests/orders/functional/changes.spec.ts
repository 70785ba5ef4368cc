import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { confirmed, messagesAbout, mugs, placed, shopOfMugs } from '#tests/support/orders'
import {
  emptyShop,
  fulfil,
  handleReply,
  patch,
  person,
  priced,
  read,
  type Person,
} from '#tests/support/shop'

const orders = () => db.connection('orders')

test.group('A customer changes an order', (group) => {
  let ada: Person

  group.setup(shopOfMugs)
  group.each.setup(async () => {
    ada = await person('customer', 'Ada')
  })

  test('that is pending: the new lines supersede the old, and inventory is told', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
    const changed = await patch(client, ada, id, '"1"', { lines: mugs(3) })
    changed.assertStatus(202)
    assert.equal(changed.header('etag'), '"2"')
    assert.containSubset(changed.body(), {
      status: 'pending',
      revision: 2,
      heldRevision: null,
      version: 2,
      requestedLines: null,
      total: { amount: 3_750, currency: 'EUR' },
    })
    const { number } = changed.body()
    assert.deepEqual(await said(id), [
      ['order_placed', { revision: 1, lines: mugs(2), number }],
      ['order_revised', { revision: 2, lines: mugs(3), number }],
    ])
  })

  test('that is confirmed: the held lines stay in force until the answer', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    const changed = await patch(client, ada, id, '"2"', { lines: mugs(5) })
    changed.assertStatus(202)
    const { lines, requestedLines, ...order } = changed.body()
    assert.containSubset(order, { status: 'updating', revision: 2, heldRevision: 1, version: 3 })
    assert.deepEqual([lines[0].quantity, requestedLines[0].quantity], [2, 5])

    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    const after = await read(client, ada, id)
    assert.containSubset(after.body(), { status: 'confirmed', heldRevision: 2, version: 4 })
    assert.deepEqual([after.body().lines[0].quantity, after.body().requestedLines], [5, null])
  })

  test('that stock cannot meet: it is declined, and what was held is still the order', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '"2"', { lines: mugs(9) })
    const shortages = [{ sku: 'MUG', requested: 9, available: 4 }]
    await handleReply(id, 'rejected', { revision: 2, heldRevision: 1, shortages })
    const declined = (await read(client, ada, id)).body()
    assert.containSubset(declined, { status: 'confirmed', revision: 2, heldRevision: 1, shortages })
    assert.equal(declined.lines[0].quantity, 2)

    const again = await patch(client, ada, id, '*', { lines: mugs(9) })
    again.assertStatus(202)
    assert.containSubset(again.body(), { status: 'updating', revision: 3, shortages: [] })
  })

  test('twice: the second supersedes the first, and a late answer moves only what is held', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '*', { lines: mugs(5) })
    await patch(client, ada, id, '*', { lines: [...mugs(5), { sku: 'PLATE', quantity: 1 }] })
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    const between = (await read(client, ada, id)).body()
    assert.containSubset(between, { status: 'updating', revision: 3, heldRevision: 2 })
    assert.deepEqual([between.lines.length, between.requestedLines.length], [1, 2])
    assert.equal(between.lines[0].quantity, 5)

    await handleReply(id, 'rejected', { revision: 3, heldRevision: 2 })
    const after = (await read(client, ada, id)).body()
    assert.containSubset(after, { status: 'confirmed', heldRevision: 2 })
    assert.equal(after.lines[0].quantity, 5)
  })

  test('keeps the price of units that it has, and pays today’s for further ones', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    await orders().from('price_list').where('sku', 'MUG').update({ price_amount: 9_999 })
    await orders().from('price_list').where('sku', 'PLATE').update({ price_amount: 950 })
    const lines = [...mugs(7), { sku: 'PLATE', quantity: 1 }]
    const { requestedLines } = (await patch(client, ada, id, '*', { lines })).body()
    assert.deepEqual(
      requestedLines.map((line: { unitPrice: { amount: number } }) => line.unitPrice.amount),
      [1_250, 9_999, 950]
    )
    await orders().from('price_list').where('sku', 'MUG').update({ price_amount: 1_250 })
  })

  test('keeps a product that has gone off sale, and cannot add one', async ({ client, assert }) => {
    const id = await confirmed(client, ada)
    await orders().from('price_list').update({ active: false })
    const kept = await patch(client, ada, id, '*', { lines: mugs(1) })
    kept.assertStatus(202)
    const lines = [...mugs(1), { sku: 'PLATE', quantity: 1 }]
    const added = await patch(client, ada, id, '*', { lines })
    added.assertStatus(422)
    assert.containSubset(added.body(), {
      code: 'not_for_sale',
      errors: [{ pointer: '/lines/1/sku' }],
    })
    await orders().from('price_list').update({ active: true })
  })

  test('to the same lines: nothing happens, whatever their order', async ({ client, assert }) => {
    const id = await placed(client, ada, {
      lines: [...mugs(2), { sku: 'PLATE', quantity: 1 }],
    })
    const lines = [
      { sku: 'plate', quantity: 1 },
      { sku: 'MUG', quantity: 1 },
      { sku: 'MUG', quantity: 1 },
    ]
    const same = await patch(client, ada, id, '"1"', { lines })
    same.assertStatus(200)
    assert.containSubset(same.body(), { revision: 1, version: 1 })
    assert.equal(same.header('etag'), '"1"')
    assert.lengthOf(await said(id), 1)
    ;(await patch(client, ada, id, '"1"', {})).assertStatus(200)
  })

  test('in contact details alone: a new version, no revision, no message', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    const shipTo = { name: 'Ada', address: ['1 Loom Street'], country: 'GB' }
    const shop = await person('service', 'shop')
    const changed = await patch(client, shop, id, '"2"', { email: 'new@example.com', shipTo })
    changed.assertStatus(200)
    assert.containSubset(changed.body(), {
      status: 'confirmed',
      revision: 1,
      version: 3,
      email: 'new@example.com',
      shipTo,
    })
    assert.lengthOf(await said(id), 1 + 1, 'order_placed, order_confirmed')
    const steps = await client.get(`/api/v1/orders/${id}/timeline`).bearerToken(ada.token)
    assert.containSubset(steps.body().data.at(-1), {
      sequence: 3,
      type: 'details_changed',
      actor: { kind: 'service' },
      detail: { changed: ['email', 'shipTo'] },
    })
    const gone = await patch(client, ada, id, '"3"', { shipTo: null, reference: 'R-1' })
    assert.containSubset(gone.body(), { shipTo: null, reference: 'R-1', version: 4 })
  })

  test('in lines and details at once', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const changed = await patch(client, ada, id, '"1"', { lines: mugs(1), name: 'Ada L.' })
    changed.assertStatus(202)
    assert.containSubset(changed.body(), { name: 'Ada L.', revision: 2, version: 2 })
  })

  for (const [status, reach] of [
    ['rejected', (id: string) => handleReply(id, 'rejected', { revision: 1, heldRevision: null })],
    [
      'cancelled',
      (id: string, client: ApiClient) =>
        client.post(`/api/v1/orders/${id}/cancellation`).bearerToken(ada.token),
    ],
    [
      'fulfilled',
      async (id: string, client: ApiClient) => {
        await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
        await fulfil(client, await person('clerk'), id, { revision: 1 })
      },
    ],
  ] as const) {
    test(`that is ${status}: it cannot, and is told what could be done`, async ({
      client,
      assert,
    }) => {
      const id = await placed(client, ada)
      await reach(id, client)
      for (const body of [{ lines: mugs(1) }, { email: 'new@example.com' }]) {
        const refused = await patch(client, ada, id, '*', body)
        refused.assertStatus(409)
        assert.containSubset(refused.body(), {
          code: 'order_not_open',
          current: { status },
          allowed: [],
        })
        assert.include(refused.body().detail, status)
      }
    })
  }
})

test.group('A change says which version it is based on', (group) => {
  let ada: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async () => {
    ada = await person('customer', 'Ada')
  })

  test('and is refused without', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const refused = await client
      .patch(`/api/v1/orders/${id}`)
      .bearerToken(ada.token)
      .json({ lines: mugs(1) })
    refused.assertStatus(428)
    assert.equal(refused.body().code, 'if_match_required')
  })

  test('in an ETag’s form', async ({ client, assert }) => {
    const id = await placed(client, ada)
    for (const seen of ['1', '"x"', '"1", 2', '"-1"', '""', 'W/1']) {
      const refused = await patch(client, ada, id, seen, { lines: mugs(1) })
      refused.assertStatus(400)
      assert.equal(refused.body().code, 'if_match_malformed', seen)
    }
    ;(await patch(client, ada, id, 'W/"1"', { lines: mugs(1) })).assertStatus(202)
  })

  test('and passes although inventory has replied since', async ({ client }) => {
    const id = await placed(client, ada)
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    ;(await patch(client, ada, id, '"1"', { lines: mugs(1) })).assertStatus(202)
  })

  test('and is refused when somebody has changed it since, with what it is now', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    await patch(client, ada, id, '"2"', { lines: mugs(4) })
    for (const seen of ['"1"', '"2"', '"9"']) {
      const stale = await patch(client, ada, id, seen, { lines: mugs(1) })
      stale.assertStatus(412)
      assert.equal(stale.header('etag'), '"3"')
      assert.containSubset(stale.body(), {
        code: 'version_moved',
        current: { status: 'updating', revision: 2, version: 3 },
      })
    }
  })

  test('and of two at once only one is made', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const answers = await Promise.all(
      [3, 4, 5, 6].map((quantity) => patch(client, ada, id, '"1"', { lines: mugs(quantity) }))
    )
    assert.sameMembers(
      answers.map((answer) => answer.status()),
      [202, 412, 412, 412]
    )
  })
})

test.group('A change that makes no sense', (group) => {
  let ada: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await priced('YEN', 100, 'JPY')
  })
  group.each.setup(async () => {
    ada = await person('customer', 'Ada')
  })

  const wrong: [what: string, body: object, code: string, pointer: string, says: RegExp][] = [
    ['to nothing', { lines: [] }, 'invalid_fields', '/lines', /cancel/],
    ['of status', { status: 'confirmed' }, 'invalid_fields', '/status', /known field/],
    ['of owner', { customerId: null }, 'invalid_fields', '/customerId', /known field/],
    [
      'to an unknown SKU',
      { lines: [{ sku: 'GHOST', quantity: 1 }] },
      'unknown_sku',
      '/lines/0/sku',
      /GHOST/,
    ],
    ['to no units', { lines: mugs(0) }, 'invalid_fields', '/lines/0/quantity', /at least 1/],
    ['to no e-mail', { email: '' }, 'invalid_fields', '/email', /e-mail/],
  ]
  for (const [what, body, code, pointer, says] of wrong) {
    test(`${what} is refused by name`, async ({ client, assert }) => {
      const id = await placed(client, ada)
      const refused = await patch(client, ada, id, '*', body)
      refused.assertStatus(422)
      assert.equal(refused.body().code, code)
      assert.equal(refused.body().errors[0].pointer, pointer)
      assert.match(refused.body().errors[0].detail, says)
    })
  }

  test('into another currency is refused', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const refused = await patch(client, ada, id, '*', { lines: [{ sku: 'YEN', quantity: 1 }] })
    refused.assertStatus(422)
    assert.equal(refused.body().code, 'mixed_currencies')
  })

  test('of somebody else’s order finds none', async ({ client }) => {
    const id = await placed(client, ada)
    const bob = await person('customer', 'Bob')
    ;(await patch(client, bob, id, '*', { lines: mugs(1) })).assertStatus(404)
    ;(await patch(client, ada, 'no-id', '*', { lines: mugs(1) })).assertStatus(404)
    ;(await patch(client, await person('operator'), id, '*', {})).assertStatus(403)
  })
})

async function said(id: string) {
  const messages = await messagesAbout(id)
  return messages.map(({ type, data }) => [type, data])
}
