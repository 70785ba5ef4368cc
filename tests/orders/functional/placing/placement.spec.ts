import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { orderPlaced } from '#contracts/messages/orders'
import type { IdempotencyScope } from '#http/idempotency'
import { readOrder } from '#orders/store/order'
import { insertOrders } from '#orders/store/placement'
import { orderBody } from '#orders/api/transformers/order_body'
import { emptyShop, person, post, priced, type Person } from '#tests/support/shop'

const orders = () => db.connection('orders')
const asCustomer = { role: 'customer' as const, name: 'Ada' }
const oneMug = { lines: [{ sku: 'MUG', quantity: 1 }] }

test.group('A placed order', (group) => {
  let customer: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await priced('PLATE', 900)
  })
  group.each.setup(async () => {
    customer = await person('customer', 'Ada')
  })

  test('reads the same as it was answered', async ({ client, assert }) => {
    const placed = await post(client, customer, {
      lines: [
        { sku: 'MUG', quantity: 2 },
        { sku: 'PLATE', quantity: 1 },
      ],
      reference: 'shop-4711',
      shipTo: { name: 'Ada', address: ['1 Loom Street', 'London'], country: 'GB' },
    })
    placed.assertStatus(202)
    const shown = await client.get(placed.header('location')!).bearerToken(customer.token)
    assert.deepEqual(shown.body(), placed.body())
    assert.equal(shown.header('etag'), placed.header('etag'))
  })

  test('is answered with every documented field', async ({ client, assert }) => {
    const placed = await post(client, customer, { lines: [{ sku: 'MUG', quantity: 2 }] })
    const { id, number, placedAt, updatedAt, ...order } = placed.body()
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.match(number, /^Q-\d{6,}$/)
    assert.match(placedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.equal(updatedAt, placedAt)
    assert.equal(placed.header('location'), `/api/v1/orders/${id}`)
    assert.equal(placed.header('etag'), '"1"')
    const ends = { rejectedAt: null, cancelledAt: null, cancelReason: null, fulfilledAt: null }
    assert.deepEqual(order, {
      reference: null,
      customerId: customer.id,
      status: 'pending',
      revision: 1,
      heldRevision: null,
      version: 1,
      attention: false,
      email: customer.email,
      name: 'Ada',
      shipTo: null,
      lines: [
        {
          sku: 'MUG',
          name: 'Product MUG',
          quantity: 2,
          unitPrice: { amount: 1_250, currency: 'EUR' },
          total: { amount: 2_500, currency: 'EUR' },
        },
      ],
      requestedLines: null,
      total: { amount: 2_500, currency: 'EUR' },
      shortages: [],
      confirmedAt: null,
      ...ends,
      carrier: null,
      trackingNumber: null,
      trackingUrl: null,
    })
  })

  test('commits with its lines, its first step, its message and its key', async ({
    client,
    assert,
  }) => {
    const key = randomUUID()
    const placed = await post(client, customer, oneMug, key)
    const { id } = placed.body()

    assert.deepEqual(await orders().from('order_lines').where('order_id', id), [
      {
        order_id: id,
        revision: 1,
        position: 1,
        sku: 'MUG',
        name: 'Product MUG',
        quantity: 1,
        unit_price: 1_250,
      },
    ])
    const [step] = await orders().from('timeline_steps').where('order_id', id)
    const [message] = await orders().from('outbox').where('key', id)
    assert.containSubset(step, {
      sequence: 1,
      type: 'placed',
      status: 'pending',
      revision: 1,
      actor: { kind: 'customer', id: customer.id, name: 'Ada' },
      message_id: message.message_id,
    })
    assert.containSubset(message, {
      topic: 'orders',
      type: 'order_placed',
      version: 1,
      data: { revision: 1, lines: [{ sku: 'MUG', quantity: 1 }] },
      published_at: null,
    })
    const [kept] = await orders().from('idempotency_keys').where('key', key)
    assert.containSubset(kept, { account_id: customer.id, method: 'POST', status: 202 })
    assert.equal(kept.path, '/api/v1/orders')
    assert.deepEqual(kept.body, placed.body())
    assert.deepEqual(kept.headers, { Location: `/api/v1/orders/${id}`, ETag: '"1"' })
  })

  test('leaves nothing of itself behind when one of its rows is refused', async ({
    client,
    assert,
  }) => {
    const placed = await post(client, customer, oneMug)
    const order = await readOrder(orders(), placed.body().id, { ...customer, ...asCustomer })
    const before = await rowCounts()
    const record = { ...order!, id: uuidv7(), number: null }
    record.lines[0].quantity = 0
    const response = { status: 202, headers: {}, body: orderBody(record) }
    await assert.rejects(
      () =>
        insertOrders(orders(), [
          {
            order: record,
            account: { ...customer, ...asCustomer },
            limits: null,
            scope: scopeOf(customer, randomUUID()),
            response,
            message: orderPlaced.about(record.id, { revision: 1, lines: record.lines }),
          },
        ]),
      /order_lines_quantity_check/
    )
    assert.deepEqual(await rowCounts(), before)
  })

  test('takes its message id from an identity that hands out one at a time', async ({ assert }) => {
    for (const module of ['orders', 'inventory']) {
      const { rows } = await db.connection(`${module}_owner`).rawQuery(
        `select cache_size from pg_sequences
         where format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence('${module}.outbox', 'id')`
      )
      assert.deepEqual(rows, [{ cache_size: 1 }])
    }
  })

  test('has one line for two lines of one SKU, whatever their case', async ({ client, assert }) => {
    const placed = await post(client, customer, {
      lines: [
        { sku: 'mug', quantity: 1 },
        { sku: 'PLATE', quantity: 1 },
        { sku: ' Mug ', quantity: 2 },
      ],
    })
    const { lines, total } = placed.body()
    assert.deepEqual(
      lines.map(({ sku, quantity }: { sku: string; quantity: number }) => [sku, quantity]),
      [
        ['MUG', 3],
        ['PLATE', 1],
      ]
    )
    assert.deepEqual(total, { amount: 3 * 1_250 + 900, currency: 'EUR' })
  })

  test('may be placed by a service for a customer or for a guest', async ({ client, assert }) => {
    const service = await person('service', 'shop')
    const contact = { email: 'ada@example.com', name: 'Ada' }
    const forAda = { ...oneMug, ...contact, customerId: customer.id }
    const hers = await post(client, service, forAda)
    assert.containSubset(hers.body(), {
      customerId: customer.id,
      ...contact,
    })
    const guest = await post(client, service, { ...oneMug, email: 'guest@example.com' })
    assert.isNull(guest.body().customerId)
  })

  test('for a customer needs that customer’s e-mail and name: the clerk’s are not theirs', async ({
    client,
    assert,
  }) => {
    const clerk = await person('clerk', 'Carl')
    const forAda = { ...oneMug, customerId: customer.id }
    for (const [lacking, contact] of [
      ['email', { name: 'Ada' }],
      ['name', { email: 'ada@example.com' }],
    ] as const) {
      const refused = await post(client, clerk, { ...forAda, ...contact })
      refused.assertStatus(422)
      assert.containSubset(refused.body().errors, [{ pointer: `/${lacking}`, code: 'required' }])
    }
  })
})

function scopeOf({ id }: Person, key: string): IdempotencyScope {
  return { accountId: id, method: 'POST', path: '/api/v1/orders', key, payloadHash: 'none' }
}

async function rowCounts() {
  const tables = ['orders', 'order_lines', 'timeline_steps', 'outbox', 'idempotency_keys']
  return Promise.all(tables.map((table) => orders().from(table).count('* as n')))
}
