/*
 * How many event streams may be open, and after which time their readers reconnect.
 */
import { readFile } from 'node:fs/promises'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { HttpContext } from '@adonisjs/core/http'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { EventStream, openStreams } from '#http/server/event_stream'
import { EventReader } from '#tests/support/connections/event_reader'
import { emptyShop, person, post, priced, type Person } from '#tests/support/shop'

const base = `http://${process.env.HOST}:${process.env.PORT}`
const ALL = '/api/v1/orders/events'

test.group('Event streams', (group) => {
  let ada: Person
  let readers: EventReader[] = []

  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG')
    ada = await person('customer', 'Ada')
  })
  group.each.teardown(async () => {
    for (const reader of readers) reader.close()
    readers = []
    await untilOpen(0)
  })

  async function untilOpen(count: number) {
    const tooLate = AbortSignal.timeout(30_000)
    while (openStreams() !== count) {
      tooLate.throwIfAborted()
      await new Promise((go) => setImmediate(go))
    }
  }

  async function follow(by: Person, address = ALL) {
    const reader = await EventReader.open(`${base}${address}`, {
      authorization: `Bearer ${by.token}`,
    })
    readers.push(reader)
    return reader
  }

  async function ticketOfHers(client: ApiClient) {
    const { id } = (await post(client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] })).body()
    const made = await client.post(`/api/v1/orders/${id}/stream-tickets`).bearerToken(ada.token)
    const { pathname, search } = new URL(made.body().url)
    return `${base}${pathname}${search}`
  }

  test('are 20 for a customer, with those that tickets have opened; one that ends makes room', async ({
    assert,
    client,
  }) => {
    const ticket = await ticketOfHers(client)
    const byTicket = await EventReader.open(ticket)
    readers.push(byTicket)
    while (readers.length < 20) assert.equal((await follow(ada)).status, 200)

    const refused = await client.get(ALL).bearerToken(ada.token)
    refused.assertStatus(429)
    assert.equal(refused.body().code, 'too_many_streams')
    assert.equal(refused.header('retry-after'), '5')
    assert.equal((await fetch(ticket)).status, 429)
    const bob = await follow(await person('customer', 'Bob'))
    assert.equal(bob.status, 200)

    byTicket.close()
    await untilOpen(20)
    assert.equal((await follow(ada)).status, 200)
  })

  test('have no such bound for staff and services', async ({ assert }) => {
    const service = await person('service')
    for (let n = 0; n < 21; n++) assert.equal((await follow(service)).status, 200)
  })

  test('are 2,000 in a process', async ({ assert, cleanup }) => {
    const raw: ServerResponse[] = []
    cleanup(() => raw.forEach((each) => each.destroy()))
    const open = () => {
      const response = new ServerResponse(new IncomingMessage(new Socket()))
      raw.push(response)
      const ctx = {
        request: { method: () => 'GET' },
        response: { relayHeaders() {}, response },
      }
      return EventStream.open(ctx as unknown as HttpContext)
    }
    for (let n = 0; n < 2_000; n++) assert.isNotNull(open())
    assert.throws(open, /reached its limit of open event streams/)
  })

  test('name a random time from one to five seconds after which to reconnect', async ({
    assert,
  }) => {
    const named = new Set<number>()
    for (let n = 0; n < 10; n++) {
      const abort = new AbortController()
      const { body } = await fetch(`${base}${ALL}`, {
        headers: { authorization: `Bearer ${ada.token}` },
        signal: abort.signal,
      })
      const { value } = await body!.getReader().read()
      named.add(Number(/^retry: (\d+)\n\n/.exec(Buffer.from(value!).toString())?.[1]))
      abort.abort()
    }
    for (const time of named) assert.isTrue(time >= 1_000 && time <= 5_000, String(time))
    assert.isAbove(named.size, 1)
  })

  test('are all passed on at once by the nginx of the documentation', async ({ assert }) => {
    const text = await readFile(app.makePath('docs/operations/proxies/nginx.conf'), 'utf8')
    const unbuffered = new RegExp(/location ~ (\S+) \{[^}]*proxy_buffering off/.exec(text)![1])
    const streams = Object.values(router.toJSON())
      .flat()
      .map(({ pattern }) => pattern)
      .filter((pattern) => /\/events$/.test(pattern))
    assert.lengthOf(streams, 3)
    for (const pattern of streams) assert.match(pattern, unbuffered)
    assert.notMatch('/api/v1/orders', unbuffered)
  })
})
