import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { customerLimits } from '#config/orders'
import {
  cancel,
  emptyShop,
  handleReply,
  patch,
  person,
  post,
  priced,
  read,
  withoutCustomerLimits,
} from '#tests/support/shop'

const mugs = (quantity: number, sku = 'MUG') => ({ lines: [{ sku, quantity }] })
const OPEN = ['pending', 'confirmed', 'updating']

test.group('The limits for customers', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await priced('PLATE', 900)
  })

  const openOrders = async (customerId: string) =>
    (await db.connection('orders').from('orders').where('customer_id', customerId)).filter(
      ({ status }) => OPEN.includes(status)
    ).length

  test('are 1,000 units of a line, 20 open orders and 2,000 held units by default', ({
    assert,
  }) => {
    assert.deepEqual(customerLimits, { lineUnits: 1_000, openOrders: 20, heldUnits: 2_000 })
  })

  test('a line of more than 1,000 units is refused, in one line or in several', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const split = { lines: [...mugs(600).lines, ...mugs(401).lines, ...mugs(1, 'PLATE').lines] }
    for (const [body, pointers] of [
      [mugs(1_001), ['/lines/0/quantity']],
      [split, ['/lines/0/quantity', '/lines/1/quantity']],
    ] as const) {
      const refused = await post(client, ada, body)
      refused.assertStatus(422)
      const { code, detail, limit, setting, value, errors } = refused.body()
      assert.deepEqual([code, limit], ['order_limit_exceeded', 'line_pieces'])
      assert.deepEqual([setting, value], ['CUSTOMER_LINE_PIECES', 1_000])
      assert.include(detail, '1,000 units')
      assert.deepEqual(
        errors.map(({ pointer }: { pointer: string }) => pointer),
        [...pointers]
      )
    }
    const { id } = (await post(client, ada, mugs(1_000))).body()
    const change = await patch(client, ada, id, '*', mugs(1_001))
    assert.deepEqual([change.status(), change.body().limit], [422, 'line_pieces'])
    assert.equal((await read(client, ada, id)).body().version, 1)
  })

  test('a 21st open order is refused until one is shipped or cancelled; its key stays free', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const keys = Array.from({ length: 20 }, () => randomUUID())
    const ids: string[] = []
    for (const key of keys) ids.push((await post(client, ada, mugs(1), key)).body().id)
    const key = randomUUID()
    const refused = await post(client, ada, mugs(1), key)
    refused.assertStatus(422)
    const { code, limit, setting, value } = refused.body()
    assert.deepEqual(
      [code, limit, setting, value],
      ['order_limit_exceeded', 'open_orders', 'CUSTOMER_OPEN_ORDERS', 20]
    )
    const replayed = await post(client, ada, mugs(1), keys[7])
    replayed.assertStatus(202)
    assert.equal(replayed.body().id, ids[7])
    const change = await patch(client, ada, ids[3], '*', mugs(2))
    change.assertStatus(202)
    await cancel(client, ada, ids[0])
    const placed = await post(client, ada, mugs(1), key)
    placed.assertStatus(202)
  })

  test('30 orders placed at the same moment leave 20 open', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(client, ada, mugs(1))))
    const statuses = answers.map((answer) => answer.status())
    assert.lengthOf(
      statuses.filter((status) => status === 202),
      20
    )
    assert.lengthOf(
      statuses.filter((status) => status === 422),
      10
    )
    assert.equal(await openOrders(ada.id), 20)
  })

  test('open orders hold and ask for 2,000 units at most, by orders and by changes', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const first = (await post(client, ada, mugs(900))).body().id
    const second = (await post(client, ada, mugs(900))).body().id
    const refused = await post(client, ada, mugs(201))
    refused.assertStatus(422)
    const { limit, setting, value } = refused.body()
    assert.deepEqual([limit, setting, value], ['held_pieces', 'CUSTOMER_HELD_PIECES', 2_000])
    await handleReply(first, 'reserved', { revision: 1, heldRevision: 1 })
    // What is held counts until inventory has replied to the smaller target.
    const smaller = await patch(client, ada, first, '*', mugs(100))
    smaller.assertStatus(202)
    const early = await post(client, ada, mugs(201))
    assert.equal(early.body().limit, 'held_pieces')
    await handleReply(first, 'reserved', { revision: 2, heldRevision: 2 })
    const inTime = await post(client, ada, mugs(201))
    inTime.assertStatus(202)
    const larger = await patch(client, ada, second, '*', {
      lines: [...mugs(900).lines, ...mugs(900, 'PLATE').lines],
    })
    assert.deepEqual([larger.status(), larger.body().limit], [422, 'held_pieces'])
    const allowed = await patch(client, ada, second, '*', {
      lines: [...mugs(900).lines, ...mugs(799, 'PLATE').lines],
    })
    allowed.assertStatus(202)
  })

  test('changes made at the same moment stay within 2,000 units', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const ids: string[] = []
    for (let n = 0; n < 10; n++) ids.push((await post(client, ada, mugs(100))).body().id)
    const answers = await Promise.all(ids.map((id) => patch(client, ada, id, '*', mugs(500))))
    assert.lengthOf(
      answers.filter((answer) => answer.status() === 202),
      2
    )
  })

  test('do not bind staff and services, also where these place for the customer', async ({
    client,
    assert,
  }) => {
    const [ada, clerk] = [await person('customer', 'Ada'), await person('clerk')]
    const forAda = { customerId: ada.id, email: 'other@example.com', name: 'Ada' }
    const ids: string[] = []
    for (const by of [clerk, await person('service', 'shop')]) {
      const large = await post(client, by, { ...mugs(5_000), ...forAda })
      large.assertStatus(202)
      ids.push(large.body().id)
      const changed = await patch(client, by, large.body().id, '*', mugs(6_000))
      changed.assertStatus(202)
      for (let n = 0; n < 11; n++) await post(client, by, { ...mugs(1), ...forAda })
    }
    assert.equal(await openOrders(ada.id), 24)
    const fewer = await patch(client, ada, ids[0], '*', mugs(4_000))
    assert.equal(fewer.status(), 202, 'a customer may always ask for less')
  })

  test('can be turned off', async ({ client, assert, cleanup }) => {
    cleanup(withoutCustomerLimits())
    const ada = await person('customer', 'Ada')
    for (let n = 0; n < 21; n++) await post(client, ada, mugs(3_000))
    assert.equal(await openOrders(ada.id), 21)
    Object.assign(customerLimits, { openOrders: 21 })
    const refused = await post(client, ada, mugs(1))
    assert.deepEqual([refused.body().limit, refused.body().value], ['open_orders', 21])
  })
})

