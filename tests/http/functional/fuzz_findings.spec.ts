/*
 * What a fuzzer and requests made by hand have found, each wrong at its time.
 */
import { randomUUID } from 'node:crypto'
import router from '@adonisjs/core/services/router'
import { test } from '@japa/runner'
import { plainDeskOf } from '#tests/support/desk'
import { emptyShop, person, post, priced, product, type Person } from '#tests/support/shop'

const ORDERS = '/api/v1/orders'
const server = `http://${process.env.HOST}:${process.env.PORT}`
const mug = { name: 'Mug', price: { amount: 1, currency: 'EUR' } }

test.group('An absurd request', (group) => {
  let ada: Person
  let clerk: Person
  let orderAddress: string

  group.setup(async () => {
    await emptyShop()
    await priced('MUG')
    await product('MUG', 9)
    ada = await person('customer', 'Ada')
    clerk = await person('clerk', 'Grace')
  })
  group.each.setup(async () => {
    const response = await fetch(server + ORDERS, {
      method: 'POST',
      body: JSON.stringify({ lines: [{ sku: 'MUG', quantity: 1 }] }),
      headers: {
        'authorization': `Bearer ${ada.token}`,
        'idempotency-key': randomUUID(),
        'content-type': 'application/json',
      },
    })
    orderAddress = response.headers.get('location')!
  })

  const strangeTokens: [what: string, token: string][] = [
    ['a number', token('1', 'x')],
    ['SQL', token(`' or 1=1 --`, 'x')],
    ['a NUL', token('\0', 'x')],
    ['nothing', 'qm_.'],
    ['no secret', `qm_${encoded(randomUUID())}.`],
    ['too much', token('a'.repeat(5_000), 'x')],
  ]
  for (const [what, strange] of strangeTokens) {
    test(`is not signed in when a token has ${what} as its id`, async ({ client, assert }) => {
      const refused = await client.get(ORDERS).bearerToken(strange)
      refused.assertStatus(401)
      assert.equal(refused.body().code, 'token_invalid')
    })
  }

  test('with an empty If-Match is refused', async ({ client, assert }) => {
    const [patched, put] = await Promise.all([
      client.patch(orderAddress).bearerToken(ada.token).header('if-match', '').json({ name: 'X' }),
      client.put('/api/v1/products/MUG').bearerToken(clerk.token).header('if-match', '').json(mug),
    ])
    for (const refused of [patched, put]) {
      refused.assertStatus(400)
      assert.equal(refused.body().code, 'if_match_malformed')
    }
  })

  test('with an empty Idempotency-Key is refused', async ({ client, assert }) => {
    const [placed, cancelled] = await Promise.all([
      post(client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] }, ''),
      client
        .post(`${orderAddress}/cancellation`)
        .bearerToken(ada.token)
        .header('idempotency-key', '')
        .json({}),
    ])
    for (const refused of [placed, cancelled]) {
      refused.assertStatus(400)
      assert.equal(refused.body().code, 'idempotency_key_invalid')
    }
  })

  test('with JSON nested deeper than any stack is refused', async ({ client, assert }) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ]) {
      const deep = `{"lines":${open.repeat(20_000)}1${close.repeat(20_000)}}`
      const refused = await client
        .post(ORDERS)
        .bearerToken(ada.token)
        .header('idempotency-key', randomUUID())
        .header('content-type', 'application/json')
        .json(deep as never)
      refused.assertStatus(400)
      assert.equal(refused.body().code, 'malformed_json')
      assert.include(refused.body().detail, 'nested too deeply')
    }
  })

  const times = [
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+12:00',
    '9999-12-31T23:59:59-23:59',
    '2026-06-30T23:59:60Z',
    '2026-01-01T24:00:00Z',
  ]
  for (const time of times) {
    test(`asks for what has changed after ${time}`, async ({ client, assert }) => {
      const [orders, stock] = await Promise.all([
        client.get(ORDERS).qs({ updatedAfter: time }).bearerToken(ada.token),
        client.get('/api/v1/products').qs({ updatedAfter: time }),
      ])
      for (const answer of [orders, stock]) assert.include([200, 422], answer.status())
    })
  }

  test('with JavaScript’s own property names as fields is refused', async ({ client, assert }) => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      const body = `{"lines":[{"sku":"MUG","quantity":1}],"${name}":{"x":1}}`
      const response = await client
        .post(ORDERS)
        .bearerToken(ada.token)
        .header('idempotency-key', randomUUID())
        .header('content-type', 'application/json')
        .json(body as never)
      response.assertStatus(422)
      assert.containSubset(response.body().errors, [{ pointer: `/${name}`, code: 'unknown_field' }])
    }
  })

  test('is no 5xx for whatever stands in a path or its query', async ({ assert }) => {
    const admin = await person('admin', 'Ada')
    const desk = await plainDeskOf(admin)
    const words = [
      'x',
      '-1',
      '99999999999999999999',
      '%00',
      '%27%3B',
      'a'.repeat(300),
      randomUUID(),
    ]
    const routes = Object.values(router.toJSON())
      .flat()
      .filter(({ pattern }) => /[:]/.test(pattern) && !pattern.endsWith('/events'))
    assert.isAbove(routes.length, 50)
    const failed: string[] = []
    for (const { pattern, methods } of routes) {
      for (const word of words) {
        const path = pattern.replace(/:\w+/g, word)
        const [method] = methods
        const isPage = path.startsWith('/admin')
        const { status } =
          method === 'GET' && isPage
            ? await desk.open(`${path}?after=${word}&module=${word}&code=${word}`)
            : method === 'POST' && isPage
              ? await desk.send(path, { _key: randomUUID(), version: '1' })
              : await fetch(server + path, {
                  method,
                  headers: {
                    'authorization': `Bearer ${admin.token}`,
                    'idempotency-key': randomUUID(),
                    'if-match': '*',
                    'content-type': 'application/json',
                  },
                  body: method === 'GET' ? undefined : '{}',
                })
        if (status >= 500) failed.push(`${status} ${method} ${path}`)
      }
    }
    assert.deepEqual(failed, [])
  })
})

/** In the form of ours, whatever is inside. */
function token(id: string, secret: string) {
  return `qm_${encoded(id)}.${encoded(secret)}`
}

function encoded(text: string) {
  return Buffer.from(text).toString('base64url')
}
