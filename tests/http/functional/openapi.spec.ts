import router from '@adonisjs/core/services/router'
import { test } from '@japa/runner'
import { publicUrl } from '#config/app'
import { allProblems } from '#http/problem_catalogue'
import { openApi } from '#start/documents/openapi'
import { document, hold } from '#tests/support/documents/openapi'
import { person } from '#tests/support/shop'

/** Pages and files for people, and the document itself. */
const NO_OPERATIONS = [
  'GET /',
  'GET /plain.css',
  'GET /docs',
  'GET /docs/:file',
  'GET /openapi.json',
  'GET /asyncapi.json',
  'GET /metrics',
  'GET /problems',
  'GET /problems/:code',
  'GET /dev/mail',
  'GET /dev/mail/:id',
  'GET /dev/mail/:id/text',
]

const PROBLEM = 'application/problem+json'

interface Entry {
  name: string
  middleware: { name?: string; args?: any }[]
}

const routes: () => Entry[] = () =>
  Object.values(router.toJSON())
    .flat()
    .flatMap(({ pattern, methods, middleware }) =>
      methods
        .filter((method) => method !== 'HEAD')
        .map((method) => ({
          name: `${method} ${pattern}`,
          middleware: [...middleware.all()] as [],
        }))
    )
    .filter(({ name }) => !NO_OPERATIONS.includes(name) && !name.includes(' /admin'))

const operations: () => [name: string, operation: any][] = () =>
  Object.entries(document.paths).flatMap(([address, { parameters, ...methods }]) =>
    Object.entries(methods).map(([method, operation]): [string, any] => [
      `${method.toUpperCase()} ${address.replace(/\{(\w+)\}/g, ':$1')}`,
      operation,
    ])
  )

/** Where objects with properties are described inline. */
function* objectsIn(tree: any, at: string): Generator<string> {
  if (typeof tree !== 'object' || tree === null) return
  if (tree.type?.includes?.('object') && tree.properties) yield at
  for (const [name, value] of Object.entries(tree)) {
    if (!['example', 'examples'].includes(name)) yield* objectsIn(value, `${at} ${name}`)
  }
}

test.group('/openapi.json', () => {
  test('has every route, and no other', ({ assert }) => {
    const described = operations().map(([name]) => name)
    assert.sameMembers(
      described,
      routes().map(({ name }) => name)
    )
  })

  test('names the roles that each route requires', ({ assert }) => {
    const security = new Map(operations())
    for (const { name, middleware } of routes()) {
      const { 'security': said, 'x-roles': roles } = security.get(name)!
      const signedIn = middleware.find((one) => one.name === 'required')
      const asked = !signedIn
        ? []
        : [
            { bearer: [] },
            ...(signedIn.args?.optional ? [{}] : []),
            ...(signedIn.args?.ticket ? [{ ticket: [] }] : []),
          ]
      assert.deepEqual(said, asked, name)
      assert.deepEqual(roles, middleware.find((one) => one.name === 'roles')?.args, name)
    }
  })

  test('has every problem of the catalogue except those without an operation', ({ assert }) => {
    const shown = Object.keys(document.components.examples)
    const own = [
      ...['order_not_open', 'order_not_confirmed', 'revision_moved', 'price_changed'],
      'order_limit_exceeded',
      ...['reserved_exceeds', 'stock_moved', 'already_reversed', 'part_of_import'],
      'counted_since',
    ]
    assert.sameMembers(
      [
        ...shown,
        ...own,
        'client_disconnected',
        'csrf_token_invalid',
        'no_such_address',
        'method_not_allowed',
        'sku_taken',
        'own_access',
        'receipt_moved',
        'receipt_not_open',
        'quantity_unusual',
        'already_booked',
      ],
      [...allProblems().keys()]
    )
  })

  test('has a name for every object, which generated clients take for its type', ({ assert }) => {
    const { schemas } = document.components
    const inline = [...objectsIn(document.paths, 'paths')]
    for (const [name, { properties = {} }] of Object.entries<any>(schemas)) {
      inline.push(...objectsIn(properties, name))
    }
    assert.deepEqual(inline, [])
    assert.containsSubset(schemas.PlaceOrderRequest.properties.lines.items, {
      $ref: '#/components/schemas/LineInput',
    })
  })

  test('leaves room for the fields and values of later releases in responses only', ({
    assert,
  }) => {
    const { schemas } = document.components
    const closed = Object.keys(schemas).filter((name) => 'additionalProperties' in schemas[name])
    assert.isTrue(
      closed.every((name) => /(Request|Input)$/.test(name)),
      closed.join()
    )
    assert.include(closed, 'LineInput')
    for (const { type } of [schemas.Step.properties, schemas.OrderStep.properties]) {
      assert.isUndefined(type.enum)
      assert.include(type['x-extensible-enum'], 'placed')
      assert.include(type.description, 'Later releases may add values.')
    }
  })

  test('describes the events of the streams, and the headers of retries', ({ assert }) => {
    const { paths } = document
    const events = paths['/api/v1/orders/events'].get.responses[200].content['text/event-stream']
    assert.equal(events.schema.contentSchema.$ref, '#/components/schemas/OrderStepEvent')
    const { data } = document.components.schemas.OrderStepEvent.properties
    assert.equal(data.contentSchema.$ref, '#/components/schemas/OrderStep')
    const { responses } = paths['/api/v1/orders'].post
    assert.containsSubset(responses[202].headers, { 'ETag': {}, 'Idempotent-Replayed': {} })
    for (const status of [429, 503]) assert.property(responses[status].headers, 'Retry-After')
  })

  test('is served with the address of the request', async ({ client, assert }) => {
    const served = await client.get('/openapi.json')
    served.assertStatus(200)
    assert.equal(served.header('content-type'), 'application/json')
    assert.deepEqual(served.body(), JSON.parse(JSON.stringify(openApi(publicUrl))))
    assert.deepEqual(served.body().servers, [{ url: publicUrl }])
  })
})

