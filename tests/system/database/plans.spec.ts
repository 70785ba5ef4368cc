/*
 * The cost of a statement grows with its work, not with what is stored: the plans of all statements that the app sends
 * while its API, pages and workers are used on top of a long history. A new statement is covered once something here
 * sends it.
 */
import { randomUUID } from 'node:crypto'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import type { Client } from 'pg'
import { modules } from '#config/database'
import messaging from '#messaging/service'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { Sweeper } from '#orders/stock_replies/sweeper'
import { retentionRules } from '#start/workers/retention_rules'
import { plainDeskOf } from '#tests/support/desk'
import { document } from '#tests/support/documents/openapi'
import { plainPaths, walkSite } from '#tests/support/browser/site_walk'
import {
  connectTo,
  costOf,
  findFaults,
  findScans,
  largeTables,
} from '#tests/support/plans/plan_faults'
import { recordStatements, type RecordedStatement } from '#tests/support/plans/recorded_statements'
import { storeHistory } from '#tests/support/plans/stored_history'
import {
  cancel,
  emptyShop,
  fulfil,
  patch,
  person,
  post,
  product,
  type Person,
} from '#tests/support/shop'
import { apply, dryRun, undo } from '#tests/support/stock_imports'
import { startWorkers, waitUntilIdle } from '#tests/support/workers'

