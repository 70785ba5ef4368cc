/*
 * Mistakes of clients that the framework finds before our own code does.
 */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { test } from '@japa/runner'
import { errors as auth } from '@adonisjs/auth'
import { errors as http } from '@adonisjs/core/http'
import { HttpContextFactory } from '@adonisjs/core/factories/http'
import { errors as limiter } from '@adonisjs/limiter'
import { errors as lucid } from '@adonisjs/lucid'
import { errors as session } from '@adonisjs/session'
import { errors as shield } from '@adonisjs/shield'
import { errors as vine } from '@vinejs/vine'
import { FRAMEWORK_ERRORS } from '#exceptions/framework_errors'
import HttpExceptionHandler from '#exceptions/handler'
import { problemKind } from '#http/problem_catalogue'
import { requestDuration } from '#http/server/metrics'
import { plainDeskOf } from '#tests/support/desk'
import { eventually } from '#tests/support/eventually'
import { SlowClient } from '#tests/support/connections/slow_client'
import { emptyShop, person, priced, product, type Person } from '#tests/support/shop'

const server = `http://${process.env.HOST}:${process.env.PORT}`

/** Requests counted by class of status, such as `5xx`. */
async function counted() {
  const { values } = await requestDuration.get()
  const counts: Record<string, number> = {}
  for (const { metricName, labels, value } of values) {
    if (!metricName?.endsWith('_count')) continue
    counts[labels.status!] = (counts[labels.status!] ?? 0) + value
  }
  return counts
}

/** The status of a class of errors; of each error for some. */
function statusOf(
  Failure: (new (...given: unknown[]) => { status?: number }) & { status?: number }
) {
  try {
    return Failure.status ?? new Failure([]).status ?? 500
  } catch {
    return 500
  }
}

