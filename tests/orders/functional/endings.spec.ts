import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import {
  cancel,
  emptyShop,
  fulfil,
  hear,
  patch,
  person,
  post,
  priced,
  read,
  type Person,
} from '#tests/shop'

const orders = () => db.connection('orders')
const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]

let ada: Person
let clerk: Person

async function people() {
  ada = await person('customer', 'Ada')
  clerk = await person('clerk', 'Carl')
}

async function openShop() {
  await emptyShop()
  await priced('MUG', 1_250)
  await priced('PLATE', 900)
}

test.group('A cancellation', (group) => {
  group.setup(openShop)
  group.each.setup(people)

  test('of a pending order cancels it at once, and tells inventory to hold nothing', async ({
    client,
    assert,
  }) => {
    const id = await placed(client)
    const cancelled = await cancel(client, ada, id, { reason: 'ordered twice' })
    cancelled.assertStatus(200)
    assert.equal(cancelled.header('etag'), '"2"')
    assert.containSubset(cancelled.body(), {
      status: 'cancelled',
      revision: 2,
      heldRevision: null,
      cancelReason: 'ordered twice',
      requestedLines: null,
    })
    assert.equal(cancelled.body().lines[0].quantity, 2)
    assert.match(cancelled.body().cancelledAt, /Z$/)
    assert.deepEqual(await lastSaid(id), [
      'order_cancelled',
      { revision: 2, lines: [], reason: 'ordered twice' },
    ])
    assert.deepEqual(await mailsDue(id), ['order_cancelled'])
  })

  test('of an order that is updating keeps the lines in force, and drops those asked for', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client)
    await patch(client, ada, id, '*', { lines: mugs(7) })
    const cancelled = (await cancel(client, ada, id)).body()
    assert.containSubset(cancelled, { status: 'cancelled', revision: 3, heldRevision: 1 })
    assert.isNull(cancelled.requestedLines)
    assert.equal(cancelled.lines[0].quantity, 2)
    // The answer to the change comes late: it says what was held, and changes no status.
    await hear(id, 'reserved', { revision: 2, heldRevision: 2 })
    await hear(id, 'released', { revision: 3, heldRevision: null })
    const after = (await read(client, ada, id)).body()
    assert.containSubset(after, { status: 'cancelled', heldRevision: 2 })
    assert.deepEqual(await stepTypes(client, id), [
      ...['placed', 'confirmed', 'revised', 'cancelled', 'holding_moved', 'stock_released'],
    ])
  })

  test('said twice is one: same answer, same order', async ({ client, assert }) => {
    const id = await placed(client)
    const first = await cancel(client, ada, id)
    const second = await cancel(client, ada, id, { reason: 'other words' })
    second.assertStatus(200)
    assert.deepEqual(second.body(), first.body())
    const both = await Promise.all([cancel(client, ada, id), cancel(client, clerk, id)])
    assert.deepEqual(
      both.map((answer) => answer.status()),
      [200, 200]
    )
    assert.lengthOf(await stepTypes(client, id), 2)
  })

  test('at the moment of a confirmation ends cancelled, and its stock is released', async ({
    client,
    assert,
  }) => {
    const id = await placed(client)
    await Promise.all([
      cancel(client, ada, id),
      hear(id, 'reserved', { revision: 1, heldRevision: 1 }),
    ])
    assert.containSubset((await read(client, ada, id)).body(), {
      status: 'cancelled',
      revision: 2,
      heldRevision: 1,
    })
    assert.equal((await lastSaid(id))[0], 'order_cancelled')
  })

  test('of an order that has ended otherwise is refused with its state', async ({
    client,
    assert,
  }) => {
    const rejected = await placed(client)
    await hear(rejected, 'rejected', { revision: 1, heldRevision: null })
    const gone = await confirmed(client)
    await fulfil(client, clerk, gone, { revision: 1 })
    for (const [id, status] of [
      [rejected, 'rejected'],
      [gone, 'fulfilled'],
    ]) {
      const refused = await cancel(client, ada, id)
      refused.assertStatus(409)
      assert.containSubset(refused.body(), {
        code: 'order_not_open',
        current: { status },
        allowed: [],
      })
    }
  })

  test('honours an Idempotency-Key, and an If-Match', async ({ client, assert }) => {
    const id = await placed(client)
    const send = (key: string, body: object) =>
      cancel(client, ada, id, body).header('idempotency-key', key)
    ;(await cancel(client, ada, id).header('if-match', '"7"')).assertStatus(412)
    ;(await send('k1', { reason: 'a' })).assertStatus(200)
    const again = await send('k1', { reason: 'a' })
    assert.equal(again.header('idempotent-replayed'), 'true')
    ;(await send('k1', { reason: 'b' })).assertStatus(422)
    const nul = await client
      .post('/api/v1/orders/%00/cancellation')
      .bearerToken(ada.token)
      .header('idempotency-key', 'k2')
      .json({})
    nul.assertStatus(404)
  })

  test('is for the owner, a clerk or a service; others find no order', async ({ client }) => {
    const id = await placed(client)
    ;(await cancel(client, await person('customer', 'Bob'), id)).assertStatus(404)
    ;(await cancel(client, await person('operator'), id)).assertStatus(403)
    ;(await cancel(client, ada, randomUUID())).assertStatus(404)
    ;(await cancel(client, await person('service'), id)).assertStatus(200)
  })
})

