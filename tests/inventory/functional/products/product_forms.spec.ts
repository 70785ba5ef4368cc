/*
 * The form of a product, as it reaches us when it is clicked twice.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { emptyShop, person } from '#tests/support/shop'

const NEW = '/admin/stock/new'

test.group('The form of a product', (group) => {
  let desk: PlainDesk
  const mug = { name: 'Mug', price: '7.90', currency: 'EUR', active: 'on' }
  const page = '/admin/stock/NEW-1'

  group.each.setup(async () => {
    await emptyShop()
    desk = await plainDeskOf(await person('clerk', 'Carl'))
    // The first page of a session makes its secret: two at once would make two.
    await desk.open(NEW)
  })

  test('has one effect when it is clicked twice, and is told as done', async ({ assert }) => {
    const list = { ...mug, sku: 'new-1', _key: randomUUID() }
    const send = () => desk.send('/admin/stock/products', list, NEW)
    for (const { location } of [...(await Promise.all([send(), send()])), await send()]) {
      assert.equal(location, page)
    }
    assert.include((await desk.open(page)).text, 'listed at')
    const edit = { ...mug, name: 'Red mug', version: '1', _key: randomUUID() }
    await desk.send(`${page}/product`, edit, `${page}/edit`)
    const again = await desk.send(`${page}/product`, edit, `${page}/edit`)
    assert.equal(again.location, page)
    assert.include((await desk.open(page)).text, 'saved: Red mug')
    const items = await db.connection('inventory').from('stock_items')
    assert.deepEqual(
      items.map(({ name, version }) => [name, version]),
      [['Red mug', 2]]
    )
  })

  test('sent again while the first is under way waits for its answer', async ({ assert }) => {
    const list = { ...mug, sku: 'NEW-1', _key: randomUUID() }
    const trx = await db.connection('inventory').transaction()
    const held = { sku: 'NEW-1', name: 'Mug', price_amount: 1, price_currency: 'EUR' }
    await trx.table('stock_items').insert(held)
    let over = false
    const sent = [1, 2].map(() =>
      desk.send('/admin/stock/products', list, NEW).finally(() => (over = true))
    )
    for (let waiting = 0; waiting < 2 && !over;) {
      const { rows } = await trx.rawQuery('select from pg_locks where not granted')
      waiting = rows.length
    }
    await trx.rollback()
    for (const { location } of await Promise.all(sent)) assert.equal(location, page)
    assert.include((await desk.open(page)).text, 'listed at')
  })

  test('typed again after going back is another form', async ({ assert }) => {
    const list = { ...mug, _key: randomUUID() }
    for (const sku of ['NEW-1', 'NEW-2']) {
      const { location } = await desk.send('/admin/stock/products', { ...list, sku }, NEW)
      assert.equal(location, `/admin/stock/${sku}`)
    }
  })

  test('takes prices with the decimals of ISO 4217, and no separator of thousands', async ({
    assert,
  }) => {
    const typed = { ...mug, sku: 'FORINT', price: '1000,50', currency: 'HUF', _key: randomUUID() }
    await desk.send('/admin/stock/products', typed, NEW)
    const { text } = await desk.open('/admin/stock/FORINT')
    assert.include(text, 'HUF\u202F1\u202F000.50')
    for (const wrong of [{ price: '1.000' }, { price: '100.50', currency: 'JPY' }]) {
      const sent = { ...mug, ...wrong, sku: 'THOUSAND', _key: randomUUID() }
      await desk.send('/admin/stock/products', sent, NEW)
      assert.include((await desk.open(NEW)).text, 'has too many decimals')
    }
    const items = await db.connection('inventory').from('stock_items').select('sku', 'price_amount')
    assert.deepEqual(items, [{ sku: 'FORINT', price_amount: 100_050 }])
  })
})