test.group('An error of the framework', (group) => {
  let ada: Person
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG')
    await product('MUG', 9)
    ada = await person('customer', 'Ada')
    clerk = await person('clerk', 'Grace')
  })

  const handled = async (error: unknown) => {
    const ctx = new HttpContextFactory().create()
    await new HttpExceptionHandler().handle(error, ctx)
    const body = JSON.parse(ctx.response.getBody())
    return { status: ctx.response.getStatus(), code: body.code as string }
  }

  test('that is the client’s has a problem of its own', async ({ assert }) => {
    const all = Object.entries({
      ...auth,
      ...http,
      ...limiter,
      ...lucid,
      ...session,
      ...shield,
      ...vine,
    })
    const clients = all.filter(([name, Failure]) => {
      if (!name.startsWith('E_')) return false
      const status = statusOf(Failure as new (...given: unknown[]) => { status?: number })
      return status >= 400 && status < 500
    })
    const elsewhere = ['E_ROUTE_NOT_FOUND', 'E_VALIDATION_ERROR']
    assert.includeMembers(
      clients.map(([name]) => name),
      ['E_BAD_CSRF_TOKEN', 'E_INVALID_CREDENTIALS', 'E_ROW_NOT_FOUND']
    )
    for (const [name] of clients) {
      assert.isTrue(name in FRAMEWORK_ERRORS || elsewhere.includes(name), name)
    }
  })

  for (const [name, [problem]] of Object.entries(FRAMEWORK_ERRORS)) {
    test(`named ${name} is ${problem}`, async ({ assert }) => {
      const error = Object.assign(new Error(name), {
        [name.startsWith('E_') ? 'code' : 'type']: name,
      })
      const { status, code } = await handled(error)
      assert.deepEqual([status, code], [problemKind(problem).status, problem])
      assert.isBelow(status, 500)
    })
  }

  test('that is ours stays 500, whatever its status says', async ({ assert }) => {
    const ours = [
      new SyntaxError('Unexpected token'),
      Object.assign(new Error('Not found'), { status: 404 }),
      Object.assign(new Error('read ECONNRESET at another server'), {
        code: 'E_OTHER',
        status: 400,
      }),
    ]
    for (const error of ours) {
      assert.deepEqual(await handled(error), { status: 500, code: 'internal_error' })
    }
  })

  test('is 403 for a program without a CSRF token', async ({ assert }) => {
    const desk = await plainDeskOf(clerk)
    const headers = { origin: server, accept: 'application/json' }
    const refused = await desk.sendAsItIs('/admin/account/password', {}, '/admin/account', headers)
    assert.deepEqual(
      [refused.status, refused.contentType, JSON.parse(refused.text).code],
      [403, 'application/problem+json; charset=utf-8', 'csrf_token_invalid']
    )
    const before = await counted()
    const page = await desk.sendAsItIs('/admin/account/time-zone', { timeZone: 'UTC' })
    assert.equal(page.status, 403)
    assert.include(page.text, 'Submit')
    assert.equal((await counted())['5xx'], before['5xx'])
  })

  test('is 400 for a body that is not UTF-8', async ({ assert }) => {
    const bytes = (text: string) => Buffer.from(text, 'latin1')
    const send = (body: Buffer) =>
      fetch(`${server}/api/v1/products/MUG`, {
        method: 'PATCH',
        headers: { 'authorization': `Bearer ${clerk.token}`, 'content-type': 'application/json' },
        body: new Uint8Array(body),
      })
    for (const name of ['M\xfcg', '\xed\xa0\x80', 'caf\xc3']) {
      const refused = await send(bytes(`{"name":"${name}"}`))
      const { code, detail } = (await refused.json()) as { code: string; detail: string }
      assert.deepEqual([refused.status, code], [400, 'malformed_json'])
      assert.include(detail, 'UTF-8')
    }
    const replaced = await send(Buffer.from('{"name":"Mug \uFFFD"}'))
    assert.notEqual(((await replaced.json()) as { code?: string }).code, 'malformed_json')

    const form = await fetch(`${server}/admin/login`, {
      method: 'POST',
      headers: {
        'origin': server,
        'accept': 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new Uint8Array(bytes('email=\xff')),
    })
    assert.equal(form.status, 400)
  })

  test('is 415 for a compressed body, of a form too', async ({ assert }) => {
    for (const path of ['/admin/login', '/api/v1/tokens']) {
      const type = path === '/admin/login' ? 'x-www-form-urlencoded' : 'json'
      const headers = { 'accept': 'application/json', 'origin': server, 'content-encoding': 'gzip' }
      const refused = await fetch(server + path, {
        method: 'POST',
        headers: { ...headers, 'content-type': `application/${type}` },
        body: 'no gzip at all',
      })
      assert.equal(refused.status, 415, path)
    }
  })

  test('is none for a chunked body that is empty', async ({ assert }) => {
    const send = (path: string, headers: Record<string, string>, body: string[], agent?: Agent) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const sent = request(`${server}${path}`, {
          agent,
          method: 'POST',
          headers: {
            'authorization': `Bearer ${ada.token}`,
            'idempotency-key': randomUUID(),
            ...headers,
          },
        })
        sent.on('error', reject)
        sent.on('response', async (response) => {
          const chunks = await response.toArray()
          resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() })
        })
        for (const chunk of body) sent.write(chunk)
        sent.end()
      })
    const chunked = { 'transfer-encoding': 'chunked' }
    const types: Record<string, string>[] = [
      {},
      { 'content-type': 'application/json' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    ]
    const without = (text: string) => {
      const { requestId, ...problem } = JSON.parse(text)
      return problem
    }
    const none = await send('/api/v1/orders', { 'content-length': '0' }, [])
    assert.equal(none.status, 422)
    for (const type of types) {
      const empty = await send('/api/v1/orders', { ...chunked, ...type }, [])
      assert.deepEqual(
        [empty.status, without(empty.text)],
        [422, without(none.text)],
        JSON.stringify(type)
      )
    }
    // On one connection: a refused body must not keep the next request from being read.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let n = 0; n < 3; n++) {
      const filled = await send('/api/v1/orders', chunked, ['{"lines":', '[]}'], agent)
      assert.deepEqual([filled.status, without(filled.text).code], [415, 'unsupported_media_type'])
    }
    const large = { 'content-length': '300000', 'content-type': 'application/json' }
    for (let n = 0; n < 3; n++) {
      const refused = await send('/api/v1/orders', large, ['['.repeat(300_000)], agent)
      assert.equal(refused.status, 413)
    }
    agent.destroy()
  })

  test('is no 5xx for a client that disconnects before its body has arrived', async ({
    assert,
  }) => {
    const before = await counted()
    const as = { 'authorization': `Bearer ${clerk.token}`, 'idempotency-key': randomUUID() }
    const multipart = { ...as, 'content-type': 'multipart/form-data; boundary=b' }
    const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nsku'
    const bodies: [path: string, headers: Record<string, string | undefined>, body: string][] = [
      ['/api/v1/orders', as, '{"lines":'],
      [
        '/api/v1/orders',
        {
          ...as,
          'content-type': 'text/plain',
          'transfer-encoding': 'chunked',
          'content-length': undefined,
        },
        '',
      ],
      ['/api/v1/stock/MUG/restocks', as, '{'],
      [
        '/api/v1/stock/imports',
        multipart,
        '--b\r\nContent-Disposition: form-data; name="reference"\r\n\r\nx',
      ],
      ['/api/v1/stock/imports', multipart, file],
      ['/api/v1/stock/imports', { ...as, 'content-type': 'text/csv' }, 'sku,counted\n'],
    ]
    const { handle } = HttpExceptionHandler.prototype
    const statuses: string[] = []
    HttpExceptionHandler.prototype.handle = async function (
      this: HttpExceptionHandler,
      error,
      ctx
    ) {
      await handle.call(this, error, ctx)
      statuses.push(
        `${ctx.response.getStatus()} ${ctx.request.url()} ${ctx.request.header('content-type')}`
      )
    } as typeof handle
    try {
      for (const [path, headers, body] of bodies) {
        const client = await SlowClient.send({ path, headers, body })
        await client.sent()
        client.close()
      }
      await eventually('all have failed', async () => statuses.length >= bodies.length)
    } finally {
      HttpExceptionHandler.prototype.handle = handle
    }
    for (const status of statuses) assert.match(status, /^400/)
    assert.equal((await counted())['5xx'], before['5xx'])
  })
})
