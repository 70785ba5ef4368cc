/*
 * Prefer: wait. Inventory is not running here: what it answers is said by the tests.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { emptyShop, hear, person, post, priced, type Person } from '#tests/shop'

const oneMug = { lines: [{ sku: 'MUG', quantity: 1 }] }
const orders = () => db.connection('orders')

test.group('Whoever prefers to wait', (group) => {
  let ada: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async () => {
    ada = await person('customer', 'Ada')
  })

  function place(client: ApiClient, prefer: string, key: string = randomUUID()) {
    return post(client, ada, oneMug, key).header('prefer', prefer)
  }

  /** The order of Ada's, as soon as it is there. */
  async function placedId(): Promise<string> {
    for (;;) {
      const row = await orders().from('orders').where('customer_id', ada.id).first()
      if (row) return row.id
    }
  }

  test('is told after that time that inventory has not answered', async ({ client, assert }) => {
    const began = performance.now()
    const answer = await place(client, 'wait=1')
    assert.isAtLeast(performance.now() - began, 990)
    answer.assertStatus(202)
    assert.equal(answer.body().status, 'pending')
    assert.isUndefined(answer.header('preference-applied'))
  })

  test('does not wait when nothing is asked for, or what cannot be read', async ({
    client,
    assert,
  }) => {
    const began = performance.now()
    for (const prefer of ['wait=0', 'wait=-1', 'wait=soon', 'wait', 'respond-async', 'wait=1e1']) {
      const answer = await place(client, prefer)
      answer.assertStatus(202)
      assert.isUndefined(answer.header('preference-applied'), prefer)
    }
    assert.isBelow(performance.now() - began, 990)
  })

  test('waits ten seconds at most, and not when inventory has answered', async ({
    client,
    assert,
  }) => {
    const [answer] = await Promise.all([
      place(client, 'respond-async, wait=600'),
      placedId().then((id) => hear(id, 'reserved', { revision: 1, heldRevision: 1 })),
    ])
    answer.assertStatus(201)
    assert.equal(answer.header('preference-applied'), 'wait=10')
    assert.equal(answer.body().status, 'confirmed')
  })

  test('gets the order as it is now when it sends the same again', async ({ client, assert }) => {
    const key = randomUUID()
    const first = await place(client, 'wait=0', key)
    first.assertStatus(202)
    await hear(first.body().id, 'reserved', { revision: 1, heldRevision: 1 })
    const again = await place(client, 'wait=5', key)
    again.assertStatus(201)
    assert.equal(again.header('idempotent-replayed'), 'true')
    assert.containSubset(again.body(), { id: first.body().id, status: 'confirmed' })
    const plain = await post(client, ada, oneMug, key)
    plain.assertStatus(202)
    assert.deepEqual(plain.body(), first.body())
  })

  test('is told that it is accepted, though the waiting fails', async ({
    client,
    assert,
    cleanup,
  }) => {
    const owner = db.connection('orders_owner')
    cleanup(async () => void (await owner.rawQuery('grant select on orders to orders_app')))
    const answering = place(client, 'wait=1')
    const [answer] = await Promise.all([
      answering,
      placedId().then(() => owner.rawQuery('revoke select on orders from orders_app')),
    ])
    answer.assertStatus(202)
    assert.equal(answer.body().status, 'pending')
  })
})
