import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { historyJson, historyLines } from '#orders/commands/history_lines'
import { orderHistory } from '#orders/queries/order_history'
import { ordersCsv } from '#orders/pages/list/orders_csv'
import { confirmed, messagesAbout, mugs, placed, shopOfMugs } from '#tests/support/orders'
import { cancel, fulfil, handleReply, patch, person, read, type Person } from '#tests/support/shop'

const orders = () => db.connection('orders')

let ada: Person
let clerk: Person

async function people() {
  ada = await person('customer', 'Ada')
  clerk = await person('clerk', 'Carl')
}

test.group('A cancellation', (group) => {
  group.setup(shopOfMugs)
  group.each.setup(people)

  test('of a pending order cancels it at once, and tells inventory to hold nothing', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
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
      { revision: 2, lines: [], reason: 'ordered twice', number: cancelled.body().number },
    ])
    assert.deepEqual(await mailsDue(id), ['order_cancelled'])
  })

  test('of an order that is updating keeps the lines in force, and drops those asked for', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '*', { lines: mugs(7) })
    const cancelled = (await cancel(client, ada, id)).body()
    assert.containSubset(cancelled, { status: 'cancelled', revision: 3, heldRevision: 1 })
    assert.isNull(cancelled.requestedLines)
    assert.equal(cancelled.lines[0].quantity, 2)
    // The answer to the change comes late: it says what was held, and changes no status.
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    await handleReply(id, 'released', { revision: 3, heldRevision: null })
    const after = (await read(client, ada, id)).body()
    assert.containSubset(after, { status: 'cancelled', heldRevision: null })
    assert.equal(after.lines[0].quantity, 7, 'the lines that were held last')
    assert.equal((await heldColumn(id)).held_revision, 2)
    assert.deepEqual(await stepTypes(client, id), [
      ...['placed', 'confirmed', 'revised', 'cancelled', 'holding_moved', 'stock_released'],
    ])
  })

  test('said twice is one: same answer, same order', async ({ client, assert }) => {
    const id = await placed(client, ada)
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
    const id = await placed(client, ada)
    await Promise.all([
      cancel(client, ada, id),
      handleReply(id, 'reserved', { revision: 1, heldRevision: 1 }),
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
    const rejected = await placed(client, ada)
    await handleReply(rejected, 'rejected', { revision: 1, heldRevision: null })
    const gone = await confirmed(client, ada)
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
    const id = await placed(client, ada)
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
    const id = await placed(client, ada)
    ;(await cancel(client, await person('customer', 'Bob'), id)).assertStatus(404)
    ;(await cancel(client, await person('operator'), id)).assertStatus(403)
    ;(await cancel(client, ada, randomUUID())).assertStatus(404)
    ;(await cancel(client, await person('service'), id)).assertStatus(200)
  })
})

