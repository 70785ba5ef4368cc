/*
 * Prefer: wait. Inventory is not running here: the tests send its replies.
 */
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
  type Person,
} from '#tests/support/shop'

const oneMug = { lines: [{ sku: 'MUG', quantity: 1 }] }
const orders = () => db.connection('orders')

/** Takes from the app what it may do with a table: a fault as good as any. */
async function forbid(what: string, table: string) {
  await db.connection('orders_owner').rawQuery(`revoke ${what} on ${table} from orders_app`)
}

async function allow(what: string, table: string) {
  await db.connection('orders_owner').rawQuery(`grant ${what} on ${table} to orders_app`)
}

test.group('A client that prefers to wait', (group) => {
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

  /** Resolves when its change has committed. */
  async function changed(id: string) {
    const row = () => db.connection('orders_owner').from('orders').where('id', id).firstOrFail()
    while ((await row()).revision === 1);
  }

  test('is told after that time that inventory has not replied', async ({ client, assert }) => {
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
    for (const prefer of ['wait=0', 'wait=-9', 'wait=soon', 'wait', 'respond-async', 'wait=9e1']) {
      const answer = await place(client, prefer)
      answer.assertStatus(202)
      assert.isUndefined(answer.header('preference-applied'), prefer)
    }
    // The first digit of any of them would make it wait for nine seconds.
    assert.isBelow(performance.now() - began, 8_000)
  })

  test('waits ten seconds at most, and not when inventory has replied', async ({
    client,
    assert,
  }) => {
    const [answer] = await Promise.all([
      place(client, 'respond-async, wait=600'),
      placedId().then((id) => handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })),
    ])
    answer.assertStatus(201)
    assert.equal(answer.header('preference-applied'), 'wait=10')
    assert.equal(answer.body().status, 'confirmed')
  })

  test('gets the order as it is now when it sends the same again', async ({ client, assert }) => {
    const key = randomUUID()
    const first = await place(client, 'wait=0', key)
    first.assertStatus(202)
    await handleReply(first.body().id, 'reserved', { revision: 1, heldRevision: 1 })
    const again = await place(client, 'wait=5', key)
    again.assertStatus(201)
    assert.equal(again.header('idempotent-replayed'), 'true')
    assert.containSubset(again.body(), { id: first.body().id, status: 'confirmed' })
    const plain = await post(client, ada, oneMug, key)
    plain.assertStatus(202)
    assert.deepEqual(plain.body(), first.body())
  })

  test('is told inventory’s reply although the live steps fail', async ({
    client,
    assert,
    cleanup,
  }) => {
    cleanup(() => allow('select', 'timeline_steps'))
    const [answer] = await Promise.all([
      place(client, 'wait=1'),
      placedId().then(async (id) => {
        await forbid('select', 'timeline_steps')
        await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
      }),
    ])
    answer.assertStatus(201)
    assert.equal(answer.body().status, 'confirmed')
  })

  test('is told that it is accepted, though the waiting fails', async ({
    client,
    assert,
    cleanup,
  }) => {
    cleanup(() => allow('select', 'orders'))
    const [placing] = await Promise.all([
      place(client, 'wait=1'),
      placedId().then(() => forbid('select', 'orders')),
    ])
    placing.assertStatus(202)
    assert.equal(placing.body().status, 'pending')

    await allow('select', 'orders')
    const { id } = placing.body()
    const [changing] = await Promise.all([
      patch(client, ada, id, '"1"', { lines: [{ sku: 'MUG', quantity: 2 }] }).header(
        'prefer',
        'wait=1'
      ),
      changed(id).then(() => forbid('select', 'orders')),
    ])
    changing.assertStatus(202)
    assert.equal(changing.body().revision, 2)
  })
})
