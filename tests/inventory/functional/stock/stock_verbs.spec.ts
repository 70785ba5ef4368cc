/*
 * Adjusting, counting and undoing.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { directConnection } from '#config/database'
import { SYSTEM } from '#contracts/actor'
import { countStock } from '#inventory/stock/count_stock'
import { reconcile } from '#inventory/stock/reconcile'
import { emptyShop, person, product, type Person } from '#tests/support/shop'
import { held } from '#tests/support/reservations'
import { eventually } from '#tests/support/eventually'

const inventory = () => db.connection('inventory')

let clerk: Person

async function openStockRoom() {
  await emptyShop()
  clerk = await person('clerk', 'Grace')
}

function change(client: ApiClient, path: string, body: object = {}, by = clerk) {
  return client
    .post(`/api/v1/stock/${path}`)
    .bearerToken(by.token)
    .header('idempotency-key', randomUUID())
    .json(body)
}

async function balance(client: ApiClient, sku: string) {
  const { onHand, reserved } = (
    await client.get(`/api/v1/stock/${sku}`).bearerToken(clerk.token)
  ).body()
  return { onHand, reserved }
}

/** Restocked, adjusted or, by 0, counted. */
function changed(client: ApiClient, sku: string, delta: number) {
  if (delta > 0) return change(client, `${sku}/restocks`, { quantity: delta })
  if (delta < 0) return change(client, `${sku}/adjustments`, { delta, reason: 'loss' })
  return change(client, `${sku}/counts`, { counted: 12, expectedOnHand: 10 })
}

async function said(sku: string, type: string) {
  const rows = await inventory().from('outbox').where({ key: sku, type }).orderBy('id')
  return rows.map(({ data }) => data)
}

async function inOrder() {
  return (await reconcile(directConnection('inventory'))).differences
}

test.group('An adjustment', (group) => {
  group.setup(openStockRoom)

  test('moves what is on hand by so many pieces, says why, and tells the others', async ({
    client,
    assert,
  }) => {
    await product('MUG', 12)
    const lost = { delta: -2, reason: 'damaged', note: 'Wet' }
    const answer = await change(client, 'mug/adjustments', lost)
    answer.assertStatus(201)
    assert.containSubset(answer.body(), {
      ...{
        sku: 'MUG',
        kind: 'adjust',
        onHandDelta: -2,
        onHand: 10,
        reason: 'damaged',
        note: 'Wet',
      },
      actor: { kind: 'staff', name: 'Grace' },
    })
    assert.deepEqual(await said('MUG', 'stock_adjusted'), [
      {
        ...{ sku: 'MUG', cause: 'adjust', delta: -2, onHand: 10, reserved: 0 },
        ...{ reason: 'damaged', reference: null },
      },
    ])
    assert.isEmpty(await inOrder())
  })

  test('takes nothing from orders: they are named, the newest first', async ({
    client,
    assert,
  }) => {
    await product('CUP', 10)
    const [first, second] = [await held('CUP', 3), await held('CUP', 5)]
    const refused = await change(client, 'CUP/adjustments', { delta: -3, reason: 'loss' })
    refused.assertStatus(409)
    const { code, reserved, holders, detail } = refused.body()
    assert.deepEqual([code, reserved, holders.count], ['reserved_exceeds', 8, 2])
    assert.sameDeepMembers(holders.newest, [
      { orderId: first, quantity: 3, number: null },
      { orderId: second, quantity: 5, number: null },
    ])
    assert.include(detail, '2 orders hold 8')
    assert.deepEqual(await balance(client, 'CUP'), { onHand: 10, reserved: 8 })
    ;(await change(client, 'CUP/adjustments', { delta: -2, reason: 'loss' })).assertStatus(201)
  })

  for (const [what, body, pointer] of [
    ['by nothing', { delta: 0, reason: 'loss' }, '/delta'],
    ['by a part of a piece', { delta: 1.5, reason: 'loss' }, '/delta'],
    ['by 1e309', { delta: Number.MAX_VALUE, reason: 'loss' }, '/delta'],
    ['by more than a million', { delta: -1_000_001, reason: 'loss' }, '/delta'],
    ['without a reason', { delta: 1 }, '/reason'],
    ['for a reason of its own', { delta: 1, reason: 'count' }, '/reason'],
    ['with a note of 501 characters', { delta: 1, reason: 'loss', note: 'x'.repeat(501) }, '/note'],
  ] as const) {
    test(`is refused ${what}`, async ({ client, assert }) => {
      const refused = await change(client, 'MUG/adjustments', body)
      refused.assertStatus(422)
      assert.include(refused.body().errors[0].pointer, pointer)
    })
  }

  test('of an SKU that nobody knows, and by somebody who may not, is refused', async ({
    client,
  }) => {
    const found = { delta: 1, reason: 'correction' }
    ;(await change(client, 'NONE/adjustments', found)).assertStatus(404)
    for (const role of ['customer', 'operator', 'service'] as const) {
      const by = await person(role)
      ;(await change(client, 'MUG/adjustments', found, by)).assertStatus(403)
    }
  })
})