test.group('What is held for an ended order', (group) => {
  group.setup(shopOfMugs)
  group.each.setup(people)

  const shown = async (client: ApiClient, id: string) => (await read(client, ada, id)).body()

  test('is nothing once its stock is released, everywhere and for late replies too', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    const cancelled = await cancel(client, ada, id)
    assert.equal(cancelled.body().heldRevision, 1, 'it is held until inventory has released it')
    await handleReply(id, 'released', { revision: 2, heldRevision: null })
    assert.isNull((await shown(client, id)).heldRevision)
    const list = await client.get('/api/v1/orders?limit=1').bearerToken(ada.token)
    assert.isNull(list.body().data[0].heldRevision)
    const refused = await patch(client, ada, id, '*', { lines: mugs(3) })
    assert.containSubset(refused.body().current, { status: 'cancelled', heldRevision: null })
    const again = await cancel(client, ada, id)
    assert.isNull(again.body().heldRevision)
    // A reply to an older revision that comes late is still recognised as such.
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    assert.isNull((await shown(client, id)).heldRevision)
    assert.equal((await heldColumn(id)).held_revision, 1)
    assert.equal((await stepTypes(client, id)).at(-1), 'stock_released')
    const story = historyJson((await orderHistory(orders(), id))!)
    assert.isNull(story.order.heldRevision)
    assert.include(historyLines((await orderHistory(orders(), id))!).join('\n'), 'held none')
  })

  test('is nothing once its stock is deducted; a repeated fulfilment still names the parcel', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    await fulfil(client, clerk, id, { revision: 1 })
    assert.equal((await shown(client, id)).heldRevision, 1)
    await handleReply(id, 'deducted', { revision: 2, heldRevision: null })
    assert.isNull((await shown(client, id)).heldRevision)
    const again = await fulfil(client, clerk, id, { revision: 1 })
    again.assertStatus(200)
    assert.isNull(again.body().heldRevision)
    const other = await fulfil(client, clerk, id, { revision: 2 })
    assert.deepEqual([other.status(), other.body().code], [409, 'order_not_open'])
    assert.equal((await heldColumn(id)).held_revision, 1)
    const csv: string[] = []
    const staff = { id: clerk.id, email: null, name: 'Carl', role: 'clerk' as const }
    for await (const part of ordersCsv(staff, { q: id }, 'UTC')) csv.push(part)
    const [headings, row] = csv.join('').split(/\r?\n/)
    assert.equal(row.split(',')[headings.split(',').indexOf('held_revision')], '')
  })

  test('has no shortages of a change that was declined before its end', async ({
    client,
    assert,
  }) => {
    const shortages = [{ sku: 'MUG', requested: 9, available: 3 }]
    for (const end of [
      (id: string) => cancel(client, ada, id),
      (id: string) => fulfil(client, clerk, id, { revision: 1 }),
    ]) {
      const id = await confirmed(client, ada)
      await patch(client, ada, id, '*', { lines: mugs(9) })
      await handleReply(id, 'rejected', { revision: 2, heldRevision: 1, shortages })
      assert.deepEqual((await shown(client, id)).shortages, shortages)
      const ended = await end(id)
      ended.assertStatus(200)
      assert.deepEqual(ended.body().shortages, [])
      assert.deepEqual((await shown(client, id)).shortages, [])
    }
  })

  test('has no shortages after the next accepted change', async ({ client, assert }) => {
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '*', { lines: mugs(9) })
    const shortages = [{ sku: 'MUG', requested: 9, available: 3 }]
    await handleReply(id, 'rejected', { revision: 2, heldRevision: 1, shortages })
    await patch(client, ada, id, '*', { lines: mugs(3) })
    await handleReply(id, 'reserved', { revision: 3, heldRevision: 3 })
    assert.deepEqual((await shown(client, id)).shortages, [])
  })
})

/** What the database keeps of an order beside what is shown. */
function heldColumn(id: string) {
  return orders().from('orders').where('id', id).select('held_revision').firstOrFail()
}

test.group('A fulfilment', (group) => {
  group.setup(shopOfMugs)
  group.each.setup(people)

  test('names the revision in the parcel, ends the order, and tells inventory to deduct', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
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
      { revision: 2, lines: [], deduct: true, number: fulfilled.body().number },
    ])
    assert.deepEqual(await mailsDue(id), ['order_confirmed', 'order_fulfilled'])

    const again = await fulfil(client, clerk, id, { revision: 1 })
    again.assertStatus(200)
    assert.deepEqual(again.body(), fulfilled.body())
    await handleReply(id, 'deducted', { revision: 2, heldRevision: null })
    assert.deepEqual(await stepTypes(client, id), [
      ...['placed', 'confirmed', 'fulfilled', 'stock_deducted'],
    ])
  })

  test('of other lines than those in force is refused, and says what differs', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    const lines = [...mugs(3), { sku: 'PLATE', quantity: 1 }]
    await patch(client, ada, id, '*', { lines })
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
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
    const pending = await placed(client, ada)
    const updating = await confirmed(client, ada)
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
      const id = await confirmed(client, ada)
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
    const id = await confirmed(client, ada)
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
      const id = await confirmed(client, ada)
      const refused = await fulfil(client, clerk, id, body)
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, pointer)
    })
  }
})

test.group('An order', (group) => {
  group.setup(shopOfMugs)
  group.each.setup(people)

  test('is not deleted, because its lines, steps and mails have no foreign key', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
    const error = await orders()
      .from('orders')
      .where({ id })
      .delete()
      .then(
        () => null,
        (reason) => reason
      )
    assert.equal(error?.code, '23001')
    ;(await read(client, ada, id)).assertStatus(200)
  })
})

async function lastSaid(id: string) {
  const { type, data } = (await messagesAbout(id)).at(-1)
  return [type, data]
}

async function mailsDue(id: string) {
  const rows = await orders().from('notifications').where('order_id', id).orderBy('id')
  return rows.map(({ kind }) => kind)
}

async function stepTypes(client: ApiClient, id: string) {
  const steps = await client.get(`/api/v1/orders/${id}/timeline`).bearerToken(clerk.token)
  return steps.body().data.map(({ type }: { type: string }) => type)
}
