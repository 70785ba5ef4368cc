/*
 * Live streams of two app processes on one database: every reader sees every step, whichever process makes it,
 * restarts or loses its database.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Assert } from '@japa/assert'
import { test } from '@japa/runner'
import {
  launchEmbeddedPostgres,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { freePort } from '#tests/support/runner/environment'
import { EventReader, type Event } from '#tests/support/connections/event_reader'
import { eventually } from '#tests/support/eventually'
import { AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { ReturningReader } from './returning_reader.ts'
import { ShopProcess } from '#tests/support/processes/shop_process'
import { SteadyWriter } from './steady_writer.ts'

/** For twenty steps. A lost notification between processes costs a second for each. */
const NOTIFIED_WITHIN_MS = 10_000
const STREAMS = 20

test.group('Live streams of two processes', (group) => {
  let shop: ShopProcess
  /** Stands by: the relays of the shop's own process lead, until that is restarted. */
  let other: AppProcess
  let database: string

  group.setup(async () => {
    const [home, otherHome] = [await dataDirectory(), await dataDirectory()]
    database = home.path
    const { url } = await startEmbeddedPostgres({ dataDir: database, as: 'guest' })
    shop = await ShopProcess.open({ databaseUrl: url, port: await freePort() })
    const options = { ...shop.options, port: undefined, dataDir: otherHome.path }
    other = await AppProcess.start(options)
    return async () => {
      await shop.close()
      await endApps()
      await otherHome.remove()
      await home.remove()
    }
  })

  test('deliver each step once, in order and immediately, from any process', async ({ assert }) => {
    const id = await placed(other)
    const [one, all, oneThere, allThere] = await openEverywhere(id)

    const began = performance.now()
    for (let n = 1; n <= 20; n++) {
      await rename(n % 2 === 0 ? shop.app : other, id, n)
      const told = await Promise.all([one, all, oneThere, allThere].map((reader) => reader.take(1)))
      assert.deepEqual(sequencesOf(id, told.flat()), [n + 3, n + 3, n + 3, n + 3])
    }
    assert.isBelow(performance.now() - began, NOTIFIED_WITHIN_MS)

    const lines = [{ sku: 'PLENTY', quantity: 3 }]
    await ask(other, 'PATCH', `/orders/${id}`, { body: { lines } })
    const change = await Promise.all([one, oneThere].map((reader) => reader.take(2)))
    await ask(shop.app, 'POST', `/orders/${id}/cancellation`, { body: {} })
    for (const [place, reader] of [one, oneThere].entries()) {
      const events = [...change[place], ...(await reader.take(2))]
      assert.deepEqual(
        events.map((event) => [event.id, event.data.type]),
        [
          ['24', 'revised'],
          ['25', 'change_accepted'],
          ['26', 'cancelled'],
          ['27', 'stock_released'],
        ]
      )
    }
    for (const reader of [all, allThere]) {
      assert.deepEqual(sequencesOf(id, await reader.take(4)), [24, 25, 26, 27])
    }
    for (const reader of [one, oneThere, all, allThere]) {
      assert.equal(reader.waiting, 0)
      reader.close()
    }
  })

  test('survive a restart of the database, and deliver later steps', async ({ assert }) => {
    const id = await placed(shop.app)
    const readers = await openEverywhere(id)

    await stopEmbeddedPostgres(database)
    for (const app of [shop.app, other]) {
      assert.equal((await app.readiness())?.status, 503)
    }
    await launchEmbeddedPostgres(database)
    for (const [place, app] of [shop.app, other].entries()) {
      await eventually('an order is changed again', async () => {
        return (await rename(app, id, place + 1).catch(() => null)) !== null
      })
    }
    for (const reader of readers) {
      const events = await reader.take(2)
      assert.deepEqual(sequencesOf(id, events), [4, 5])
      reader.close()
    }
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`have no gap for readers who reconnect after a ${signal}, and no repeat for one order`, async ({
      assert,
      cleanup,
    }) => {
      const ids = await Promise.all([placed(other), placed(other), placed(other)])
      const url = `${shop.app.url}/api/v1/orders`
      const one = new ReturningReader(`${url}/${ids[0]}/events`, shop.token)
      const all = new ReturningReader(`${url}/events`, shop.token)
      cleanup(() => Promise.all([one.close(), all.close()]).then(() => {}))
      await eventually('both follow', async () => one.events.length >= 2 && all.lastId !== null)

      const writer = new SteadyWriter((n) => rename(other, ids[n % ids.length], n))
      await writer.pass(30)
      await shop.app.kill(signal)
      await writer.pass(30)
      await shop.start()
      await eventually('both are back', async () => one.connections > 1 && all.connections > 1)
      await writer.pass(30)
      const steps = await writer.stop()
      for (const id of ids) await ask(other, 'POST', `/orders/${id}/cancellation`, { body: {} })

      const last = await Promise.all(ids.map(lastSequence))
      await eventually('both know the last step', async () => {
        await Promise.race([one.reading, all.reading, sleep(0)])
        return (
          one.events.at(-1)?.data.sequence === last[0] &&
          ids.every((id, place) => sequencesOf(id, all.events).includes(last[place]))
        )
      })
      assert.deepEqual(
        one.events.map((event) => Number(event.id)),
        upTo(1, last[0])
      )
      assert.isAbove(steps, 90)
      for (const [place, id] of ids.entries()) assertGapless(assert, id, all.events, last[place])
    })
  }

  test('end when their process stops, and do not delay it', async ({ assert }) => {
    const opening = Array.from({ length: STREAMS / 2 }, async () =>
      openAt(other, await placed(other))
    )
    const readers = (await Promise.all(opening)).flat()
    assert.deepEqual(await other.kill('SIGTERM'), { code: 0, signal: null })
    for (const reader of readers) {
      await reader.ended
      assert.isNull(reader.failure)
    }
  })

  /** Both streams at both processes, which have told everything up to the order's third step. */
  async function openEverywhere(id: string) {
    const readers = [...(await openAt(shop.app, id)), ...(await openAt(other, id))]
    await rename(other, id, 0)
    for (const reader of readers) {
      for (let sequence = 0; sequence !== 3;) {
        const [{ data }] = await reader.take(1)
        if ((data.orderId ?? id) === id) sequence = data.sequence
      }
    }
    return readers
  }

  /** A stream of the order and one of all orders, which both have found their place. */
  async function openAt(app: AppProcess, id: string) {
    const headers = { authorization: `Bearer ${shop.token}` }
    const [one, all] = await Promise.all([
      EventReader.open(`${app.url}/api/v1/orders/${id}/events`, headers),
      EventReader.open(`${app.url}/api/v1/orders/events`, headers),
    ])
    await all.mark()
    return [one, all]
  }

  /** @returns the id of an order that is confirmed */
  async function placed(app: AppProcess): Promise<string> {
    const body = { lines: [{ sku: 'PLENTY', quantity: 1 }] }
    const { id } = await ask(app, 'POST', '/orders', { body })
    await eventually('the order is confirmed', async () => {
      const order = await ask(app, 'GET', `/orders/${id}`)
      return order.status === 'confirmed'
    })
    return id
  }

  /** One more step. */
  function rename(app: AppProcess, id: string, n: number) {
    return ask(app, 'PATCH', `/orders/${id}`, { body: { name: `Ada ${n}` } })
  }

  /** @throws Error unless the request succeeds */
  async function ask(
    app: AppProcess,
    method: string,
    path: string,
    options: { body?: object } = {}
  ) {
    const headers = { 'if-match': '*', 'idempotency-key': randomUUID() }
    const url = `/api/v1${path}`
    const { status, text, body } = await app.request(method, url, {
      ...options,
      token: shop.token,
      headers: method === 'GET' ? {} : headers,
    })
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
    return body
  }

  /** Of the order's last step, once its stock is released. */
  async function lastSequence(id: string): Promise<number> {
    return eventually('its stock is released', async () => {
      const [order] = await shop.query<{ version: number }>(
        `select version from orders.orders where id = '${id}' and stock_released_at is not null`
      )
      return order?.version ?? null
    })
  }
})

function sequencesOf(id: string, events: Event[]): number[] {
  return events.filter(({ data }) => (data.orderId ?? id) === id).map(({ data }) => data.sequence)
}

/** A step may be repeated, but never precedes an earlier one. */
function assertGapless(assert: Assert, id: string, events: Event[], last: number) {
  const known = new Set(sequencesOf(id, events))
  const [first] = known
  assert.deepEqual([...known], upTo(first, last))
}

function upTo(first: number, last: number) {
  return Array.from({ length: last - first + 1 }, (_, place) => first + place)
}
