/*
 * One module does not respond: orders wait, requests are not flooded, and nothing happens twice.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import pg from 'pg'
import { brokers } from '#tests/support/kafka/broker'
import { eventually } from '#tests/support/eventually'
import { endApps, type Answer } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const kafka = await brokers()

/** Concurrent placements. */
const MOST = 30

test.group('A module without its database or replies', (group) => {
  let shop: ShopProcess

  group.setup(async () => {
    const topicPrefix = `p${randomBytes(4).toString('hex')}.`
    shop = await ShopProcess.open({
      ...(kafka && { kafka: { brokers: kafka.join(), topicPrefix } }),
      env: { ANSWER_TIMEOUT: '1s', PLACEMENTS_AT_ONCE: String(MOST) },
    })
    return async () => {
      await shop.close()
      await endApps()
    }
  })

  test('delays changes while inventory is down; requests are re-sent one by one, and every order is then decided', async ({
    assert,
    cleanup,
  }) => {
    const { app, token } = shop
    const ids = await Promise.all(Array.from({ length: 30 }, () => placeOne(shop)))
    await eventually('all are confirmed', async () => (await ordersIn(shop, 'confirmed')) === 30)

    const release = await lock(shop, 'inventory.reservation_heads')
    cleanup(release)
    await Promise.all(
      ids.map(async (id) => {
        const changed = await change(shop, id, 2)
        assert.equal(changed.status, 202)
        assert.equal(changed.body.status, 'updating')
      })
    )
    const before = Date.now()
    const report = await eventually('it is said that nobody answers', async () => {
      const { body, status } = (await app.readiness())!
      return status === 200 && body.degraded.some(aboutTheSweeper) && body
    })
    assert.equal(report.status, 'degraded')
    const resent = await eventually('three more requests were re-sent, one by one', async () => {
      const count = await resends(shop)
      return count >= 33 && count
    })
    // The first of each immediately, then one per second.
    assert.isAtMost(resent, 30 + (Date.now() - before) / 1_000 + 2)

    await release()
    await eventually('all are confirmed', async () => (await ordersIn(shop, 'confirmed')) === 30)
    for (const id of ids) {
      const { body } = await app.get(`/api/v1/orders/${id}`, token)
      const { heldRevision, attention, lines } = body
      assert.deepEqual([heldRevision, attention, lines[0].quantity], [2, false, 2])
    }
    const { body: stock } = await app.get('/api/v1/stock/PLENTY', token)
    assert.equal(stock.reserved, 60)
    const told = await shop.query(
      'select kind, revision, count(*)::int as n from orders.notifications group by 1, 2 order by 2'
    )
    assert.deepEqual(told, [
      { kind: 'order_confirmed', revision: 1, n: 30 },
      { kind: 'change_accepted', revision: 2, n: 30 },
    ])
    await shop.assertProven(assert)
    assert.equal(await shop.deadLetters(), 0)
  }).skip(
    !kafka,
    'LEFT OUT: there is no Kafka here, and on the embedded transport nothing is told twice'
  )

  test('does not prevent placements while other orders wait for inventory', async ({
    assert,
    cleanup,
  }) => {
    const confirmed = await ordersIn(shop, 'confirmed')
    const release = await lock(shop, 'inventory.reservation_heads')
    cleanup(release)
    const keys = Array.from({ length: 2 * MOST }, () => randomUUID())
    const waited = await Promise.all(keys.map((key) => place(shop, key, { prefer: 'wait=3' })))
    assert.deepEqual(new Set(waited.map(({ status }) => status)), new Set([202]))
    await release()
    await eventually('all are confirmed', async () => {
      return (await ordersIn(shop, 'confirmed')) === confirmed + keys.length
    })
  })

  test('rejects placements beyond the limit while orders’ database hangs, and loses no order', async ({
    assert,
    cleanup,
  }) => {
    const before = await ordersIn(shop, 'confirmed')
    const release = await lock(shop, 'orders.orders')
    cleanup(release)
    const keys = Array.from({ length: MOST + 3 }, () => randomUUID())
    const answers = new Map<string, Answer>()
    const placing = keys.map(async (key) => answers.set(key, await place(shop, key)))
    await eventually('three are rejected', async () => answers.size === 3)
    for (const { status, headers, body } of answers.values()) {
      assert.deepEqual([status, body.code], [503, 'too_many_placements'])
      assert.equal(headers.get('retry-after'), '1')
    }
    const sentAway = [...answers.keys()]
    await release()
    await Promise.all(placing)
    for (const key of keys) {
      if (!sentAway.includes(key)) assert.equal(answers.get(key)!.status, 202)
    }
    for (const key of sentAway) assert.equal((await place(shop, key)).status, 202)
    await eventually('each is there, once', async () => {
      return (await ordersIn(shop, 'confirmed')) === before + keys.length
    })
  })
})

async function placeOne(shop: ShopProcess): Promise<string> {
  const placed = await place(shop, randomUUID())
  if (placed.status !== 202) throw new Error(placed.text)
  return placed.body.id
}

function place({ app, token }: ShopProcess, key: string, headers = {}) {
  return app.request('POST', '/api/v1/orders', {
    token,
    body: { lines: [{ sku: 'PLENTY', quantity: 1 }] },
    headers: { 'idempotency-key': key, ...headers },
  })
}

function change({ app, token }: ShopProcess, id: string, quantity: number) {
  return app.request('PATCH', `/api/v1/orders/${id}`, {
    token,
    body: { lines: [{ sku: 'PLENTY', quantity }] },
    headers: { 'if-match': '*' },
  })
}

/** Revokes a table from the app. @returns restores it */
async function lock({ options }: ShopProcess, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client(options.databaseUrl)
  await client.connect()
  await client.query(`begin; lock table ${table} in access exclusive mode`)
  return () => client.end()
}

async function ordersIn(shop: ShopProcess, status: string) {
  const rows = await shop.query(`select from orders.orders where status = '${status}'`)
  return rows.length
}

async function resends(shop: ShopProcess) {
  const rows = await shop.query(`select from orders.outbox where headers ? 'ce_resendof'`)
  return rows.length
}

function aboutTheSweeper(words: string) {
  return words.startsWith('sweeper: inventory does not reply')
}