/** Of all messages that an operator would publish again. */
const COUNT_OF_A_REPLAY = /not headers \? 'ce_replayof'\s+and \(\$1::uuid/
/** The rate limiter deletes expired attempts every five minutes, so its table holds no history. */
const EXPIRED_ATTEMPTS = /^DELETE FROM \S*attempts\S* WHERE expire/i

/** A value for each parameter of a path or query in /openapi.json. */
type Samples = Record<string, string>

test.group('With 20,000 rows in each table', (group) => {
  let statements: RecordedStatement[]
  const clients: Record<string, Client> = {}

  group.setup(async () => {
    await emptyShop()
    await storeHistory()
    for (const module of modules) clients[module] = await connectTo(module)
    return async () => {
      for (const client of Object.values(clients)) await client.end()
    }
  })
  group.tap((each) => each.timeout(300_000))

  test('no statement of the API, the pages or the workers reads a whole table', async ({
    client,
    assert,
  }) => {
    const recording = recordStatements()
    const stop = await startWorkers(new EmbeddedTransport())
    try {
      const admin = await person('admin')
      const samples = await useOrders(client, admin)
      await useWorkers()
      await readApi(client, admin, samples)
      await readPages(admin, samples)
    } finally {
      await stop()
      recording.stop()
    }
    statements = recording
      .statements()
      .filter(({ text }) => !COUNT_OF_A_REPLAY.test(text) && !EXPIRED_ATTEMPTS.test(text))
    assert.isAbove(statements.length, 150)
    assert.deepEqual(await faultsOf(statements), [])
  })

  test('a missing index is noticed', async ({ assert }) => {
    const { orders } = clients
    await orders.query('begin')
    await orders.query('drop index orders_waiting')
    const ours = statements.filter(({ module }) => module === 'orders')
    const found = await findFaults(orders, ours)
    await orders.query('rollback')
    assert.includeDeepMembers(found, [
      { module: 'orders', statement: 'waiting_lock', fault: 'reads all of orders' },
    ])
  })

  test('a new shop has the plans of a large one', async ({ assert }) => {
    const large = new Map<string, Set<string>>()
    for (const [module, client] of Object.entries(clients)) {
      large.set(module, await largeTables(client))
    }
    await emptyShop()
    const faults = []
    for (const [module, client] of Object.entries(clients)) {
      await client.query(`set enable_seqscan = '${await settingOf(module, 'enable_seqscan')}'`)
      await client.query('analyze')
      const own = statements.filter((each) => each.module === module)
      faults.push(...(await findScans(client, own, large.get(module)!)))
    }
    assert.deepEqual(faults, [])
  })

  test('a mail costs as much in a long backlog as in a short one, whatever the plan was made for', async ({
    assert,
  }) => {
    const { orders } = clients
    await orders.query('set plan_cache_mode = force_generic_plan')
    await orders.query('set enable_seqscan = off')
    const names = ['mails_lease_by_order_id', 'mails_waiting_by_order_id', 'mails_held_by_order_id']
    for (const name of names) {
      const { text } = statements.find((each) => each.name === name)!
      await orders.query(`prepare ${name} as ${text}`)
      await orders.query(`execute ${name} (40)`)
    }
    await storeLateMails(3_000)
    const found: number[] = []
    await orders.query('begin')
    for (const name of names) {
      const { pages, rows } = await costOf(orders, `execute ${name} (40)`)
      found.push(rows)
      assert.isBelow(pages, 2_000, name)
    }
    await orders.query('rollback')
    assert.deepEqual(found, [40, 40, 0])
  })

  /** Each of an order of its own, and later than the one before. */
  async function storeLateMails(count: number) {
    await clients.orders.query(
      `insert into notifications (id, order_id, kind, revision, created_at, next_attempt_at)
       select gen_random_uuid(), gen_random_uuid(), 'confirmed', 1, now() - interval '1 hour',
         now() - number * interval '1 millisecond'
       from generate_series(1, $1::int) as number`,
      [count]
    )
  }

  async function settingOf(module: string, name: string): Promise<string> {
    const { rows } = await db
      .connection(module)
      .rawQuery(`select current_setting(?) as value`, [name])
    return rows[0].value
  }

  async function faultsOf(all: RecordedStatement[]) {
    const faults = []
    for (const [module, own] of Object.entries(Object.groupBy(all, (each) => each.module))) {
      await clients[module].query('begin')
      faults.push(...(await findFaults(clients[module], own!)))
      await clients[module].query('rollback')
    }
    return faults
  }
})

/** Every change of an order, by every kind of caller, and what it causes in the stock room. */
async function useOrders(client: ApiClient, admin: Person): Promise<Samples> {
  await product('MUG', 1_000)
  await waitUntilIdle()
  const lines = (quantity: number) => ({ lines: [{ sku: 'MUG', quantity }] })
  const placed = async (by: Person, body: object = {}) => {
    const key = randomUUID()
    const response = await post(client, by, { ...lines(2), ...body }, key)
    response.assertStatus(202)
    await post(client, by, { ...lines(2), ...body }, key)
    await waitUntilIdle()
    return response.body()
  }
  for (const role of ['customer', 'service'] as const) {
    const guest = role === 'service' ? { email: 'ada@example.com', name: 'Ada' } : {}
    await placed(await person(role), guest)
  }
  const order = await placed(admin, { reference: 'PO-7' })
  await patch(client, admin, order.id, '*', lines(3))
  await waitUntilIdle()
  await fulfil(client, admin, order.id, { revision: 2, carrier: 'DHL' })
  const cancelled = await placed(admin)
  await cancel(client, admin, cancelled.id, { reason: 'late' })
  await placed(admin, lines(5_000))

  const imported = await dryRun(client, admin, 'sku,received\nMUG,5\n')
  await apply(client, admin, imported.id)
  await undo(client, admin, imported.id)
  const now = new Date()
  const earlier = new Date(now.getTime() - 3_600_000)
  return {
    ...{ id: order.id, orderId: order.id, number: order.number, reference: 'PO-7' },
    ...{ status: 'confirmed', email: 'ada@example.com', attention: 'true', customerId: admin.id },
    ...{ sku: 'MUG', q: 'mug', level: 'low', kind: 'count', actorId: admin.id },
    ...{ importId: imported.id, messageId: randomUUID(), state: 'applied' },
    ...{ placedAfter: earlier.toISOString(), placedBefore: now.toISOString() },
    ...{ updatedAfter: now.toISOString(), from: earlier.toISOString(), before: now.toISOString() },
  }
}

/** The workers besides relay, consumers and mail queue, which run. */
async function useWorkers() {
  const orders = () => db.connection('orders')
  const [due] = await orders().from('orders').where('status', 'pending').limit(1)
  const overdue = { resend_at: new Date(0) }
  await orders().from('orders').where('id', due.id).update(overdue)
  const sweeper = new Sweeper({ client: orders, leads: () => true, replyTimeout: 30_000, logger })
  await sweeper.tick()
  await orders()
    .from('orders')
    .where('id', due.id)
    .update({ ...overdue, resends: 5 })
  await sweeper.tick()
  const lucid = await app.container.make('lucid.db')
  for (const { prune } of retentionRules(lucid, messaging)) {
    await prune(new AbortController().signal)
  }
  await waitUntilIdle()
}

/** Each GET, and each of its parameters alone. */
async function readApi(client: ApiClient, { token }: Person, samples: Samples) {
  const get = (path: string, query: object = {}) => client.get(path).qs(query).bearerToken(token)
  for (const [pattern, item] of Object.entries(document.paths)) {
    if (!item.get || pattern.endsWith('/events')) continue
    const own: Samples = {
      ...samples,
      ...(pattern.includes('/imports/') && { id: samples.importId }),
    }
    const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => sample(own, name))
    await get(path)
    for (const { name, in: place } of item.get.parameters ?? []) {
      if (place !== 'query' || name === 'limit' || name === 'cursor') continue
      // A message is one of an order.
      const order = name === 'messageId' && { orderId: own.orderId }
      const response = await get(path, { [name]: sample(own, name), ...order })
      response.assertStatus(200)
    }
  }
}

function sample(samples: Samples, name: string): string {
  if (!(name in samples)) throw new Error(`Add a sample of the parameter ${name}.`)
  return samples[name]
}

async function readPages(admin: Person, { orderId, number }: Samples) {
  const desk = await plainDeskOf(admin)
  const searches = [number, number.slice(2), 'PO-7', 'MUG', 'ada@example.com', orderId]
  await walkSite(desk, [
    '/metrics',
    `/admin/orders/${orderId}`,
    '/admin/stock/MUG',
    ...plainPaths(),
  ])
  for (const q of searches) await desk.open(`/admin/orders?q=${encodeURIComponent(q)}`)
}
