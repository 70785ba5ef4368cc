/*
 * How often the app waits for PostgreSQL on behalf of an order that is alone: the most that any order costs, since
 * orders that arrive together share exchanges. An exchange costs 50 to 150 µs of the app's processor time, and wakes
 * a process of PostgreSQL. How fast the machine is makes no difference.
 */
import { test } from '@japa/runner'
import pg from 'pg'
import { createDatabase } from '#tests/support/runner/environment'
import { TcpProxy } from '#tests/support/connections/tcp_proxy'
import { eventually } from '#tests/support/eventually'
import { serviceAccount } from '#tests/support/processes/administrator'
import { endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const WARM_UP = 20
const ORDERS = 41

test.group('An order that is placed and confirmed', (group) => {
  group.each.teardown(endApps)

  const limits = [
    ['off', 14],
    ['on', 22],
  ] as const
  for (const [mails, most] of limits) {
    test(`waits for PostgreSQL at most ${most} times with mails ${mails}`, async ({
      assert,
      cleanup,
    }) => {
      const database = await createDatabase()
      cleanup(database.drop)
      const { shop, proxy } = await openBehindProxy(database.url, { CUSTOMER_MAILS: mails })
      cleanup(async () => {
        await shop.close()
        proxy.close()
      })
      shop.token = await serviceAccount(database.url)
      const observer = new pg.Client(database.url)
      await observer.connect()
      cleanup(() => observer.end())

      for (let n = 0; n < WARM_UP; n++) await placeOne(shop, observer)
      const before = exchangesByRole(proxy)
      const counts: number[] = []
      for (let n = 0; n < ORDERS; n++) {
        const soFar = exchanges(proxy)
        await placeOne(shop, observer)
        counts.push(exchanges(proxy) - soFar)
      }
      counts.sort((one, other) => one - other)
      // Background work, such as the polls of workers, adds to most of them on a slow machine.
      const withoutIt = counts[Math.floor(ORDERS / 10)]
      assert.isAtMost(withoutIt, most, perOrder(before, exchangesByRole(proxy)))
    })
  }
})

/** A shop whose app reaches PostgreSQL through a proxy. */
async function openBehindProxy(databaseUrl: string, env: Record<string, string>) {
  const url = new URL(databaseUrl)
  const proxy = await TcpProxy.open(Number(url.port), url.hostname)
  url.host = `127.0.0.1:${proxy.port}`
  return { proxy, shop: await ShopProcess.open({ databaseUrl: url.href, env }) }
}

/** Resolves when the order is confirmed, its messages are marked as published, and its mail is sent. */
async function placeOne({ app, token }: ShopProcess, observer: pg.Client) {
  const lines = [{ sku: 'PLENTY', quantity: 1 }]
  const order = { lines, email: 'ada@example.com', name: 'Ada' }
  const { status, text } = await app.post('/api/v1/orders', token, order)
  if (status !== 202) throw new Error(text)
  await eventually('everything about the order is done', async () => {
    const { rows } = await observer.query(
      `select from orders.orders where status <> 'confirmed'
       union all select from orders.notifications where status <> 'sent'
       union all select from orders.outbox where published_at is null
       union all select from inventory.outbox where published_at is null`
    )
    return rows.length === 0
  })
}

function exchanges({ conversations }: TcpProxy) {
  return conversations.reduce((sum, one) => sum + one.exchanges, 0)
}

function exchangesByRole({ conversations }: TcpProxy) {
  const byRole = new Map<string, number>()
  // The parameters of the connection, which are the first that a client sends.
  for (const { opening, exchanges: count } of conversations) {
    const [role] = /role=\w+/.exec(opening) ?? ['no role']
    const who = /, process \d/.test(opening) ? `relay, ${role}` : role
    byRole.set(who, (byRole.get(who) ?? 0) + count)
  }
  return byRole
}

function perOrder(before: Map<string, number>, after: Map<string, number>) {
  return [...after]
    .map(([who, count]) => `${who}: ${((count - (before.get(who) ?? 0)) / ORDERS).toFixed(1)}`)
    .join(', ')
}
