/*
 * Limits, proxies and origins as the settings of a process have them.
 */
import { randomUUID } from 'node:crypto'
import type { Assert } from '@japa/assert'
import { test } from '@japa/runner'
import pg from 'pg'
import { createDatabase } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { ace, AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'

const PAGE = 'https://shop.example.com'
const password = 'a long password'

test.group('A process', (group) => {
  group.each.teardown(endApps)

  test('takes limits, origins and trusted proxies from its settings, and remembers wrong passwords over a restart', async ({
    assert,
    cleanup,
  }) => {
    const home = await dataDirectory()
    cleanup(home.remove)
    const database = await createDatabase()
    cleanup(database.drop)
    const start = (env: Record<string, string>) =>
      AppProcess.start({
        dataDir: home.path,
        databaseUrl: database.url,
        env: { LOG_LEVEL: 'warn', CORS_ORIGINS: '', TRUSTED_PROXIES: '', ...env },
      })

    const strict = await start({ RATE_LIMIT: '3', CORS_ORIGINS: '*' })
    const ada = { email: 'ada@example.com', password }
    const signedUp = await strict.request('POST', '/api/v1/accounts', {
      body: { ...ada, name: 'Ada' },
    })
    assert.equal(signedUp.status, 201)
    const loggedIn = await logIn(strict, ada)
    const { token } = loggedIn.body
    for (const expected of [200, 200, 200, 429]) {
      const { status, headers } = await strict.get('/api/v1/accounts/me', token)
      assert.equal(status, expected)
      assert.equal(headers.get('ratelimit-limit'), '3')
    }
    assert.equal((await preflight(strict)).headers.get('access-control-allow-origin'), '*')

    for (let n = 0; n < 2; n++) {
      const wrong = { email: `nobody-${n}@example.com`, password: 'wrong' }
      assert.equal((await logIn(strict, wrong, `192.0.2.${n}`)).status, 401)
    }
    // As if this address had failed as often as that; the accounts have failed once each.
    await query(database.url, 'update accounts.attempts set points = 1000 where points = 2')
    await assertSlow(assert, () => logIn(strict, ada, '192.0.2.99'))
    const warnings = strict.stdout.match(/X-Forwarded-For ignored.*TRUSTED_PROXIES=127\.0\.0\.1/g)
    assert.lengthOf(warnings ?? [], 1)
    await strict.kill('SIGTERM')

    const open = await start({ RATE_LIMIT: 'off' })
    await assertSlow(assert, () => logIn(open, ada))
    for (let n = 0; n < 4; n++) {
      const { status, headers } = await open.get('/api/v1/accounts/me', token)
      assert.equal(status, 200)
      assert.isNull(headers.get('ratelimit-limit'))
    }
    assert.isNull((await preflight(open)).headers.get('access-control-allow-origin'))
  })

  test('disables sign-up and mails by settings, and then announces no mail', async ({
    assert,
    cleanup,
  }) => {
    const home = await dataDirectory()
    cleanup(home.remove)
    const database = await createDatabase()
    cleanup(database.drop)
    const app = await AppProcess.start({
      dataDir: home.path,
      databaseUrl: database.url,
      env: { LOG_LEVEL: 'error', SIGN_UP: 'off', CUSTOMER_MAILS: 'off' },
    })
    const ada = { email: 'ada@example.com', password, name: 'Ada' }
    const refused = await app.request('POST', '/api/v1/accounts', { body: ada })
    assert.equal(refused.status, 403)
    assert.equal(refused.body.code, 'sign_up_closed')

    const made = await ace(app.env, 'accounts:create', '--role=service', '--token', '--json')
    const { token } = JSON.parse(made.stdout)
    await ace(app.env, 'demo:seed', '--yes')
    const order = { lines: [{ sku: 'MUG-RED', quantity: 1 }], email: ada.email, name: ada.name }
    const headers = { 'prefer': 'wait=5', 'idempotency-key': randomUUID() }
    const place = () => app.request('POST', '/api/v1/orders', { token, body: order, headers })
    await eventually('orders knows the price', async () => (await place()).status === 201)
    const placed = await place()
    assert.equal(placed.body.status, 'confirmed')
    const timeline = await app.get(`/api/v1/orders/${placed.body.id}/timeline`, token)
    for (const step of timeline.body.data) assert.notProperty(step.detail, 'mail')
    const story = await ace(app.env, 'orders:show', placed.body.number, '--json')
    assert.isEmpty(JSON.parse(story.stdout).mails)
  })
})

/** The right password is accepted, after the delay that failures cause. */
async function assertSlow(assert: Assert, attempt: () => Promise<{ status: number }>) {
  const began = performance.now()
  const { status } = await attempt()
  assert.equal(status, 201)
  assert.isAtLeast(performance.now() - began, 1_900)
}

async function query(databaseUrl: string, statement: string) {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function logIn(app: AppProcess, body: object, forwardedFor: string = randomUUID()) {
  return app.request('POST', '/api/v1/tokens', {
    body,
    headers: { 'x-forwarded-for': forwardedFor },
  })
}

function preflight(app: AppProcess) {
  return app.request('OPTIONS', '/api/v1/orders', {
    headers: { 'origin': PAGE, 'access-control-request-method': 'POST' },
  })
}
