/*
 * Bodies that arrive slowly or never, over sockets of their own.
 */
import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { unfinishedBodies } from '#http/server/unfinished_bodies'
import { placements } from '#orders/api/admission/admission'
import { emptyShop, person, post, priced } from '#tests/support/shop'
import { SlowClient, type SlowRequest } from '#tests/support/connections/slow_client'

const ORDER = { lines: [{ sku: 'MUG', quantity: 1 }] }
const MULTIPART = 'multipart/form-data; boundary=b'

/** Resolves once so many bodies are unfinished in this process. */
async function untilUnfinished(count: number) {
  const tooLate = AbortSignal.timeout(30_000)
  while (unfinishedBodies.count !== count) {
    tooLate.throwIfAborted()
    await new Promise((go) => setImmediate(go))
  }
}

test.group('A body that arrives slowly', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG')
  })
  group.each.teardown(() => untilUnfinished(0))

  function as(token: string, more: Record<string, string> = {}) {
    return { 'authorization': `Bearer ${token}`, 'idempotency-key': randomUUID(), ...more }
  }

  test('gets 408 after five seconds on every route that reads one, and the connection is closed', async ({
    assert,
  }) => {
    const clerk = await person('clerk')
    const headers = as(clerk.token)
    const origin = { 'sec-fetch-site': 'same-origin' }
    const form = { ...origin, 'content-type': 'application/x-www-form-urlencoded' }
    const requests: SlowRequest[] = [
      { path: '/api/v1/orders', headers, body: '{' },
      { path: `/api/v1/orders/${randomUUID()}`, method: 'PATCH', headers, body: '{' },
      { path: `/api/v1/orders/${randomUUID()}/cancellation`, headers, body: '' },
      { path: '/api/v1/stock/MUG/restocks', headers, body: '{"quantity":' },
      { path: '/api/v1/tokens', body: '{"email":' },
      { path: '/api/v1/accounts', body: '{"email":' },
      { path: '/admin/login', headers: { ...form, accept: 'application/json' }, body: 'email=' },
      {
        path: '/api/v1/stock/imports',
        headers: { ...headers, 'content-type': MULTIPART },
        body: '--b\r\nContent-Disposition: form-data; name="reference"\r\n\r\nslow',
      },
    ]
    const began = performance.now()
    const clients = await Promise.all(requests.map((request) => SlowClient.send(request)))
    // A byte now and then gains no time.
    await untilUnfinished(clients.length)
    for (const client of clients) client.write(' ')
    const responses = await Promise.all(clients.map((client) => client.response()))
    assert.isAtLeast(performance.now() - began, 4_900)
    for (const [n, { status, code, head }] of responses.entries()) {
      assert.deepEqual([status, code], [408, 'body_timeout'], requests[n].path)
      assert.include(head, 'connection: close')
    }
  })

  test('replaces the oldest one of its address beyond 64, which gets 429', async ({
    assert,
    client,
  }) => {
    const ada = await person('customer', 'Ada')
    const send = (address: string) =>
      SlowClient.send({
        path: '/api/v1/orders',
        headers: as(ada.token, { 'x-forwarded-for': address }),
        body: '{',
      })
    const first = await send('192.0.2.1')
    await untilUnfinished(1)
    const others = await Promise.all(Array.from({ length: 63 }, () => send('192.0.2.1')))
    const elsewhere = await send('192.0.2.2')
    await untilUnfinished(65)
    assert.isTrue(first.waits)
    others.push(await send('192.0.2.1'))
    const { status, code, head } = await first.response()
    assert.deepEqual([status, code], [429, 'too_many_unfinished_bodies'])
    assert.include(head, 'retry-after: 1')
    assert.isTrue([...others, elsewhere].every((each) => each.waits))

    const whole = await post(client, ada, ORDER).header('x-forwarded-for', '192.0.2.1')
    whole.assertStatus(202)
    for (const each of [...others, elsewhere]) each.close()
  })

  test('holds no permit: beside 120 of one customer, orders of others are accepted as usual', async ({
    assert,
    client,
  }) => {
    const ada = await person('customer', 'Ada')
    const bob = await person('customer', 'Bob')
    const slow = await Promise.all(
      Array.from({ length: 120 }, () =>
        SlowClient.send({ path: '/api/v1/orders', headers: as(ada.token), body: '{' })
      )
    )
    await untilUnfinished(64)
    assert.deepEqual([placements.active, placements.waiting], [0, 0])
    for (let n = 0; n < 20; n++) {
      const order = await post(client, bob, ORDER)
      order.assertStatus(202)
    }
    for (const each of slow) each.close()
  })
})
