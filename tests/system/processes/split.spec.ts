/*
 * One process, or one for each module with a database of its own: the same orders, the same stock, the
 * same proofs, over the real broker.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Assert } from '@japa/assert'
import { test } from '@japa/runner'
import pg from 'pg'
import { brokers } from '#tests/support/kafka/broker'
import { createDatabase } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { administrator } from '#tests/support/processes/administrator'
import {
  ace,
  aceInTurn,
  AppProcess,
  dataDirectory,
  endApps,
  type Answer,
} from '#tests/support/processes/app_process'

/** Who serves which module; the same process twice where both are in one. */
interface Shop {
  orders: AppProcess
  inventory: AppProcess
  token: string
}

const kafka = await brokers()

test.group('Orders and inventory', (group) => {
  group.teardown(endApps)

  for (const split of [false, true]) {
    const where = split ? 'in two processes with a database each' : 'in one process'
    test(`do the same ${where}`, async ({ assert, cleanup }) => {
      const shop = await open(split, cleanup)
      await trade(shop, assert)
      await prove(shop, assert)
      if (split) {
        await assertApart(shop, assert)
        await assertLossIsSeen(shop, assert)
      }
    }).skip(!kafka, 'needs a Kafka broker')
  }

  test('name the missing settings when one is to run alone', async ({ assert }) => {
    const refused = async (env: Record<string, string>) => {
      const app = await AppProcess.launch({
        dataDir: '/nowhere',
        env: { APP_KEY: '0123456789abcdef', ...env },
      })
      const { code } = await app.exited
      assert.equal(code, 1)
      return app.printed
    }
    const [alone, unknown, urls] = await Promise.all([
      refused({ MODULES: 'orders' }),
      refused({ MODULES: 'orders,billing' }),
      refused({
        MODULES: 'orders',
        KAFKA_BROKERS: '127.0.0.1:1',
        ORDERS_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      }),
    ])
    assert.match(alone, /MODULES is "orders".*[Ss]et KAFKA_BROKERS.*Example/)
    assert.match(unknown, /MODULES contains "billing".*Example: orders,inventory/)
    assert.match(urls, /ACCOUNTS_DATABASE_URL is missing/)
    assert.notInclude(urls, 'INVENTORY_DATABASE_URL')
  })
})

async function open(split: boolean, cleanup: (end: () => Promise<void>) => void): Promise<Shop> {
  const [home, other, own, stock, people] = await Promise.all([
    ...[dataDirectory(), dataDirectory()],
    ...[createDatabase(), createDatabase(), createDatabase()],
  ] as const)
  cleanup(async () => {
    await endApps()
    await Promise.all([own.drop(), stock.drop(), people.drop(), home.remove(), other.remove()])
  })
  const topicPrefix = `s${randomBytes(4).toString('hex')}.`
  const common = { kafka: { brokers: kafka!.join(), topicPrefix }, dataDir: home.path }
  const env = { LOG_LEVEL: 'warn', ACCOUNTS_DATABASE_URL: people.url }
  const urls = { ORDERS_DATABASE_URL: own.url, INVENTORY_DATABASE_URL: stock.url }
  let orders: AppProcess
  let inventory: AppProcess
  if (split) {
    const { ORDERS_DATABASE_URL, INVENTORY_DATABASE_URL } = urls
    inventory = await AppProcess.start({
      ...common,
      dataDir: other.path,
      env: { ...env, MODULES: 'inventory', INVENTORY_DATABASE_URL },
    })
    orders = await AppProcess.start({
      ...common,
      env: { ...env, MODULES: 'orders', ORDERS_DATABASE_URL, INVENTORY_URL: inventory.url },
    })
  } else {
    orders = inventory = await AppProcess.start({ ...common, env: { ...env, ...urls } })
  }
  return { orders, inventory, token: await administrator(people.url) }
}