test.group('A customer’s own words', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })

  test('an order’s e-mail is the account’s, at the placement and later', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const stranger = await post(client, ada, { ...mugs(1), email: 'stranger@example.com' })
    stranger.assertStatus(422)
    assert.equal(stranger.body().code, 'email_not_yours')
    assert.equal(stranger.body().errors[0].pointer, '/email')
    const own = await post(client, ada, { ...mugs(1), email: ` ${ada.email!.toUpperCase()} ` })
    own.assertStatus(202)
    const { id } = own.body()
    const moved = await patch(client, ada, id, '*', { email: 'stranger@example.com' })
    assert.deepEqual([moved.status(), moved.body().code], [422, 'email_not_yours'])
    const same = await patch(client, ada, id, '*', { email: ada.email, reference: 'mine' })
    same.assertStatus(200)
  })

  test('an e-mail that the shop gave the order may stay', async ({ client }) => {
    const [ada, shop] = [await person('customer', 'Ada'), await person('service', 'shop')]
    const body = { ...mugs(1), customerId: ada.id, email: 'home@example.com', name: 'Ada' }
    const { id } = (await post(client, shop, body)).body()
    const kept = await patch(client, ada, id, '*', { email: 'home@example.com', name: 'Ada L.' })
    kept.assertStatus(200)
  })

  test('have no link in what a mail shows', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const shipTo = { name: 'Ada', address: ['1 Loom Street'], country: 'GB' }
    const { id } = (await post(client, ada, mugs(1))).body()
    const wrong: [object, string][] = [
      [{ name: 'Win at WWW.evil.example' }, '/name'],
      [{ name: 'https://evil.example' }, '/name'],
      [{ shipTo: { ...shipTo, name: 'www.evil.example' } }, '/shipTo/name'],
      [{ shipTo: { ...shipTo, address: ['a', 'ftp://evil.example'] } }, '/shipTo/address/1'],
      [{ reference: 'see www.evil.example' }, '/reference'],
    ]
    for (const [words, pointer] of wrong) {
      for (const answer of [
        await post(client, ada, { ...mugs(1), ...words }),
        await patch(client, ada, id, '*', words),
      ]) {
        answer.assertStatus(422)
        const { code, errors } = answer.body()
        assert.deepEqual([code, errors[0].pointer], ['invalid_fields', pointer])
        assert.equal(errors[0].code, 'link')
      }
    }
    const reason = await cancel(client, ada, id, { reason: 'http://evil.example' })
    assert.deepEqual([reason.status(), reason.body().errors[0].pointer], [422, '/reason'])
  })

  test('have no link in the account’s name: at the sign-up, and by default in an order', async ({
    client,
    assert,
  }) => {
    const signUp = await client.post('/api/v1/accounts').json({
      email: `eve-${randomUUID().slice(0, 8)}@example.com`,
      password: 'a long password',
      name: 'www.evil.example',
    })
    signUp.assertStatus(422)
    assert.deepEqual(signUp.body().errors[0], {
      pointer: '/name',
      code: 'link',
      detail: 'must not contain "://" or "www."',
    })
    // An account of before the rule.
    const eve = await person('customer', 'Eve www.evil.example')
    const order = await post(client, eve, mugs(1))
    assert.deepEqual([order.status(), order.body().errors?.[0].pointer], [422, '/name'])
  })

  test('a shop’s reference and reason may have a link', async ({ client }) => {
    const shop = await person('service', 'shop')
    const guest = { email: 'guest@example.com', name: 'Guest' }
    const body = { ...mugs(1), ...guest, reference: 'https://shop.example/orders/1' }
    const placed = await post(client, shop, body)
    placed.assertStatus(202)
    const ended = await cancel(client, shop, placed.body().id, { reason: 'See www.shop.example' })
    ended.assertStatus(200)
  })
})
