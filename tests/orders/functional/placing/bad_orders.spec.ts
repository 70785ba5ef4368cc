import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { publicUrl } from '#config/app'
import { emptyShop, person, post, priced, type Person } from '#tests/support/shop'

const address = `http://${process.env.HOST}:${process.env.PORT}`
const ORDERS = '/api/v1/orders'

const line = (more: object) => ({ lines: [{ sku: 'MUG', quantity: 1, ...more }] })
const order = (more: object) => ({ ...line({}), ...more })
const quantity = '/lines/0/quantity'
const ship = (more: object) =>
  order({ shipTo: { name: 'Ada', address: ['1 Loom Street'], country: 'GB', ...more } })

/** What is wrong, the body, and the place and code of what the answer complains about. */
const BAD_FIELDS: [wrong: string, body: unknown, pointer: string, code: string][] = [
  ['no lines at all', {}, '/lines', 'required'],
  ['an empty list of lines', { lines: [] }, '/lines', 'array.minLength'],
  ['101 lines', { lines: Array(101).fill(line({}).lines[0]) }, '/lines', 'array.maxLength'],
  ['lines that are no list', { lines: 'MUG' }, '/lines', 'array'],
  ['a line that is no object', { lines: ['MUG'] }, '/lines/0', 'object'],
  ['a body that is a list', [], '', 'object'],
  ['an unknown field', order({ coupon: 'X' }), '/coupon', 'unknown_field'],
  ['an unknown field with a dot', order({ 'a.b/c': 1 }), '/a.b~1c', 'unknown_field'],
  ['an unknown field in a line', line({ qty: 1 }), '/lines/0/qty', 'unknown_field'],
  ['a price that is no money', line({ unitPrice: 1 }), '/lines/0/unitPrice', 'object'],
  ['quantity 0', line({ quantity: 0 }), quantity, 'min'],
  ['quantity -1', line({ quantity: -1 }), quantity, 'min'],
  ['quantity 1.5', line({ quantity: 1.5 }), quantity, 'withoutDecimals'],
  ['quantity 1,000,001', line({ quantity: 1_000_001 }), quantity, 'max'],
  ['quantity 1e9', line({ quantity: 1e9 }), quantity, 'max'],
  ['quantity "2"', line({ quantity: '2' }), quantity, 'number'],
  ['quantity null', line({ quantity: null }), quantity, 'required'],
  ['no quantity', { lines: [{ sku: 'MUG' }] }, quantity, 'required'],
  ['no SKU', { lines: [{ quantity: 1 }] }, '/lines/0/sku', 'required'],
  ['an SKU of 65 characters', line({ sku: 'A'.repeat(65) }), '/lines/0/sku', 'maxLength'],
  ['an SKU with a blank', line({ sku: 'RED MUG' }), '/lines/0/sku', 'regex'],
  ['an SKU that begins with a dot', line({ sku: '.MUG' }), '/lines/0/sku', 'regex'],
  ['an empty e-mail', order({ email: '' }), '/email', 'email'],
  ['an e-mail that is none', order({ email: 'ada' }), '/email', 'email'],
  ['NUL in the e-mail', order({ email: 'a\0da@example.com' }), '/email', 'printable'],
  ['a quoted bell in the e-mail', order({ email: '"\u0007"@example.com' }), '/email', 'printable'],
  [
    'a left-to-right mark in the e-mail',
    order({ email: 'a\u200Eda@example.com' }),
    '/email',
    'invisible',
  ],
  ['a soft hyphen in the e-mail', order({ email: 'ada@exam\u00ADple.com' }), '/email', 'invisible'],
  ['a word joiner in the e-mail', order({ email: 'a\u2060da@example.com' }), '/email', 'invisible'],
  ['an override in the e-mail', order({ email: 'a\u202Eda@example.com' }), '/email', 'invisible'],
  ['an empty name', order({ name: '' }), '/name', 'minLength'],
  ['a name of blanks', order({ name: '  ' }), '/name', 'minLength'],
  ['NUL in the name', order({ name: 'A\0da' }), '/name', 'printable'],
  ['a line break in the name', order({ name: 'A\nda' }), '/name', 'printable'],
  ['half a character in the name', order({ name: 'A\ud800da' }), '/name', 'printable'],
  ['a zero width space in the name', order({ name: 'A\u200Bda' }), '/name', 'invisible'],
  [
    'text that runs backwards in the name',
    order({ name: 'Ada \u202Egnp.exe' }),
    '/name',
    'invisible',
  ],
  [
    'an isolate in an address',
    ship({ address: ['\u2066x\u2069'] }),
    '/shipTo/address/0',
    'invisible',
  ],
  ['a name of what nobody sees', order({ name: '\u200D\u3164\uFE0F' }), '/name', 'blank'],
  ['a bell in the reference', order({ reference: 'a\u0007' }), '/reference', 'printable'],
  ['a reference of 65 characters', order({ reference: 'r'.repeat(65) }), '/reference', 'maxLength'],
  ['a customerId that is no id', order({ customerId: 'ada' }), '/customerId', 'uuid'],
  ['shipTo without an address', order({ shipTo: { name: 'Ada' } }), '/shipTo/address', 'required'],
  ['shipTo of no lines', ship({ address: [] }), '/shipTo/address', 'array.minLength'],
  [
    'shipTo of 6 lines',
    ship({ address: Array(6).fill('x') }),
    '/shipTo/address',
    'array.maxLength',
  ],
  ['NUL in shipTo', ship({ address: ['x', 'a\0'] }), '/shipTo/address/1', 'printable'],
  ['shipTo in "Germany"', ship({ country: 'Germany' }), '/shipTo/country', 'regex'],
  ['an unknown field in shipTo', ship({ zip: '1' }), '/shipTo/zip', 'unknown_field'],
]