/** Placed and rejected, changed up and beyond, cancelled, fulfilled: what a shop does on a day. */
async function trade({ orders, inventory, token }: Shop, assert: Assert) {
  const product = { name: 'Mug', price: { amount: 1_000, currency: 'EUR' } }
  await inventory.put('/api/v1/products/MUG', token, product)
  await inventory.post('/api/v1/stock/MUG/restocks', token, { quantity: 10 })

  const kept = await eventually('the mug can be ordered', () => place(2))
  await becomes(kept, { status: 'confirmed', heldRevision: 1 })
  const tooMany = (await place(50))!
  await becomes(tooMany, { status: 'rejected' })
  await change(kept, 5)
  await becomes(kept, { status: 'confirmed', revision: 2, heldRevision: 2 })
  await change(kept, 50)
  await becomes(kept, { status: 'confirmed', revision: 3, heldRevision: 2 })
  const given = (await place(3))!
  await becomes(given, { status: 'confirmed' })
  await stands({ onHand: 10, reserved: 8 })

  accepted(await orders.post(`/api/v1/orders/${given}/cancellation`, token, {}))
  await stands({ onHand: 10, reserved: 5 })
  accepted(await orders.post(`/api/v1/orders/${kept}/fulfilment`, token, { revision: 2 }))
  await stands({ onHand: 5, reserved: 0 })
  await becomes(given, { status: 'cancelled' })
  await becomes(kept, { status: 'fulfilled' })

  async function place(quantity: number): Promise<string | null> {
    const lines = [{ sku: 'MUG', quantity }]
    const { status, body } = await orders.post('/api/v1/orders', token, { lines })
    return status === 202 ? body.id : null
  }

  async function change(id: string, quantity: number) {
    const headers = { 'if-match': '*', 'idempotency-key': randomUUID() }
    const body = { lines: [{ sku: 'MUG', quantity }] }
    accepted(await orders.request('PATCH', `/api/v1/orders/${id}`, { token, body, headers }))
  }

  function accepted({ status, text }: Answer) {
    assert.oneOf(status, [200, 202], text)
  }

  async function becomes(id: string, expected: object) {
    await agrees(`order ${id}`, () => orders.get(`/api/v1/orders/${id}`, token), expected)
  }

  async function stands(expected: object) {
    await agrees('the stock', () => inventory.get('/api/v1/stock/MUG', token), expected)
  }
}

async function agrees(what: string, read: () => Promise<Answer>, expected: object) {
  let last: Answer | null = null
  await eventually(`${what} is as expected`, async () => {
    const { body } = (last = await read())
    return Object.entries(expected).every(([field, value]) => body[field] === value)
  }).catch((error) => {
    throw new Error(`${error.message} ${JSON.stringify(expected)}, but ${last?.text}`)
  })
}

/** What an operator runs beside each process. */
async function prove({ orders, inventory }: Shop, assert: Assert) {
  const reachable = { ORDERS_URL: orders.url, INVENTORY_URL: inventory.url }
  const proofs: [AppProcess, string[][]][] = [
    [orders, [['messaging:verify', '--older-than=0s'], ['operations:reconcile']]],
    [inventory, [['messaging:verify', '--older-than=0s'], ['inventory:reconcile']]],
  ]
  await Promise.all(
    proofs.map(async ([app, commands]) => {
      const { code, stdout, stderr } = await aceInTurn({ ...app.env, ...reachable }, commands)
      assert.equal(code, 0, stdout + stderr)
    })
  )
}

/** What one side lost of the other's messages, its own proof finds in the topic. */
async function assertLossIsSeen({ inventory }: Shop, assert: Assert) {
  const { INVENTORY_DATABASE_URL } = inventory.env
  const database = new pg.Client(INVENTORY_DATABASE_URL)
  await database.connect()
  const { rows } = await database.query(
    `delete from inventory.inbox where message_id =
       (select message_id from inventory.inbox order by message_id limit 1) returning message_id`
  )
  await database.end()
  const { code, stdout } = await ace(
    inventory.env,
    ...['messaging:verify', '--older-than=0s', '--json']
  )
  assert.equal(code, 3, stdout)
  const [found, ...others] = JSON.parse(stdout).data
  assert.isEmpty(others)
  assert.containSubset(found, {
    ...{ module: 'orders', consumer: 'inventory', kind: 'not_handled' },
    ...{ outboxId: null, messageId: rows[0].message_id },
  })
}

/** Each has its own, and a way to the other. */
async function assertApart({ orders, inventory, token }: Shop, assert: Assert) {
  assert.equal((await orders.get('/api/v1/stock', token)).status, 404)
  assert.equal((await inventory.get('/api/v1/orders', token)).status, 404)
  for (const [app, own, other] of [
    [orders, '/api/v1/orders', '/api/v1/stock'],
    [inventory, '/api/v1/stock', '/api/v1/orders'],
  ] as const) {
    const { paths } = (await app.get('/openapi.json')).body
    assert.property(paths, own)
    assert.notProperty(paths, other)
    assert.property(paths, '/api/v1/tokens')
  }
  const leads = await fetch(`${orders.url}/admin/stock/movements?order=1`, { redirect: 'manual' })
  assert.equal(leads.headers.get('location'), `${inventory.url}/admin/stock/movements?order=1`)
  const commands = await ace(inventory.env, 'list', '--json')
  assert.include(commands.stdout, 'inventory:reconcile')
  assert.notInclude(commands.stdout, 'orders:show')
}