test.group('A count', (group) => {
  group.setup(openStockRoom)

  test('sets on hand to what was counted', async ({ client, assert }) => {
    await product('MUG', 40)
    const answer = await change(client, 'MUG/counts', { counted: 37, expectedOnHand: 40 })
    answer.assertStatus(201)
    assert.containSubset(answer.body(), { kind: 'count', onHandDelta: -3, onHand: 37 })
    assert.containSubset(await said('MUG', 'stock_adjusted'), [{ cause: 'count', delta: -3 }])
  })

  test('that finds what the books say is recorded too', async ({ client, assert }) => {
    await product('CUP', 5)
    const answer = await change(client, 'CUP/counts', { counted: 5, expectedOnHand: 5 })
    answer.assertStatus(201)
    assert.containSubset(answer.body(), { kind: 'count', onHandDelta: 0, onHand: 5 })
  })

  test('is refused when stock has moved since it began, and told by what', async ({
    client,
    assert,
  }) => {
    await product('POT', 40)
    await held('POT', 1)
    await change(client, 'POT/adjustments', { delta: -3, reason: 'promotion' })
    const refused = await change(client, 'POT/counts', { counted: 39, expectedOnHand: 40 })
    refused.assertStatus(409)
    assert.containSubset(refused.body(), {
      ...{ code: 'stock_moved', onHand: 37 },
      movement: { kind: 'adjust', onHandDelta: -3, reason: 'promotion', actor: { name: 'Grace' } },
    })
    assert.deepEqual(await balance(client, 'POT'), { onHand: 37, reserved: 1 })
  })

  test('never ends below what orders hold, nor a million pieces away', async ({
    client,
    assert,
  }) => {
    await product('PAN', 4)
    await held('PAN', 2)
    const short = await change(client, 'PAN/counts', { counted: 1, expectedOnHand: 4 })
    assert.deepEqual([short.status(), short.body().code], [409, 'reserved_exceeds'])
    const far = await change(client, 'PAN/counts', { counted: 1_000_005, expectedOnHand: 4 })
    far.assertStatus(422)
    assert.equal(far.body().errors[0].pointer, '/counted')
  })
})