test.group('A bad order', (group) => {
  let customer: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await priced('OFF', 500, 'EUR', false)
    await priced('YEN', 500, 'JPY')
    await priced('GOLD', 100_000_000)
    for (let n = 0; n < 91; n++) await priced(`GOLD-${n}`, 100_000_000)
    customer = await person('customer', 'Ada')
  })
  group.teardown(async () => {
    const [{ n }] = await db.connection('orders').from('orders').count('* as n')
    if (n !== 0) throw new Error(`${n} bad orders were placed`)
  })

  for (const [wrong, body, pointer, code] of BAD_FIELDS) {
    test(`is refused: ${wrong}`, async ({ assert }) => {
      const { problem } = await refused(assert, 422, 'invalid_fields', placing(customer, body))
      assert.containSubset(problem.errors[0], { pointer, code })
      assert.isNotEmpty(problem.errors[0].detail)
    })
  }

  test('is told every wrong field at once', async ({ assert }) => {
    const body = { lines: [{ sku: 'MUG', quantity: 0, qty: 1 }], name: '', email: 'x' }
    const { problem } = await refused(assert, 422, 'invalid_fields', placing(customer, body))
    const pointers = problem.errors.map(({ pointer }: { pointer: string }) => pointer)
    assert.sameMembers(pointers, ['/email', '/lines/0/qty', '/lines/0/quantity', '/name'])
  })

  test('names the SKUs that nobody knows, and when to ask again', async ({ assert }) => {
    const lines = ['MUG', 'NONE', 'never'].map((sku) => ({ sku, quantity: 1 }))
    const { headers, problem } = await refused(
      assert,
      422,
      'unknown_sku',
      placing(customer, { lines })
    )
    assert.equal(headers.get('retry-after'), '1')
    assert.include(problem.detail, 'NONE, NEVER')
    assert.containSubset(problem.errors, [
      { pointer: '/lines/1/sku', code: 'unknown_sku' },
      { pointer: '/lines/2/sku', code: 'unknown_sku' },
    ])
  })

  test('names what is not for sale', async ({ assert }) => {
    const sent = placing(customer, line({ sku: 'off' }))
    const { problem } = await refused(assert, 422, 'not_for_sale', sent)
    assert.containSubset(problem.errors, [{ pointer: '/lines/0/sku', code: 'not_for_sale' }])
  })

  test('asks for too much of one SKU in several lines', async ({ assert }) => {
    const lines = [line({ quantity: 1_000_000 }).lines[0], line({ sku: 'mug' }).lines[0]]
    const { problem } = await refused(
      assert,
      422,
      'quantity_too_large',
      placing(customer, { lines })
    )
    assert.include(problem.detail, 'MUG')
    assert.deepEqual(pointersOf(problem), ['/lines/0/quantity', '/lines/1/quantity'])
  })

  test('mixes currencies', async ({ assert }) => {
    const lines = ['MUG', 'YEN'].map((sku) => ({ sku, quantity: 1 }))
    const { problem } = await refused(assert, 422, 'mixed_currencies', placing(customer, { lines }))
    assert.include(problem.detail, 'EUR and JPY')
    assert.deepEqual(pointersOf(problem), ['/lines/1/sku'])
  })

  test('has a total that no number holds exactly', async ({ assert }) => {
    const lines = Array.from({ length: 91 }, (_, n) => ({ sku: `GOLD-${n}`, quantity: 1_000_000 }))
    await refused(assert, 422, 'total_too_large', placing(customer, { lines }))
  })

  test('is not JSON', async ({ assert }) => {
    for (const body of ['{"lines": [', 'MUG', '"MUG"', 'null']) {
      await refused(assert, 400, 'malformed_json', placing(customer, null, { body }))
    }
  })

  test('comes as text, as a form, or compressed', async ({ assert }) => {
    const json = JSON.stringify(order({}))
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const sent = { body: json, headers: { 'content-type': type } }
      await refused(assert, 415, 'unsupported_media_type', placing(customer, null, sent))
    }
    const gzip = { body: gzipSync(json), headers: { 'content-encoding': 'gzip' } }
    await refused(assert, 415, 'unsupported_encoding', placing(customer, null, gzip))
  })

  test('is larger than 256 KB', async ({ assert }) => {
    const body = order({ name: 'x'.repeat(256 * 1024) })
    await refused(assert, 413, 'body_too_large', placing(customer, body))
  })

  test('is placed by somebody who may not', async ({ assert }) => {
    const operator = await person('operator')
    await refused(assert, 403, 'role_not_allowed', placing(operator, order({})))
    const bob = await person('customer', 'Bob')
    const forBob = order({ customerId: bob.id })
    await refused(assert, 403, 'not_your_account', placing(customer, forBob))
    const service = await person('service', 'shop')
    const { problem } = await refused(assert, 422, 'invalid_fields', placing(service, order({})))
    assert.containSubset(problem.errors, [{ pointer: '/email', code: 'required' }])
  })

  test('shows no token, a wrong one, an expired one or a revoked one', async ({ assert }) => {
    const nobody = { ...customer, token: '' }
    const { headers } = await refused(assert, 401, 'token_missing', placing(nobody, order({})))
    assert.match(headers.get('www-authenticate')!, /^Bearer/)
    const expired = await person('customer', 'Eve')
    await db
      .connection('accounts')
      .from('access_tokens')
      .where('tokenable_id', expired.id)
      .update({ expires_at: new Date(Date.now() - 1_000) })
    const revoked = await person('customer', 'Rex')
    const logOut = { method: 'DELETE', headers: { authorization: `Bearer ${revoked.token}` } }
    await fetch(`${address}/api/v1/tokens/current`, logOut)
    const wrong = { ...customer, token: `${customer.token.slice(0, -1)}~` }
    for (const caller of [wrong, expired, revoked]) {
      const answer = await refused(assert, 401, 'token_invalid', placing(caller, order({})))
      assert.match(answer.headers.get('www-authenticate')!, /^Bearer/)
    }
  })
})

