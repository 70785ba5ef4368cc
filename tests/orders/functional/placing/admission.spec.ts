/*
 * Permits of placements: how many one customer may hold. The orders table is locked while they are counted, so
 * that nothing is placed meanwhile.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { placements, takeShare } from '#orders/api/admission/admission'
import { eventually } from '#tests/support/eventually'
import { emptyShop, person, post, priced } from '#tests/support/shop'

const ORDER = { lines: [{ sku: 'MUG', quantity: 1 }] }

test.group('Permits', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG')
  })

  /** Runs `work` while no order can be stored. */
  async function whileLocked<T>(work: () => Promise<T>): Promise<T> {
    return db.connection('orders').transaction(async (trx) => {
      await trx.rawQuery('set local idle_in_transaction_session_timeout = 0')
      await trx.rawQuery('lock table orders in exclusive mode')
      return work()
    })
  }

  test('are 4 for a customer; further orders wait without one and are placed', async ({
    assert,
    client,
  }) => {
    const ada = await person('customer', 'Ada')
    const bob = await person('customer', 'Bob')
    const sent = await whileLocked(async () => {
      const hers = Array.from({ length: 12 }, () => post(client, ada, ORDER))
      const all = hers.map((each) => each.then((answer) => answer.status()))
      await eventually('4 orders are being placed', () => placements.active === 4)
      all.push(post(client, bob, ORDER).then((answer) => answer.status()))
      await eventually('5 orders are being placed', () => placements.active === 5)
      // Requests that came later are answered: none of hers is still on its way to a permit.
      for (let n = 0; n < 10; n++) await client.get('/api/v1/accounts/me').bearerToken(ada.token)
      assert.equal(placements.active, 5)
      return all
    })
    assert.deepEqual(new Set(await Promise.all(sent)), new Set([202]))
    assert.deepEqual([placements.active, placements.waiting], [0, 0])
  })

  test('beyond those are refused after a second with 429; the order is placed when it is sent again', async ({
    assert,
    client,
  }) => {
    const ada = await person('customer', 'Ada')
    // Known before, for the time that the places below are held is measured.
    await client.get('/api/v1/accounts/me').bearerToken(ada.token)
    const held = await Promise.all(Array.from({ length: 4 }, () => takeShare(ada.id, () => {})))
    const refused = await post(client, ada, ORDER, 'again')
    refused.assertStatus(429)
    assert.equal(refused.body().code, 'too_many_own_placements')
    assert.equal(refused.header('retry-after'), '1')
    for (const share of held) share!.release()
    const again = await post(client, ada, ORDER, 'again')
    again.assertStatus(202)
    assert.isUndefined(again.header('idempotent-replayed'))
  })

  test('stay 4 when an earlier order of the customer has waited for inventory’s reply', async ({
    assert,
    client,
  }) => {
    const ada = await person('customer', 'Ada')
    const first = post(client, ada, ORDER).header('Prefer', 'wait=1').then()
    while (!(await db.connection('orders').from('orders').first())) continue
    const sent = await whileLocked(async () => {
      const hers = Array.from({ length: 4 }, () => post(client, ada, ORDER))
      const all = hers.map((each) => each.then((answer) => answer.status()))
      await eventually('4 orders are being placed', () => placements.active === 4)
      const answer = await first
      answer.assertStatus(202)
      all.push(post(client, ada, ORDER).then((later) => later.status()))
      for (let n = 0; n < 10; n++) await client.get('/api/v1/accounts/me').bearerToken(ada.token)
      assert.equal(placements.active, 4)
      return all
    })
    assert.deepEqual(new Set(await Promise.all(sent)), new Set([202]))
  })

  for (const role of ['service', 'clerk'] as const) {
    test(`have no such bound for a ${role}`, async ({ assert, client }) => {
      const caller = await person(role)
      const order = { ...ORDER, email: 'ada@example.com', name: 'Ada' }
      const sent = await whileLocked(async () => {
        const all = Array.from({ length: 8 }, () => post(client, caller, order))
        const statuses = all.map((each) => each.then((answer) => answer.status()))
        await eventually('8 orders are being placed', () => placements.active === 8)
        return statuses
      })
      assert.deepEqual(new Set(await Promise.all(sent)), new Set([202]))
    })
  }
})
