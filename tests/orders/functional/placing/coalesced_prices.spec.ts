/*
 * Price look-ups that share a statement.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { CoalescedPrices } from '#orders/placing/coalesced_prices'
import { findPrices, type Price } from '#orders/placing/price_list'
import { emptyShop, person, post, priced } from '#tests/support/shop'

const orders = () => db.connection('orders')
const amounts = (found: Price[]) =>
  Object.fromEntries(found.map(({ sku, amount }) => [sku, amount]))

test.group('Price look-ups of one tick', (group) => {
  let statements: string[][]
  let prices: CoalescedPrices<Price>

  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await priced('PLATE', 900)
    statements = []
    prices = new CoalescedPrices((skus) => {
      statements.push(skus)
      return findPrices(orders(), skus)
    })
  })

  test('share a statement, and each finds its own SKUs', async ({ assert }) => {
    const found = await Promise.all([
      prices.find(['MUG']),
      prices.find(['PLATE', 'MUG']),
      prices.find(['GHOST']),
    ])
    assert.deepEqual(found.map(amounts), [{ MUG: 1_250 }, { PLATE: 900, MUG: 1_250 }, {}])
    assert.deepEqual(statements, [['MUG', 'PLATE', 'GHOST']])
  })

  test('see every price that was committed before them', async ({ assert }) => {
    const { promise: read, resolve: hasRead } = Promise.withResolvers<void>()
    const { promise: end, resolve: endFirst } = Promise.withResolvers<void>()
    prices = new CoalescedPrices(async (skus) => {
      const found = await findPrices(orders(), skus)
      hasRead()
      await end
      return found
    })
    const before = prices.find(['MUG'])
    await read
    await orders().from('price_list').where({ sku: 'MUG' }).update({ price_amount: 1_300 })
    const after = prices.find(['MUG'])
    endFirst()
    assert.deepEqual(amounts(await before), { MUG: 1_250 })
    assert.deepEqual(amounts(await after), { MUG: 1_300 })
  })

  test('fail together, and no later one fails', async ({ assert }) => {
    const nul = '\0' // PostgreSQL refuses it.
    const together = await Promise.allSettled([prices.find(['MUG']), prices.find([nul])])
    assert.deepEqual(
      together.map(({ status }) => status),
      ['rejected', 'rejected']
    )
    assert.deepEqual(amounts(await prices.find(['PLATE'])), { PLATE: 900 })
  })

  test('do not mix up orders: each is placed or refused on its own', async ({ client, assert }) => {
    const shop = await person('service', 'shop')
    const skus = ['MUG', 'GHOST', 'PLATE', 'MUG']
    const responses = await Promise.all(
      skus.map((sku) => {
        const lines = [{ sku, quantity: 1 }]
        return post(client, shop, { email: 'guest@example.com', name: 'Guest', lines })
      })
    )
    assert.deepEqual(
      responses.map((response) => response.body().total?.amount ?? response.body().code),
      [1_250, 'unknown_sku', 900, 1_250]
    )
  })
})
