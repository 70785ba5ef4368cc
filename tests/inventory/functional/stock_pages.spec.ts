/*
 * The pages of the stock room without a browser: what they find, and what they refuse.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { orderPlaced } from '#contracts/orders'
import { applyTargets } from '#inventory/apply_targets'
import { plainDeskOf, type PlainDesk } from '#tests/desk'
import { emptyShop, person, product } from '#tests/shop'

const inventory = () => db.connection('inventory')

test.group('The pages of the stock room', (group) => {
  let clerk: PlainDesk

  group.setup(async () => {
    await emptyShop()
    clerk = await plainDeskOf(await person('clerk', 'Carl'))
  })

  test('tell an order’s timeline of every line that it holds', async ({ assert }) => {
    const lines = Array.from({ length: 100 }, (_, n) => ({ sku: `TEA-${n}`, quantity: 1 }))
    for (const { sku } of lines) await product(sku, 3)
    const placed = orderPlaced.about(randomUUID(), { revision: 1, lines })
    await inventory().transaction((trx) => applyTargets([placed], trx))
    const query = `order=${placed.key}&message=${placed.id}&fragment=timeline`
    const { text } = await clerk.open(`/admin/stock/movements?${query}`)
    assert.lengthOf([...text.matchAll(/leaves 3 on hand/g)], 100)
  })

  test('refuse a place in the list that no balance can have', async ({ assert }) => {
    for (const onHand of ['9999999999', '2147483648', '1e3', '']) {
      const after = Buffer.from(JSON.stringify([onHand, 'TEA-1'])).toString('base64url')
      const { status } = await clerk.open(`/admin/stock?sort=onHand&after=${after}`)
      assert.equal(status, 422, onHand)
    }
  })
})