test.group('An order that is not yours', (group) => {
  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })

  test('looks like one that does not exist', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const bob = await person('customer', 'Bob')
    const bobs = await post(client, bob, order({}))
    const { id } = bobs.body()
    const missing = id.replace(/.$/, id.endsWith('0') ? '1' : '0')
    for (const suffix of ['', '/timeline']) {
      const answers = await Promise.all(
        [id, missing, 'Q-100001', '%00', '%2F'].map(async (name) => {
          const sent = asking(ada, `${ORDERS}/${name}${suffix}`)
          const { problem } = await refused(assert, 404, 'not_found', sent)
          return { ...problem, instance: null, requestId: null }
        })
      )
      for (const answer of answers) assert.deepEqual(answer, answers[0])
    }
  })

  test('stays hidden when it is a guest’s with your e-mail', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    const service = await person('service', 'shop')
    const guest = await post(client, service, order({ email: ada.email }))
    await refused(assert, 404, 'not_found', asking(ada, guest.header('location')!))
  })
})

test.group('A request to nowhere', () => {
  test('is a 404, a 405 with Allow, or a 400 for an address that is none', async ({ assert }) => {
    const ada = await person('customer', 'Ada')
    await refused(assert, 404, 'no_such_address', asking(ada, '/api/v1/nothing'))
    await refused(assert, 400, 'malformed_address', asking(ada, '/api/v1/%ff'))
    const cases: [string, string, string][] = [
      ['DELETE', ORDERS, 'GET, HEAD, POST'],
      ['PUT', `${ORDERS}/${randomUUID()}`, 'GET, HEAD, PATCH'],
      ['GET', '/api/v1/tokens', 'POST'],
      ['POST', '/api/v1/products/MUG', 'GET, HEAD, PUT, PATCH'],
    ]
    for (const [method, path, allow] of cases) {
      const sent = asking(ada, path, method)
      const { headers } = await refused(assert, 405, 'method_not_allowed', sent)
      assert.equal(headers.get('allow'), allow)
    }
  })

  test('is answered to HEAD as to GET, without the body', async ({ assert }) => {
    const ada = await person('customer', 'Ada')
    for (const [path, status] of [
      [ORDERS, 200],
      [`${ORDERS}/${randomUUID()}`, 404],
      ['/api/v1/nothing', 404],
    ] as const) {
      const answer = await asking(ada, path, 'HEAD')
      assert.equal(answer.status, status)
      assert.equal(await answer.text(), '')
    }
  })
})

