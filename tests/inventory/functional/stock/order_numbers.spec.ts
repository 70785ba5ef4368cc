/*
 * Inventory names orders by their numbers, which the messages of orders carry.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { SYSTEM } from '#contracts/actor'
import { orderPlaced, orderRevised } from '#contracts/messages/orders'
import { applyTargets } from '#inventory/reservations/apply_targets'
import { adjustStock } from '#inventory/stock/adjust_stock'
import { handleWithin } from '#messaging/inbox/subscription'
import type { Message } from '#messaging/message/message'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { confirmed, messagesAbout, mugs, placed, shopOfMugs } from '#tests/support/orders'
import { held } from '#tests/support/reservations'
import {
  cancel,
  emptyShop,
  fulfil,
  handleReply,
  patch,
  person,
  product,
  read,
  type Person,
} from '#tests/support/shop'

const inventory = () => db.connection('inventory')
const handle = (...messages: Message<any>[]) =>
  inventory().transaction((trx) => handleWithin(trx, applyTargets, messages))

test.group('The messages of an order', (group) => {
  group.each.setup(shopOfMugs)

  test('carry its number from the placement on', async ({ client, assert }) => {
    const admin = await person('admin')
    const id = await confirmed(client, admin)
    const { number } = (await read(client, admin, id)).body()
    await patch(client, admin, id, '*', { lines: mugs(3) })
    const shortages = [{ sku: 'MUG', requested: 3, available: 2 }]
    await handleReply(id, 'rejected', { revision: 2, heldRevision: 1, shortages })
    await fulfil(client, admin, id, { revision: 1 })
    const other = await placed(client, admin)
    await handleReply(other, 'rejected', { revision: 1, heldRevision: null, shortages })
    const third = await placed(client, admin)
    await cancel(client, admin, third)

    const said = await messagesAbout(id)
    assert.deepEqual(
      said.map(({ type, data }) => [type, data.number]),
      [
        'order_placed',
        'order_confirmed',
        'order_revised',
        'order_confirmed',
        'order_fulfilled',
      ].map((type) => [type, number])
    )
    for (const [order, last] of [
      [other, 'order_rejected'],
      [third, 'order_cancelled'],
    ]) {
      const { number: own } = (await read(client, admin, order)).body()
      const message = (await messagesAbout(order)).at(-1)
      assert.deepEqual([message.type, message.data.number], [last, own])
    }
  })
})

test.group('An order in the stock room', (group) => {
  let clerk: Person
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 10)
    clerk = await person('clerk', 'Grace')
    desk = await plainDeskOf(clerk)
  })

  const ledger = async (query = '') => (await desk.open(`/admin/stock/movements${query}`)).text
  const target = (revision: number, number?: string) =>
    orderPlaced.about(randomUUID(), { revision, lines: [{ sku: 'MUG', quantity: 2 }], number })

  test('is named by its number in the ledger, its export and its filter', async ({ assert }) => {
    const [first, second] = [target(1, 'Q-100017'), target(1, 'Q-100018')]
    await handle(first, second)
    const all = await ledger()
    assert.include(all, `href="/admin/orders/${first.key}">Q-100017</a>`)
    assert.include(all, 'Q-100018</a>')
    for (const typed of ['Q-100017', '%20q-100017']) {
      const one = await ledger(`?number=${typed}`)
      assert.include(one, 'Q-100017</a>')
      assert.notInclude(one, 'Q-100018</a>')
    }
    assert.include(await ledger('?number=Q-1'), 'No movements match these filters.')
    const { text: csv } = await desk.open('/admin/stock/movements.csv?number=Q-100017')
    assert.match(csv, /,order_number\r\n[^\r]*,Q-100017\r\n$/)
  })

  test('is named by its number among those that hold units', async ({ client, assert }) => {
    await handle(target(1, 'Q-100017'))
    const old = await held('MUG', 1)
    const response = await client
      .post('/api/v1/stock/MUG/adjustments')
      .bearerToken(clerk.token)
      .header('idempotency-key', randomUUID())
      .json({ delta: -9, reason: 'loss' })
    response.assertStatus(409)
    const { newest } = response.body().holders
    assert.sameMembers(
      newest.map((one: any) => one.number),
      ['Q-100017', null]
    )
    await desk.send(
      '/admin/stock/MUG/adjustments',
      { delta: '-9', reason: 'loss' },
      '/admin/stock/MUG'
    )
    const { text } = await desk.open('/admin/stock/MUG')
    assert.include(text, '>Q-100017</a> holds 2')
    assert.include(text, `>…${old.slice(-4)}</a> holds 1`)
  })

  test('of release 0.1.0 is named by its id until a message names it', async ({ assert }) => {
    const old = await held('MUG', 2)
    assert.include(await ledger(), `>…${old.slice(-4)}</a>`)
    const lines = [{ sku: 'MUG', quantity: 3 }]
    await handle(orderRevised.about(old, { revision: 2, lines, number: 'Q-100017' }))
    assert.include(await ledger(), `href="/admin/orders/${old}">Q-100017</a>`)
    await handle(orderRevised.about(old, { revision: 3, lines: [{ sku: 'MUG', quantity: 1 }] }))
    assert.notInclude(await ledger(), `…${old.slice(-4)}`)
    await inventory().transaction((trx) =>
      adjustStock(trx, { sku: 'MUG', delta: 1, reason: 'correction' }, SYSTEM)
    )
  })
})

test.group('The audit', (group) => {
  group.each.setup(shopOfMugs)

  test('names an order by its number', async ({ client, assert }) => {
    const admin = await person('admin')
    const id = await placed(client, admin)
    const { number } = (await read(client, admin, id)).body()
    await cancel(client, admin, id)
    const { text } = await (await plainDeskOf(admin)).open('/admin/audit')
    assert.match(text, new RegExp(`href="/admin/orders/${id}">${number}</a>`))
  })
})
