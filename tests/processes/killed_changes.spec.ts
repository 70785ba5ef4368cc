/*
 * kill -9 between any two steps of a change, a cancellation and a fulfilment.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { brokers } from '#tests/kafka/broker'
import { endApps, eventually } from './app_process.ts'
import { ShopProcess } from './shop_process.ts'

const EACH = 4
const kafka = await brokers()

for (const transport of kafka ? ['embedded', 'kafka'] : ['embedded']) {
  test.group(`Moves on ${transport}, the app killed`, (group) => {
    let shop: ShopProcess

    group.setup(async () => {
      const topicPrefix = `p${randomBytes(4).toString('hex')}.`
      const broker = { kafka: { brokers: kafka!.join(), topicPrefix } }
      shop = await ShopProcess.open(transport === 'kafka' ? broker : {})
      return async () => {
        await shop.close()
        await endApps()
      }
    })

    for (const point of ['after-publish', 'after-hold', 'after-settlement']) {
      test(`${point}, end as the callers were told, once`, async ({ assert }) => {
        const ids = await Promise.all(Array.from({ length: 3 * EACH }, () => placed(shop)))
        await inStatus(shop, ids, ['confirmed'])
        const before = await stock(shop)
        await shop.app.kill('SIGTERM')
        await shop.start({ entry: 'tests/processes/server_that_dies.ts', env: { DIE_AT: point } })
        const moving = ids.map((id, place) => moved(shop, id, place % 3))
        assert.deepEqual(await shop.app.exited, { code: null, signal: 'SIGKILL' })
        await shop.start()
        await Promise.all(moving)

        const thirds = [0, 1, 2].map((third) => ids.filter((_, place) => place % 3 === third))
        await inStatus(shop, thirds[0], ['confirmed'])
        await inStatus(shop, thirds[1], ['cancelled'])
        await inStatus(shop, thirds[2], ['fulfilled'])
        // One more for each change, one less for each cancellation and each fulfilment.
        await eventually('stock has followed', async () => {
          const { onHand, reserved } = await stock(shop)
          return onHand === before.onHand - EACH && reserved === before.reserved - EACH
        })
        assert.deepEqual(await mails(shop, ids), {
          order_confirmed: 3 * EACH,
          change_accepted: EACH,
          order_cancelled: EACH,
          order_fulfilled: EACH,
        })
      })
    }

    test('leave every proof clean', async ({ assert }) => {
      assert.equal(await shop.deadLetters(), 0)
      await shop.assertProven(assert)
    })
  })
}

async function placed({ app, token }: ShopProcess): Promise<string> {
  const order = { lines: [{ sku: 'PLENTY', quantity: 1 }] }
  const { status, text, body } = await app.post('/api/v1/orders', token, order)
  if (status !== 202) throw new Error(text)
  return body.id
}

/** Asks for the move until it is answered, as a careful caller does it. */
async function moved(shop: ShopProcess, id: string, kind: number) {
  const moves = [
    ['PATCH', '', { lines: [{ sku: 'PLENTY', quantity: 2 }] }],
    ['POST', '/cancellation', {}],
    ['POST', '/fulfilment', { revision: 1 }],
  ] as const
  const [method, path, body] = moves[kind]
  const headers = { 'if-match': '*', ...(kind > 0 && { 'idempotency-key': randomUUID() }) }
  await eventually(
    `${method} ${path} is answered`,
    async () => {
      const { app, token } = shop
      const answer = await app
        .request(method, `/api/v1/orders/${id}${path}`, { token, body, headers })
        .catch(() => null)
      if (!answer || answer.status === 503 || answer.body?.code === 'request_in_progress')
        return null
      if (answer.status >= 300) throw new Error(answer.text)
      return true
    },
    { every: 100 }
  )
}

function inStatus(shop: ShopProcess, ids: string[], statuses: string[]) {
  return eventually(`${ids.length} orders are ${statuses}`, async () => {
    const rows = await shop.query<{ status: string }>(
      `select status from orders.orders where id in ('${ids.join(`','`)}')`
    )
    return rows.length === ids.length && rows.every(({ status }) => statuses.includes(status))
  })
}

async function stock({ app, token }: ShopProcess): Promise<{ onHand: number; reserved: number }> {
  return (await app.get('/api/v1/stock/PLENTY', token)).body
}

async function mails(shop: ShopProcess, ids: string[]) {
  const rows = await shop.query<{ kind: string; n: number }>(
    `select kind, count(*)::int as n from orders.notifications
     where order_id in ('${ids.join(`','`)}') group by kind`
  )
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]))
}
