import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import {
  emptyShop,
  handleReply,
  patch,
  person,
  post,
  priced,
  product,
  read,
} from '#tests/support/shop'

const orders = () => db.connection('orders')
const oneMug = { lines: [{ sku: 'MUG', quantity: 1 }] }

test.group('An Idempotency-Key applies to one path, however it is spelled', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await product('MUG-RED', 0)
  })

  const send = (client: ApiClient, path: string, token: string, key: string, body: object) =>
    client.post(path).bearerToken(token).header('idempotency-key', key).json(body)

  test('an order placed again with a slash, a query or an encoded letter is the same order', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const key = randomUUID()
    const first = await post(client, ada, oneMug, key)
    for (const end of ['orders/', 'orders?source=app', '%6Frders', '%6Frders/?a=1']) {
      const path = `/api/v1/${end}`
      const again = await send(client, path, ada.token, key, oneMug)
      assert.equal(again.header('idempotent-replayed'), 'true', path)
      assert.equal(again.body().id, first.body().id, path)
    }
    for (const path of ['/api/v1/orders//', '//api/v1/orders', '/api/v1//orders']) {
      const nowhere = await send(client, path, ada.token, key, oneMug)
      assert.include([404, 405], nowhere.status(), path)
    }
    assert.lengthOf(await orders().from('orders').where('customer_id', ada.id), 1)
  })

  test('parallel spellings of one path make one order', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const key = randomUUID()
    const paths = Array.from({ length: 20 }, (_, n) => `/api/v1/orders${n % 2 ? '/' : ''}`)
    const answers = await Promise.all(
      paths.map((path) => send(client, path, ada.token, key, oneMug))
    )
    assert.isTrue(answers.every((answer) => [202, 409].includes(answer.status())))
    assert.lengthOf(await orders().from('orders').where('customer_id', ada.id), 1)
  })

  test('an id in upper case is the same id', async ({ client, assert }) => {
    const [ada, clerk] = [await person('customer', 'Ada'), await person('clerk')]
    const { id } = (await post(client, ada, oneMug)).body()
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    const key = randomUUID()
    const ship = (path: string) => send(client, path, clerk.token, key, { revision: 1 })
    const first = await ship(`/api/v1/orders/${id}/fulfilment`)
    first.assertStatus(200)
    const again = await ship(`/api/v1/orders/${id.toUpperCase()}/fulfilment/`)
    again.assertStatus(200)
    assert.equal(again.header('idempotent-replayed'), 'true')
  })

  test('an SKU in lower case is the same SKU', async ({ client, assert }) => {
    const clerk = await person('clerk')
    const key = randomUUID()
    const paths = [
      'mug-red/restocks',
      'MUG-RED/restocks',
      'Mug-Red/restocks/',
      '%20mug-red/restocks',
      'MUG-RED%E2%80%8B/restocks',
    ]
    for (const path of paths) {
      const body = { quantity: 10 }
      const answer = await send(client, `/api/v1/stock/${path}`, clerk.token, key, body)
      answer.assertStatus(201)
      assert.equal(answer.body().onHand, 10, path)
    }
  })

  test('a key stored by release 0.1.0 still gives its first response', async ({
    client,
    assert,
  }) => {
    const [ada, clerk] = [await person('customer', 'Ada'), await person('clerk')]
    const key = randomUUID()
    const first = await post(client, ada, oneMug, key)
    const restocked = (path: string) =>
      send(client, `/api/v1/stock/${path}/restocks`, clerk.token, key, { quantity: 5 })
    const before = await restocked('MUG-RED')
    // 0.1.0 stored a path as it was requested.
    const asRequested = (module: string, path: string) =>
      db.connection(module).from('idempotency_keys').where({ key }).update({ path })
    await asRequested('orders', '/api/v1/orders/')
    await asRequested('inventory', '/api/v1/stock/mug-red/restocks')

    const again = await send(client, '/api/v1/orders/', ada.token, key, oneMug)
    assert.equal(again.body().id, first.body().id)
    const restockedAgain = await restocked('mug-red')
    assert.equal(restockedAgain.body().id, before.body().id)
  })

  test('a change repeated under its key gives the first response, whatever has changed since', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const { id } = (await post(client, ada, oneMug)).body()
    const key = randomUUID()
    const change = (quantity: number, name = 'Ada') =>
      patch(client, ada, id, '"1"', { name, lines: [{ sku: 'MUG', quantity }] }).header(
        'idempotency-key',
        key
      )
    const first = await change(3)
    first.assertStatus(202)
    assert.isUndefined(first.header('idempotent-replayed'))
    const other = await patch(client, ada, id, '"2"', { lines: [{ sku: 'MUG', quantity: 4 }] })
    other.assertStatus(202)
    const again = await change(3)
    again.assertStatus(202)
    assert.equal(again.header('idempotent-replayed'), 'true')
    assert.deepEqual(again.body(), first.body())
    assert.equal((await read(client, ada, id)).body().lines[0].quantity, 4)
    const reused = await change(5)
    assert.deepEqual([reused.status(), reused.body().code], [422, 'idempotency_key_reused'])
  })

  test('a refused change stores nothing, so its key can be used for the corrected one', async ({
    client,
  }) => {
    const ada = await person('customer', 'Ada')
    const { id } = (await post(client, ada, oneMug)).body()
    const key = randomUUID()
    const change = (sku: string) =>
      patch(client, ada, id, '*', { lines: [{ sku, quantity: 2 }] }).header('idempotency-key', key)
    const refused = await change('NONE')
    refused.assertStatus(422)
    const corrected = await change('MUG')
    corrected.assertStatus(202)
  })
})