test.group('/docs', () => {
  test('loads only our own files', async ({ client, assert }) => {
    const page = await client.get('/docs')
    page.assertStatus(200)
    const policy = page.header('content-security-policy')!
    assert.include(policy, `default-src 'none'; script-src 'self';`)
    const addresses = [...page.text().matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url)
    const files = addresses.filter((url) => url.startsWith('/docs/'))
    assert.lengthOf(files, 4)
    for (const url of addresses) assert.match(url, /^(\/|data:)/)
    for (const url of files) {
      const file = await client.get(url)
      file.assertStatus(200)
      assert.isAbove(file.text().length, 10)
    }
    const none = await client.get('/docs/..%2Fdocs.css')
    none.assertStatus(404)
  })

  test('is linked from the home page', async ({ client, assert }) => {
    const home = await client.get('/')
    assert.include(home.text(), 'href="/docs"')
    assert.include(home.text(), 'href="/openapi.json"')
  })
})

test.group('A test that calls the API', () => {
  const exchange = async (more: object) => {
    const { token } = await person('customer')
    const url = `http://${process.env.HOST}:${process.env.PORT}/api/v1/accounts/me`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    const { status, headers } = answer
    const base = { method: 'GET', url: '/api/v1/accounts/me', sent: undefined }
    return { ...base, status, headers, text: await answer.text(), ...more }
  }
  const html = { 'content-type': 'text/html', 'x-request-id': 'x', 'etag': '"3"' }
  const refused = { 'content-type': PROBLEM, 'x-request-id': 'x', 'www-authenticate': 'x' }
  const me = { id: '0199f3a1-1b2c-7f00-8d11-5a6b7c8d9e0f', email: null, role: 'customer' }
  const problem = {
    ...{ type: 'about:blank', title: 'x', status: 401, code: 'wrong_credentials', detail: 'x' },
    ...{ instance: '/', requestId: 'x', errors: [] },
  }
  const text = (body: object) => ({ text: JSON.stringify(body) })
  const faults: [fault: string, more: object, says: RegExp][] = [
    ['another status', { status: 201 }, /does not have this status/],
    ['an answer to another method', { method: 'PUT' }, /does not have this operation/],
    ['an answer elsewhere', { url: '/api/v1/accounts/you' }, /does not have this operation/],
    ['another type', { headers: new Headers(html) }, /does not have the type "text\/html"/],
    ['a header less', { headers: new Headers() }, /promises the header X-Request-Id/],
    ['a field less', text(me), /must have required property 'name'/],
    ['a field more', text({ ...me, name: 'Ada', age: 7 }), /must NOT have additional properties/],
    [
      'another problem',
      { status: 401, headers: new Headers(refused), ...text(problem) },
      /does not have the problem "wrong_credentials"/,
    ],
  ]
  for (const [fault, more, says] of faults) {
    test(`fails when it gets ${fault} than documented`, async ({ assert }) => {
      const wrong = await exchange(more)
      assert.throws(() => hold(wrong), says)
    })
  }

  test('fails when a request is served or refused against the document', async ({ assert }) => {
    const signUp = { method: 'POST', url: '/api/v1/accounts' }
    const json = new Headers({ 'content-type': 'application/json', 'x-request-id': 'x' })
    const served = await exchange({
      ...{ ...signUp, status: 201, headers: json, sent: { email: 'ada' } },
      ...text({ ...me, name: 'Ada' }),
    })
    assert.throws(() => hold(served), /takes no such request/)
    const sent = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' }
    const errors = [{ pointer: '/name', code: 'x', detail: 'x' }]
    const unprocessable = new Headers({ 'content-type': PROBLEM, 'x-request-id': 'x' })
    const turnedDown = await exchange({
      ...{ ...signUp, sent, status: 422, headers: unprocessable },
      ...text({ ...problem, status: 422, code: 'invalid_fields', errors }),
    })
    assert.throws(() => hold(turnedDown), /takes it/)
  })
})