test.group('An undo', (group) => {
  group.setup(openStockRoom)

  test('is a movement of its own, and happens once', async ({ client, assert }) => {
    await product('MUG', 10)
    const { id } = (await change(client, 'MUG/restocks', { quantity: 5, reference: 'PO-1' })).body()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => change(client, `movements/${id}/reversal`))
    )
    const done = answers.filter((answer) => answer.status() === 201)
    assert.lengthOf(done, 1)
    assert.containSubset(done[0].body(), {
      ...{ kind: 'reversal', onHandDelta: -5, onHand: 10, reversalOf: id, reference: 'PO-1' },
    })
    for (const answer of answers.filter((one) => one.status() !== 201)) {
      assert.containSubset(answer.body(), {
        ...{ status: 409, code: 'already_reversed', reversedBy: done[0].body().id },
      })
    }
    assert.isEmpty(await inOrder())
  })

  test('takes nothing from orders', async ({ client, assert }) => {
    await product('CUP', 0)
    const { id } = (await change(client, 'CUP/restocks', { quantity: 5 })).body()
    await held('CUP', 1)
    const refused = await change(client, `movements/${id}/reversal`)
    assert.deepEqual([refused.status(), refused.body().code], [409, 'reserved_exceeds'])
  })

  for (const [what, delta, counted] of [
    ['a restock', 10, 50],
    ['a restock that was counted as it stood', 10, 20],
    ['a restock after which nothing was there', 10, 0],
    ['an adjustment', -4, 50],
    ['a count', 0, 50],
  ] as const) {
    test(`of ${what} is refused once the product was counted, until that count is undone`, async ({
      client,
      assert,
    }) => {
      const sku = `JAR-${delta}-${counted}-${what.length}`
      await product(sku, 10)
      const { id, onHand } = (await changed(client, sku, delta)).body()
      const count = await change(client, `${sku}/counts`, { counted, expectedOnHand: onHand })
      count.assertStatus(201)
      await change(client, `${sku}/restocks`, { quantity: 1 })
      const refused = await change(client, `movements/${id}/reversal`)
      refused.assertStatus(409)
      assert.containSubset(refused.body(), {
        code: 'counted_since',
        count: { id: count.body().id, sku, counted, importId: null, actor: { name: 'Grace' } },
      })
      assert.include(refused.body().detail, `Grace counted ${counted} of ${sku} at 20`)
      assert.deepEqual(await balance(client, sku), { onHand: counted + 1, reserved: 0 })

      ;(await change(client, `movements/${count.body().id}/reversal`)).assertStatus(201)
      ;(await change(client, `movements/${id}/reversal`)).assertStatus(201)
      assert.deepEqual(await balance(client, sku), { onHand: 11, reserved: 0 })
      assert.isEmpty(await inOrder())
    })
  }

  test('waits for a count that is being made, and is refused by it', async ({ client, assert }) => {
    await product('VAT', 10)
    const { id } = (await change(client, 'VAT/restocks', { quantity: 10 })).body()
    const undo = await inventory().transaction(async (trx) => {
      await countStock(trx, { sku: 'VAT', counted: 20, expectedOnHand: 20 }, SYSTEM)
      const waiting = change(client, `movements/${id}/reversal`).then((answer) => answer)
      await eventually('the undo waits for the count', async () => {
        const { rows } = await trx.rawQuery('select from pg_locks where not granted')
        return rows.length > 0
      })
      return { waiting }
    })
    assert.equal((await undo.waiting).body().code, 'counted_since')
    assert.deepEqual(await balance(client, 'VAT'), { onHand: 20, reserved: 0 })
  })

  test('says how many are on hand where orders hold none of what is missing', async ({
    client,
    assert,
  }) => {
    await product('LID', 0)
    const { id } = (await change(client, 'LID/restocks', { quantity: 5 })).body()
    await change(client, 'LID/adjustments', { delta: -2, reason: 'loss' })
    const refused = await change(client, `movements/${id}/reversal`)
    assert.deepEqual([refused.status(), refused.body().code], [409, 'reserved_exceeds'])
    assert.include(refused.body().detail, 'LID has only 3 on hand, so you cannot remove 5.')
    assert.notInclude(refused.body().detail, 'orders hold')
  })

  test('is not for what orders moved, nor for an undo', async ({ client, assert }) => {
    await product('POT', 5)
    await held('POT', 1)
    const { id } = (await change(client, 'POT/restocks', { quantity: 1 })).body()
    await change(client, `movements/${id}/reversal`)
    const rows = await inventory().from('movements').where('sku', 'POT')
    for (const kind of ['reserve', 'reversal']) {
      const row = rows.find((one) => one.kind === kind)
      const refused = await change(client, `movements/${row.id}/reversal`)
      assert.deepEqual([refused.status(), refused.body().code], [409, 'not_reversible'], kind)
    }
    for (const unknown of [randomUUID(), 'none']) {
      ;(await change(client, `movements/${unknown}/reversal`)).assertStatus(404)
    }
  })
})

test.group('Low stock', (group) => {
  group.setup(openStockRoom)

  async function listed(client: ApiClient, sku: string, lowStockAt: number | null) {
    const price = { amount: 1_000, currency: 'EUR' }
    const answer = await client
      .put(`/api/v1/products/${sku}`)
      .bearerToken(clerk.token)
      .header('if-match', '*')
      .json({ name: sku, price, lowStockAt })
    return answer.status()
  }

  test('is said once when the mark is reached, and again only after there was more', async ({
    client,
    assert,
  }) => {
    await product('MUG', 10)
    await listed(client, 'MUG', 5)
    assert.isEmpty(await said('MUG', 'stock_low'))
    await held('MUG', 4)
    assert.isEmpty(await said('MUG', 'stock_low'), 'six are left')
    await held('MUG', 1)
    const [low, ...others] = await said('MUG', 'stock_low')
    assert.deepEqual(low, { sku: 'MUG', onHand: 10, reserved: 5, available: 5, lowStockAt: 5 })
    assert.isEmpty(others)
    await held('MUG', 2)
    await change(client, 'MUG/adjustments', { delta: -1, reason: 'loss' })
    assert.lengthOf(await said('MUG', 'stock_low'), 1, 'it is low all along')
    await change(client, 'MUG/restocks', { quantity: 20 })
    await change(client, 'MUG/counts', { counted: 8, expectedOnHand: 29 })
    assert.lengthOf(await said('MUG', 'stock_low'), 2)
  })

  test('is said when the mark itself is moved', async ({ client, assert }) => {
    await product('CUP', 3)
    await listed(client, 'CUP', 2)
    await listed(client, 'CUP', 3)
    await listed(client, 'CUP', 4)
    assert.lengthOf(await said('CUP', 'stock_low'), 1)
    await listed(client, 'CUP', null)
    await listed(client, 'CUP', 3)
    assert.lengthOf(await said('CUP', 'stock_low'), 2)
  })
})

