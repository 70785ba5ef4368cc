import { randomUUID } from 'node:crypto'
import type { ApiRequest } from '@japa/api-client'
import { test } from '@japa/runner'
import { emptyShop, person } from '#tests/support/shop'

// As CORS_ORIGINS has them in tests/support/runner/environment.ts.
const OURS = ['https://shop.example.com', 'http://localhost:5173']
const STRANGERS = [
  'https://evil.example.com',
  'https://shop.example.com.evil.org',
  'http://shop.example.com',
  'https://shop.example.com:8443',
  'null',
]

const SENT =
  'authorization,content-type,idempotency-key,if-match,if-none-match,last-event-id,prefer,x-request-id'.split(
    ','
  )
const READ =
  'allow,etag,idempotent-replayed,location,preference-applied,ratelimit-limit,ratelimit-remaining,ratelimit-reset,retry-after,x-request-id'

const from = (origin: string, request: ApiRequest) => request.header('origin', origin)

test.group('A page of another origin', (group) => {
  group.setup(emptyShop)

  const routes: [string, string][] = [
    ['POST', '/api/v1/tokens'],
    ['GET', '/api/v1/products'],
    ['PUT', '/api/v1/products/MUG'],
    ['PATCH', `/api/v1/orders/${randomUUID()}`],
    ['PATCH', '/api/v1/products/MUG'],
    ['DELETE', '/api/v1/tokens/current'],
    ['GET', '/health/ready'],
    ['GET', '/nowhere'],
  ]

  test('can send a preflight to every path without a token', async ({ client, assert }) => {
    for (const origin of OURS) {
      for (const [method, path] of routes) {
        for (const headers of [SENT.join(','), SENT.join(', '), 'Authorization', null]) {
          const asking = from(origin, client.options(path))
          asking.header('access-control-request-method', method)
          if (headers) asking.header('access-control-request-headers', headers)
          const answer = await asking
          answer.assertStatus(204)
          assert.equal(answer.header('access-control-allow-origin'), origin, path)
          assert.include(answer.header('access-control-allow-methods')!.split(','), method)
          const allowed = answer.header('access-control-allow-headers')!.split(',')
          assert.includeMembers(allowed, SENT)
          assert.equal(answer.header('access-control-max-age'), '600')
          assert.notProperty(answer.headers(), 'access-control-allow-credentials')
        }
      }
    }
  })

  test('is not allowed unneeded methods and headers', async ({ client, assert }) => {
    for (const [method, header] of [
      ['TRACE', 'authorization'],
      ['POST', 'x-forwarded-for'],
      ['POST', 'authorization, cookie'],
    ]) {
      const answer = await from(OURS[0], client.options('/api/v1/orders'))
        .header('access-control-request-method', method)
        .header('access-control-request-headers', header)
      assert.notProperty(answer.headers(), 'access-control-allow-origin', `${method} ${header}`)
    }
  })

  test('can read responses, errors and their headers', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const [origin] = OURS
    const answers = [
      await from(origin, client.get('/api/v1/products')),
      await from(origin, client.get('/api/v1/accounts/me').bearerToken(ada.token)),
      await from(origin, client.get('/api/v1/accounts/me')),
      await from(origin, client.get('/api/v1/stock').bearerToken(ada.token)),
      await from(origin, client.get('/api/v1/nothing')),
      await from(origin, client.delete('/api/v1/orders').bearerToken(ada.token)),
      await from(origin, client.post('/api/v1/tokens').type('text').form('x')),
      await from(origin, client.post('/api/v1/tokens').json({})),
    ]
    assert.deepEqual(
      answers.map((answer) => answer.status()),
      [200, 200, 401, 403, 404, 405, 415, 422]
    )
    for (const answer of answers) {
      assert.equal(answer.header('access-control-allow-origin'), origin)
      assert.equal(answer.header('access-control-expose-headers'), READ)
      assert.notProperty(answer.headers(), 'access-control-allow-credentials')
    }
  })

  test('that is not on the list is allowed nothing', async ({ client, assert }) => {
    for (const origin of STRANGERS) {
      const asking = from(origin, client.options('/api/v1/orders'))
      const answers = [
        await asking.header('access-control-request-method', 'POST'),
        await from(origin, client.get('/api/v1/products')),
      ]
      for (const answer of answers) {
        const allowing = Object.keys(answer.headers()).filter((name) =>
          name.startsWith('access-control-')
        )
        assert.isEmpty(allowing, origin)
      }
    }
  })
})

test.group('A caller without an origin', () => {
  test('gets no CORS headers', async ({ client, assert }) => {
    const answer = await client.get('/api/v1/products')
    answer.assertStatus(200)
    assert.notProperty(answer.headers(), 'access-control-allow-origin')
  })
})
