import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { placed } from '#tests/support/orders'
import { emptyShop, person, post, priced, product, type Person } from '#tests/support/shop'

const ORDERS = '/api/v1/orders'
const oneMug = { lines: [{ sku: 'MUG', quantity: 1 }] }

const read = (client: ApiClient, by: Person, path: string, query: Record<string, string> = {}) =>
  client.get(path).qs(query).bearerToken(by.token)

const cursorOf = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url')

interface Listed {
  id: string
  sequence: number
}

const ids = (response: { body(): { data: Listed[] } }) => response.body().data.map(({ id }) => id)

test.group('The list of orders', (group) => {
  let ada: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async () => {
    ada = await person('customer', 'Ada')
  })

  test('shows a customer their own orders, and staff and services all, newest first', async ({
    client,
    assert,
  }) => {
    const bob = await person('customer', 'Bob')
    const first = await placed(client, ada, oneMug)
    const bobs = await placed(client, bob, oneMug)
    const last = await placed(client, ada, oneMug)

    assert.deepEqual(ids(await read(client, ada, ORDERS)), [last, first])
    assert.deepEqual(ids(await read(client, bob, ORDERS)), [bobs])
    for (const role of ['clerk', 'operator', 'admin', 'service'] as const) {
      const all = await read(client, await person(role), ORDERS)
      assert.deepEqual(ids(all).slice(0, 3), [last, bobs, first], role)
    }
  })

  test('shows each order as it reads alone', async ({ client, assert }) => {
    const id = await placed(client, ada, oneMug)
    const list = await read(client, ada, ORDERS)
    const alone = await read(client, ada, `${ORDERS}/${id}`)
    assert.deepEqual(list.body(), { data: [alone.body()], next: null })
  })

  test('is walked without a gap or a repeat while orders come in', async ({ client, assert }) => {
    const before = []
    for (let n = 0; n < 7; n++) before.unshift(await placed(client, ada, oneMug))
    const walked: string[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const page = await read(client, ada, ORDERS, { limit: '3', ...(cursor ? { cursor } : {}) })
      walked.push(...ids(page))
      cursor = page.body().next
      pages++
      await placed(client, ada, oneMug)
    } while (cursor)
    assert.deepEqual(walked, before)
    assert.equal(pages, 3)
  })

  test('says that there is no more when the last page is full', async ({ client, assert }) => {
    await placed(client, ada, oneMug)
    await placed(client, ada, oneMug)
    const page = await read(client, ada, ORDERS, { limit: '2' })
    assert.lengthOf(page.body().data, 2)
    assert.isNull(page.body().next)
  })

  test('has pages of 1 to 200', async ({ client, assert }) => {
    for (const limit of ['1', '200']) {
      const page = await read(client, ada, ORDERS, { limit })
      page.assertStatus(200)
    }
    for (const limit of ['0', '201', '-1', '1.5', 'x', '']) {
      const page = await read(client, ada, ORDERS, { limit })
      page.assertStatus(422)
      assert.equal(page.body().errors[0].pointer, '/limit')
    }
  })

  test('does not show a customer a stranger’s order under a cursor of their making', async ({
    client,
    assert,
  }) => {
    const bob = await person('customer', 'Bob')
    await placed(client, bob, oneMug)
    const cursor = cursorOf(['ffffffff-ffff-ffff-ffff-ffffffffffff'])
    assert.deepEqual(ids(await read(client, ada, ORDERS, { cursor })), [])
  })
})

test.group('A cursor that no list gave', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG')
    await product('MUG', 1)
  })

  const wrong = [
    'x',
    cursorOf({}),
    cursorOf(null),
    cursorOf([]),
    cursorOf([1]),
    cursorOf(['a\0']),
    cursorOf(['not an id']),
    cursorOf(['-'.repeat(36)]),
    cursorOf(['-1']),
    cursorOf(['9'.repeat(30)]),
    'A'.repeat(513),
  ]

  test('is refused', async ({ client }) => {
    const admin = await person('admin')
    const order = await post(client, admin, oneMug)
    const lists = [
      ORDERS,
      `${order.header('location')}/timeline`,
      '/api/v1/stock/MUG/movements',
      '/api/v1/stock/holdings',
    ]
    for (const path of lists) {
      for (const cursor of wrong) {
        const page = await read(client, admin, path, { cursor })
        page.assertStatus(422)
      }
    }
  })

  test('is refused or ends the list where SKUs are the positions', async ({ client, assert }) => {
    const admin = await person('admin')
    for (const path of ['/api/v1/products', '/api/v1/stock']) {
      for (const cursor of wrong) {
        const page = await read(client, admin, path, { cursor })
        assert.include([200, 422], page.status(), `${path} ${cursor}`)
      }
    }
  })
})

test.group('The timeline of an order', (group) => {
  let ada: Person
  let path: string

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async () => {
    ada = await person('customer', 'Ada')
  })

  test('is read in pages, oldest first', async ({ client, assert }) => {
    path = await orderWithSteps(client, ada)
    const first = await read(client, ada, path, { limit: '3' })
    const second = await read(client, ada, path, { limit: '3', cursor: first.body().next })
    const sequences = [first, second].map((page) =>
      page.body().data.map(({ sequence }: Listed) => sequence)
    )
    assert.deepEqual(sequences, [
      [1, 2, 3],
      [4, 5],
    ])
    assert.isNull(second.body().next)
  })

  test('tells a customer neither who of the staff it was nor our message ids', async ({
    client,
    assert,
  }) => {
    path = await orderWithSteps(client, ada)
    const told = await read(client, ada, path)
    assert.notInclude(told.text(), 'Grace')
    for (const step of told.body().data) assert.isNull(step.messageId)
    assert.deepEqual(told.body().data[0].actor, { kind: 'customer', id: ada.id, name: 'Ada' })
    assert.deepEqual(told.body().data[1].actor, { kind: 'staff', id: null, name: null })
  })

  test('tells staff who it was, and by which message', async ({ client, assert }) => {
    path = await orderWithSteps(client, ada)
    const told = await read(client, await person('clerk'), path)
    const [placing, step] = told.body().data
    assert.match(placing.messageId, /^[0-9a-f-]{36}$/)
    assert.equal(step.actor.name, 'Grace')
    assert.sameMembers(Object.keys(step), [
      'sequence',
      'at',
      'type',
      'status',
      'revision',
      'actor',
      'messageId',
      'detail',
    ])
  })
})

/** The path of the timeline of an order on which a clerk has worked: five steps. */
async function orderWithSteps(client: ApiClient, by: Person) {
  const id = await placed(client, by, oneMug)
  const clerk = { kind: 'staff', id: randomUUID(), name: 'Grace' }
  await db
    .connection('orders')
    .table('timeline_steps')
    .multiInsert(
      [2, 3, 4, 5].map((sequence) => ({
        order_id: id,
        sequence,
        at: new Date(),
        type: 'revised',
        status: 'pending',
        revision: sequence,
        actor: clerk,
        message_id: randomUUID(),
      }))
    )
  return `${ORDERS}/${id}/timeline`
}
