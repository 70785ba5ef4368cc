import { randomUUID } from 'node:crypto'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { requestsAMinute } from '#config/limiter'
import { emptyShop, person, post, priced, product, type Person } from '#tests/support/shop'

const LIMIT = 600
const ME = '/api/v1/accounts/me'

const get = (client: ApiClient, by: Person, path = ME) => client.get(path).bearerToken(by.token)

test.group('A customer’s requests', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG')
    await product('MUG', 5)
  })

  test('are counted down in every response, including errors and the public catalogue', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const answers = [
      await get(client, ada),
      await get(client, ada, '/api/v1/products'),
      await get(client, ada, `/api/v1/orders/${randomUUID()}`),
      await get(client, ada, '/api/v1/stock'),
      await get(client, ada, '/api/v1/orders?limit=0'),
      await post(client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] }),
      await client
        .patch(`/api/v1/orders/${randomUUID()}`)
        .bearerToken(ada.token)
        .form({ sku: 'MUG' }),
      await client.delete('/api/v1/tokens/current').bearerToken(ada.token),
    ]
    assert.deepEqual(
      answers.map((answer) => answer.status()),
      [200, 200, 404, 403, 422, 202, 415, 204]
    )
    for (const [n, answer] of answers.entries()) {
      assert.equal(answer.header('ratelimit-limit'), String(LIMIT))
      assert.equal(answer.header('ratelimit-remaining'), String(LIMIT - 1 - n))
      const reset = Number(answer.header('ratelimit-reset'))
      assert.isTrue(Number.isInteger(reset) && reset >= 1 && reset <= 60, String(reset))
    }
  })

  test('are limited to 600 a minute, without affecting others', async ({ client, assert }) => {
    assert.equal(requestsAMinute, LIMIT)
    const ada = await person('customer', 'Ada')
    const remaining = new Set<string>()
    for (let sent = 0; sent < LIMIT; sent += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => get(client, ada)))
      for (const answer of answers) {
        answer.assertStatus(200)
        remaining.add(answer.header('ratelimit-remaining')!)
      }
    }
    assert.equal(remaining.size, LIMIT)

    const refused = await post(client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] })
    refused.assertStatus(429)
    assert.equal(refused.header('content-type'), 'application/problem+json; charset=utf-8')
    assert.equal(refused.body().code, 'rate_limited')
    assert.equal(refused.header('retry-after'), refused.header('ratelimit-reset'))
    assert.equal(refused.header('ratelimit-remaining'), '0')

    const orders = await get(client, await person('service'), '/api/v1/orders?limit=200')
    const hers = orders
      .body()
      .data.filter((one: { customerId: string }) => one.customerId === ada.id)
    assert.isEmpty(hers)
    const bob = await get(client, await person('customer', 'Bob'))
    assert.equal(bob.header('ratelimit-remaining'), String(LIMIT - 1))
  })
})

test.group('Requests of staff, services and anonymous callers', (group) => {
  group.setup(emptyShop)

  test('are not limited', async ({ client, assert }) => {
    const answers = [await client.get('/api/v1/products')]
    for (const role of ['clerk', 'operator', 'admin', 'service'] as const) {
      answers.push(await get(client, await person(role)))
    }
    for (const answer of answers) {
      answer.assertStatus(200)
      assert.notProperty(answer.headers(), 'ratelimit-limit')
    }
  })
})
