import { request } from 'node:http'
import { test } from '@japa/runner'

const address = `http://${process.env.HOST}:${process.env.PORT}`
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The id in the answer's header, and in its body when that is a problem. */
async function answered(path: string, id?: string) {
  const response = await fetch(
    address + path,
    id === undefined ? {} : { headers: { 'x-request-id': id } }
  )
  const body = response.ok ? null : ((await response.json()) as { requestId: string })
  return { id: response.headers.get('x-request-id'), inBody: body?.requestId }
}

const PATHS = [
  '/',
  '/health/live',
  '/api/v1/products',
  '/api/v1/accounts/me',
  '/api/v1/%ff',
  '/nowhere',
]

test.group('The id of a request', () => {
  test('is the caller’s own, in every response and every problem', async ({ assert }) => {
    for (const id of ['shop-4711', 'a', 'A1._-', 'x'.repeat(128), 'null']) {
      for (const path of PATHS) {
        const { id: header, inBody } = await answered(path, id)
        assert.equal(header, id, path)
        if (inBody !== undefined) assert.equal(inBody, id, path)
      }
    }
  })

  test('is generated for a caller that gives none or an invalid one', async ({ assert }) => {
    const wrong = [
      undefined,
      '',
      'x'.repeat(129),
      'a b',
      'a,b',
      '"a"',
      '{"a":1}',
      'ä',
      'a\tb',
      '<b>',
    ]
    for (const given of wrong) {
      const ids = new Set<string>()
      for (const path of PATHS) {
        const { id, inBody } = await answered(path, given)
        assert.match(id!, UUID, `${path} ${given}`)
        if (inBody !== undefined) assert.equal(inBody, id)
        ids.add(id!)
      }
      assert.equal(ids.size, PATHS.length)
    }
  })

  test('is generated for a caller that gives two', async ({ assert }) => {
    const id = await new Promise((resolve, reject) => {
      request(`${address}/health/live`, { headers: { 'x-request-id': ['one', 'two'] } })
        .on('response', ({ headers }) => resolve(headers['x-request-id']))
        .on('error', reject)
        .end()
    })
    assert.match(String(id), UUID)
  })
})

test.group('A connection', () => {
  test('is kept open longer than by clients and load balancers', async ({ assert }) => {
    const answer = await fetch(`${address}/health/live`)
    assert.equal(answer.headers.get('keep-alive'), 'timeout=65')
  })
})