test.group('A fulfilment', (group) => {
  group.setup(openShop)
  group.each.setup(people)

  test('names the revision in the parcel, ends the order, and tells inventory to deduct', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client)
    const parcel = {
      revision: 1,
      carrier: 'DHL',
      trackingNumber: 'JD01',
      trackingUrl: 'https://dhl.example/JD01',
    }
    const fulfilled = await fulfil(client, clerk, id, parcel)
    fulfilled.assertStatus(200)
    const { carrier, trackingNumber, trackingUrl } = parcel
    assert.containSubset(fulfilled.body(), {
      status: 'fulfilled',
      revision: 2,
      heldRevision: 1,
      ...{ carrier, trackingNumber, trackingUrl },
    })
    assert.deepEqual(await lastSaid(id), [
      'order_fulfilled',
      { revision: 2, lines: [], deduct: true },
    ])
    assert.deepEqual(await mailsDue(id), ['order_confirmed', 'order_fulfilled'])

    const again = await fulfil(client, clerk, id, { revision: 1 })
    again.assertStatus(200)
    assert.deepEqual(again.body(), fulfilled.body())
    await hear(id, 'deducted', { revision: 2, heldRevision: null })
    assert.deepEqual(await stepTypes(client, id), [
      ...['placed', 'confirmed', 'fulfilled', 'stock_deducted'],
    ])
  })

  test('of other lines than those in force is refused, and says what differs', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client)
    const lines = [...mugs(3), { sku: 'PLATE', quantity: 1 }]
    await patch(client, ada, id, '*', { lines })
    await hear(id, 'reserved', { revision: 2, heldRevision: 2 })
    const refused = await fulfil(client, clerk, id, { revision: 1 })
    refused.assertStatus(409)
    assert.containSubset(refused.body(), {
      code: 'revision_moved',
      current: { status: 'confirmed', heldRevision: 2 },
      allowed: ['change', 'cancellation', 'fulfilment'],
    })
    assert.deepEqual(refused.body().changes, [
      { sku: 'MUG', packed: 2, inForce: 3 },
      { sku: 'PLATE', packed: 0, inForce: 1 },
    ])
    ;(await fulfil(client, clerk, id, { revision: 3 })).assertStatus(409)
    ;(await fulfil(client, clerk, id, { revision: 2 })).assertStatus(200)
    const late = await fulfil(client, clerk, id, { revision: 1 })
    late.assertStatus(409)
  })

  test('of an order that is not confirmed is refused, and says what is allowed', async ({
    client,
    assert,
  }) => {
    const pending = await placed(client)
    const updating = await confirmed(client)
    await patch(client, ada, updating, '*', { lines: mugs(1) })
    for (const id of [pending, updating]) {
      const refused = await fulfil(client, clerk, id, { revision: 1 })
      refused.assertStatus(409)
      assert.containSubset(refused.body(), {
        code: 'order_not_confirmed',
        allowed: ['change', 'cancellation'],
      })
    }
    await cancel(client, ada, pending)
    const cancelled = await fulfil(client, clerk, pending, { revision: 1 })
    cancelled.assertStatus(409)
    assert.equal(cancelled.body().code, 'order_not_open')
  })

  test('against a cancellation at the same moment: one of the two, and the other is told', async ({
    client,
    assert,
  }) => {
    for (let n = 0; n < 5; n++) {
      const id = await confirmed(client)
      const [cancelled, fulfilled] = await Promise.all([
        cancel(client, ada, id),
        fulfil(client, clerk, id, { revision: 1 }),
      ])
      assert.sameMembers([cancelled.status(), fulfilled.status()], [200, 409])
      const loser = cancelled.status() === 409 ? cancelled : fulfilled
      assert.equal(loser.body().code, 'order_not_open')
      const { status } = (await read(client, ada, id)).body()
      assert.equal(status, cancelled.status() === 200 ? 'cancelled' : 'fulfilled')
    }
  })

  test('is the work of clerks and admins', async ({ client, assert }) => {
    const id = await confirmed(client)
    for (const by of [ada, await person('operator'), await person('service')]) {
      const refused = await fulfil(client, by, id, { revision: 1 })
      refused.assertStatus(403)
      assert.equal(refused.body().code, 'role_not_allowed')
    }
    ;(await fulfil(client, await person('admin'), id, { revision: 1 })).assertStatus(200)
  })

  const wrong: [what: string, body: object, pointer: string][] = [
    ['without a revision', {}, '/revision'],
    ['of revision 0', { revision: 0 }, '/revision'],
    ['of a revision in quotes', { revision: '1' }, '/revision'],
    ['with an address that is none', { revision: 1, trackingUrl: 'javascript:x' }, '/trackingUrl'],
    ['with a NUL', { revision: 1, carrier: 'D\0' }, '/carrier'],
    ['with more than there is', { revision: 1, weight: 3 }, '/weight'],
  ]
  for (const [what, body, pointer] of wrong) {
    test(`${what} is refused by name`, async ({ client, assert }) => {
      const id = await confirmed(client)
      const refused = await fulfil(client, clerk, id, body)
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, pointer)
    })
  }
})

async function placed(client: ApiClient): Promise<string> {
  const answer = await post(client, ada, { lines: mugs(2) })
  answer.assertStatus(202)
  return answer.body().id
}

async function confirmed(client: ApiClient) {
  const id = await placed(client)
  await hear(id, 'reserved', { revision: 1, heldRevision: 1 })
  return id
}

async function lastSaid(id: string) {
  const row = await orders().from('outbox').where('key', id).orderBy('id', 'desc').firstOrFail()
  return [row.type, row.data]
}

async function mailsDue(id: string) {
  const rows = await orders().from('notifications').where('order_id', id).orderBy('id')
  return rows.map(({ kind }) => kind)
}

async function stepTypes(client: ApiClient, id: string) {
  const steps = await client.get(`/api/v1/orders/${id}/timeline`).bearerToken(clerk.token)
  return steps.body().data.map(({ type }: { type: string }) => type)
}