test.group('The ledger', (group) => {
  let order: string

  group.setup(async () => {
    await openStockRoom()
    await product('MUG', 100)
    await product('CUP', 100)
    order = await held('MUG', 2)
  })

  async function found(client: ApiClient, query: string, path = 'movements') {
    const answer = await client.get(`/api/v1/stock/${path}?${query}`).bearerToken(clerk.token)
    answer.assertStatus(200)
    return answer.body().data.map(({ sku, kind }: { sku: string; kind: string }) => [sku, kind])
  }

  test('is read by kind, person, reference, order, message, SKU and time', async ({
    client,
    assert,
  }) => {
    const before = new Date(Date.now() - 60_000).toISOString()
    await change(client, 'MUG/restocks', { quantity: 1, reference: 'PO-7' })
    await change(client, 'CUP/adjustments', { delta: -1, reason: 'loss' })
    assert.deepEqual(await found(client, 'kind=adjust,reserve'), [
      ['CUP', 'adjust'],
      ['MUG', 'reserve'],
    ])
    assert.deepEqual(await found(client, `actorId=${clerk.id}`), [
      ['CUP', 'adjust'],
      ['MUG', 'restock'],
    ])
    assert.deepEqual(await found(client, 'reference=PO-7'), [['MUG', 'restock']])
    assert.deepEqual(await found(client, `orderId=${order}`), [['MUG', 'reserve']])
    const { message_id: message } = await inventory()
      .from('movements')
      .where('order_id', order)
      .firstOrFail()
    assert.lengthOf(await found(client, `orderId=${order}&messageId=${message}`), 1)
    assert.isEmpty(await found(client, `orderId=${order}&messageId=${randomUUID()}`))
    assert.lengthOf(await found(client, 'sku=cup'), 2)
    assert.deepEqual(await found(client, 'kind=adjust', 'CUP/movements'), [['CUP', 'adjust']])
    assert.lengthOf(await found(client, `from=${before}`), 5)
    assert.isEmpty(await found(client, `before=${before}`))
  })

  for (const query of ['kind=sale', 'actorId=me', 'from=yesterday', `messageId=${randomUUID()}`]) {
    test(`refuses ${query.split('=')[0]} that cannot be`, async ({ client }) => {
      const refused = await client.get(`/api/v1/stock/movements?${query}`).bearerToken(clerk.token)
      refused.assertStatus(422)
    })
  }
})

test.group('inventory:reconcile', (group) => {
  group.setup(openStockRoom)

  test('finds reservations and movements of an SKU without a product', async ({ assert }) => {
    assert.deepEqual(await inOrder(), [])
    const id = randomUUID()
    // Without foreign keys, as a restore by hand may leave it.
    await db.connection('inventory_owner').transaction(async (trx) => {
      await trx.rawQuery('set local session_replication_role = replica')
      await trx.table('reservations').insert({ order_id: id, sku: 'GONE', quantity: 2 })
      await trx.table('movements').insert({
        ...{ id, sku: 'LOST', kind: 'count', on_hand_delta: 0, reserved_delta: 0, on_hand: 0 },
        ...{ reserved: 0, actor: '{}', at: new Date() },
      })
    })
    const none = { listed: false, onHand: 0, reserved: 0, ledgerOnHand: 0, ledgerReserved: 0 }
    assert.deepEqual(await inOrder(), [
      { sku: 'GONE', ...none, held: 2 },
      { sku: 'LOST', ...none, held: 0 },
    ])
  })
})
