/*
 * Concurrent placements in one statement, compared with an order that is placed alone.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import type { SignedIn } from '#contracts/actor'
import { orderPlaced } from '#contracts/messages/orders'
import { lockText } from '#http/idempotency'
import { CoalescedPlacements } from '#orders/placing/coalesced_placements'
import { newOrder } from '#orders/placing/new_order'
import { readOrder } from '#orders/store/order'
import { insertOrders, type OrderToPlace } from '#orders/store/placement'
import { orderBody } from '#orders/api/transformers/order_body'
import { emptyShop, person, post, priced, type Person } from '#tests/support/shop'

const orders = () => db.connection('orders')
const insert = (some: OrderToPlace[]) => insertOrders(orders(), some)
const placeAll = (some: OrderToPlace[]) => {
  const placements = new CoalescedPlacements(insert)
  return Promise.allSettled(some.map((order) => placements.place(order)))
}
const valueOf = <Value>(result: PromiseSettledResult<Value>) =>
  result.status === 'fulfilled' ? result.value : undefined

test.group('Orders that arrive at the same time', (group) => {
  let service: Person
  let account: SignedIn

  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    service = await person('service', 'shop')
    account = { ...service, role: 'service', name: 'shop' }
  })

  function orderToPlace({ quantity = 2, key = randomUUID() as string } = {}): OrderToPlace {
    const lines = [{ ...MUG, quantity }, PLATE]
    const order = newOrder({ ...GUEST, shipTo: SHIP_TO }, account, { lines, currency: 'EUR' })
    Object.assign(order, { placedAt: PLACED_AT, updatedAt: PLACED_AT })
    const address = { method: 'POST', path: '/api/v1/orders' }
    const scope = { accountId: service.id, ...address, key, payloadHash: 'the same' }
    const response = { status: 202, headers: { ETag: '"1"' }, body: orderBody(order) }
    const message = orderPlaced.about(order.id, { revision: 1, lines: order.lines })
    return { order, account, limits: null, scope, response, message }
  }

  /** What the order has written, without the values that differ between equal orders. */
  async function written({ order: { id }, scope }: OrderToPlace) {
    const row = async (table: string, column: string, value: string) => {
      const rows = await orders().from(table).where(column, value)
      return rows.map(({ id: _, order_id, message_id, key, key_hash, created_at, ...rest }) => rest)
    }
    const messages = await row('outbox', 'key', id)
    for (const { headers, data } of messages) {
      delete headers.traceparent
      delete data.number
    }
    const [key] = await row('idempotency_keys', 'key', scope.key)
    return {
      order: { ...(await readOrder(orders(), id, account)), id: null, number: null },
      lines: await row('order_lines', 'order_id', id),
      steps: await row('timeline_steps', 'order_id', id),
      messages,
      key: { ...key, body: { ...key.body, id: null, number: null } },
    }
  }

  test('share a transaction, and are stored like one that is placed alone', async ({ assert }) => {
    const alone = orderToPlace()
    await insert([alone])
    const together = Array.from({ length: 20 }, () => orderToPlace())
    const numbers = (await placeAll(together)).map((result) => valueOf(result)!.number)

    assert.lengthOf(new Set(numbers), 20)
    const ids = together.map(({ order }) => order.id)
    const transactions = await orders()
      .from('orders')
      .whereIn('id', ids)
      .select(db.raw('distinct xmin::text'))
    assert.lengthOf(transactions, 1)
    const expected = await written(alone)
    assert.lengthOf(expected.messages, 1)
    for (const [index, order] of together.entries()) {
      assert.deepEqual(await written(order), expected)
      const stored = await readOrder(orders(), order.order.id, account)
      assert.equal(stored!.number, numbers[index])
      const [{ body }] = await orders().from('idempotency_keys').where('key', order.scope.key)
      assert.deepInclude(body, { id: order.order.id, number: numbers[index] })
    }
  })

  test('keep the traces of their requests', async ({ client, assert }) => {
    const traces = Array.from({ length: 8 }, () => randomUUID().replaceAll('-', ''))
    const placed = await Promise.all(
      traces.map((trace) =>
        post(client, service, { ...GUEST, reference: trace }).header(
          'traceparent',
          `00-${trace}-b7ad6b7169203331-01`
        )
      )
    )
    for (const response of placed) {
      const { id, reference } = response.body()
      const [{ headers }] = await orders().from('outbox').where('key', id)
      assert.include(headers.traceparent, reference)
    }
  })

  test('are placed when PostgreSQL refuses one of them', async ({ assert }) => {
    const good = Array.from({ length: 4 }, () => orderToPlace())
    const results = await placeAll([
      ...good.slice(0, 2),
      orderToPlace({ quantity: 0 }),
      ...good.slice(2),
    ])
    const [refused, ...others] = results.filter(({ status }) => status === 'rejected')
    assert.match(String((refused as PromiseRejectedResult).reason), /order_lines_quantity_check/)
    assert.lengthOf(others, 0)
    assert.sameMembers(
      (await orders().from('orders').select('id')).map(({ id }) => id),
      good.map(({ order }) => order.id)
    )
  })

  test('are one order if they have one key, and fail no statement', async ({ assert }) => {
    let statements = 0
    const placements = new CoalescedPlacements((some) => (statements++, insert(some)))
    const one = orderToPlace()
    const [placed, repeated, other] = await Promise.all(
      [one, orderToPlace({ key: one.scope.key }), orderToPlace()].map((order) =>
        placements.place(order)
      )
    )
    assert.isString(placed!.number)
    assert.isNull(repeated)
    assert.isString(other!.number)
    assert.lengthOf(await orders().from('orders'), 2)
    assert.equal(statements, 1)
  })

  test('are placed beside one whose key is stored, and one whose key is in use', async ({
    assert,
  }) => {
    const stored = orderToPlace()
    await insert([stored])
    const inUse = orderToPlace()
    const results = await orders().transaction(async (trx) => {
      const lock = 'select pg_advisory_xact_lock(hashtextextended(?, 0))'
      await trx.rawQuery(lock, [lockText(inUse.scope)])
      return placeAll([orderToPlace({ key: stored.scope.key }), inUse, orderToPlace()])
    })
    const [repeated, concurrent, other] = results.map(valueOf)
    assert.isNull(repeated)
    assert.isNull(concurrent)
    assert.isString(other!.number)
    assert.lengthOf(await orders().from('orders'), 2)
  })

  test('do not wait for statements that hang', async ({ assert }) => {
    const hanging: OrderToPlace[][] = []
    const placements = new CoalescedPlacements((some) => {
      if (hanging.length === 2) return insert(some)
      hanging.push(some)
      return new Promise(() => {})
    })
    void placements.place(orderToPlace())
    await new Promise(setImmediate)
    void placements.place(orderToPlace())
    await new Promise(setImmediate)
    assert.isString((await placements.place(orderToPlace()))!.number)
    assert.lengthOf(hanging, 2)
  })

  test('do not wait for a customer whose limits are checked', async ({ assert }) => {
    const placements = new CoalescedPlacements(insert)
    const limited = orderToPlace()
    limited.limits = { openOrders: 5, heldUnits: 100 }
    limited.order.customerId = randomUUID()
    const { waiting } = await orders().transaction(async (trx) => {
      await trx.rawQuery('select customer_load(?, null)', [limited.order.customerId!])
      const placing = placements.place(limited)
      assert.isString((await placements.place(orderToPlace()))!.number)
      assert.lengthOf(await orders().from('orders'), 1)
      return { waiting: placing }
    })
    assert.isString((await waiting)!.number)
  })
})

const GUEST = { lines: [{ sku: 'MUG', quantity: 1 }], email: 'ada@example.com', name: 'Ada' }
const MUG = { sku: 'MUG', name: 'Mug', unitPrice: 1_250 }
const PLATE = { sku: 'PLATE', name: 'Plate', quantity: 1, unitPrice: 900 }
const SHIP_TO = { name: 'Ada', address: ['1 Loom Street'], country: 'GB' }
const PLACED_AT = '2026-11-30T10:00:00.000Z'