/** A POST of the body, or of the bytes and under the headers that `raw` has instead. */
function placing({ token }: Person, body: unknown, raw: RequestInit = {}) {
  return fetch(address + ORDERS, {
    method: 'POST',
    body: JSON.stringify(body),
    ...raw,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(raw.headers as Record<string, string>),
    },
  })
}

function asking({ token }: Person, path: string, method = 'GET') {
  return fetch(address + path, { method, headers: { authorization: `Bearer ${token}` } })
}

/** The answer is a whole problem with this status and code. */
async function refused(
  assert: import('@japa/assert').Assert,
  status: number,
  code: string,
  sent: Promise<Response>
) {
  const { headers, ...answer } = await read(await sent)
  const { problem } = answer
  assert.deepEqual([answer.status, problem.code], [status, code], JSON.stringify(problem))
  assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  assert.equal(problem.type, `${publicUrl}/problems/${code}`)
  assert.equal(problem.status, status)
  assert.equal(problem.instance, answer.path)
  for (const member of ['title', 'detail', 'requestId']) assert.isNotEmpty(problem[member], member)
  assert.isArray(problem.errors)
  assert.equal(headers.get('x-request-id'), problem.requestId)
  return { headers, problem }
}

async function read(response: Response) {
  const problem = JSON.parse(await response.text())
  const path = new URL(response.url).pathname
  return { status: response.status, headers: response.headers, problem, path }
}

function pointersOf(problem: { errors: { pointer: string }[] }) {
  return problem.errors.map(({ pointer }) => pointer)
}
