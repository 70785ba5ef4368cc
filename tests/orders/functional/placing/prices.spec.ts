import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { productListed } from '#contracts/messages/inventory'
import { handleWithin } from '#messaging/inbox/subscription'
import { priceListUpdates } from '#orders/placing/price_list'
import { emptyShop, patch, person, post, priced, type Person } from '#tests/support/shop'

const eur = (amount: number) => ({ amount, currency: 'EUR' })

test.group('Prices are the server’s', (group) => {
  let ada: Person
  let shop: Person
  const guest = { email: 'guest@example.com', name: 'Guest' }

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await priced('PLATE', 900)
    ada = await person('customer', 'Ada')
    shop = await person('service', 'shop')
  })

  test('an order at another total than expected is refused, with today’s lines', async ({
    client,
    assert,
  }) => {
    const lines = [{ sku: 'MUG', quantity: 2 }]
    const right = await post(client, ada, { lines, expectedTotal: eur(2_500) })
    right.assertStatus(202)
    for (const expectedTotal of [eur(2_499), { amount: 2_500, currency: 'USD' }]) {
      const refused = await post(client, ada, { lines, expectedTotal }, `k-${expectedTotal.amount}`)
      refused.assertStatus(409)
      const { code, lines: today, total } = refused.body()
      assert.deepEqual([code, total], ['price_changed', eur(2_500)])
      assert.deepEqual([today[0].sku, today[0].unitPrice], ['MUG', eur(1_250)])
    }
    const mended = await post(client, ada, { lines, expectedTotal: eur(2_500) }, 'k-2499')
    mended.assertStatus(202)
  })

  test('a service may bring its own, a customer may not', async ({ client, assert }) => {
    const lines = [{ sku: 'MUG', quantity: 2, unitPrice: eur(1_000) }]
    const refused = await post(client, ada, { lines })
    refused.assertStatus(403)
    assert.equal(refused.body().code, 'price_not_yours')

    const coupon = await post(client, shop, { ...guest, lines })
    coupon.assertStatus(202)
    assert.deepEqual(coupon.body().total, eur(2_000))
    const { id } = coupon.body()
    const kept = await patch(client, shop, id, '*', { lines: [{ sku: 'MUG', quantity: 3 }] })
    assert.deepEqual(kept.body().total, eur(2 * 1_000 + 1_250), 'without one, today’s counts')
    const dearer = await patch(client, shop, id, '*', {
      lines: [{ sku: 'MUG', quantity: 3, unitPrice: eur(1_100) }],
    })
    dearer.assertStatus(202)
    assert.deepEqual(dearer.body().total, eur(3_300), 'another price is another line')
    const staff = await person('clerk')
    const clerks = await patch(client, staff, id, '*', { lines })
    clerks.assertStatus(403)
  })

  test('but only one for an SKU, in one currency, of a product that is known', async ({
    client,
    assert,
  }) => {
    const two = [
      { sku: 'MUG', quantity: 1, unitPrice: eur(1) },
      { sku: 'MUG', quantity: 1 },
    ]
    const differing = await post(client, shop, { ...guest, lines: two })
    assert.deepEqual([differing.status(), differing.body().code], [422, 'unit_prices_differ'])
    assert.containSubset(differing.body().errors, [
      { pointer: '/lines/0/unitPrice' },
      { pointer: '/lines/1/unitPrice' },
    ])
    const yen = { sku: 'MUG', quantity: 1, unitPrice: { amount: 1, currency: 'JPY' } }
    const mixed = [yen, { sku: 'PLATE', quantity: 1 }]
    const foreign = await post(client, shop, { ...guest, lines: mixed })
    assert.deepEqual([foreign.status(), foreign.body().code], [422, 'mixed_currencies'])
    const ghost = [{ sku: 'GHOST', quantity: 1, unitPrice: eur(1) }]
    const unknown = await post(client, shop, { ...guest, lines: ghost })
    assert.deepEqual([unknown.status(), unknown.body().code], [422, 'unknown_sku'])
    assert.equal(unknown.header('retry-after'), '1')
  })

  test('in a currency that has been withdrawn stay readable, and no new one is taken', async ({
    client,
    assert,
  }) => {
    await priced('OLD', 1_250, 'HRK')
    const placed = await post(client, ada, { lines: [{ sku: 'OLD', quantity: 2 }] })
    placed.assertStatus(202)
    assert.deepEqual(placed.body().total, { amount: 2_500, currency: 'HRK' })
    const unitPrice = { amount: 1, currency: 'HRK' }
    const refused = await post(client, shop, {
      ...guest,
      lines: [{ sku: 'MUG', quantity: 1, unitPrice }],
    })
    refused.assertStatus(422)
    assert.containSubset(refused.body().errors, [{ pointer: '/lines/0/unitPrice/currency' }])
  })
})

test.group('The price list', (group) => {
  group.each.setup(emptyShop)

  const changed = (version: number, amount: number) => {
    const product = { sku: 'MUG', name: 'Mug', price: eur(amount), active: true, version }
    return productListed.about('MUG', product)
  }

  async function apply(...messages: ReturnType<typeof changed>[]) {
    await db
      .connection('orders')
      .transaction((trx) => handleWithin(trx, priceListUpdates, messages))
    const row = await db.connection('orders').from('price_list').where('sku', 'MUG').firstOrFail()
    return Number(row.price_amount)
  }

  test('takes the highest version of a product from a batch', async ({ assert }) => {
    assert.equal(await apply(changed(2, 200), changed(3, 300), changed(1, 100)), 300)
  })

  test('ignores a version that is older than its own', async ({ assert }) => {
    await apply(changed(3, 300))
    assert.equal(await apply(changed(2, 200)), 300)
    assert.equal(await apply(changed(4, 400)), 400)
  })
})
