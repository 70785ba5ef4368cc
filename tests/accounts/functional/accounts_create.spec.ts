import { randomUUID } from 'node:crypto'
import ace from '@adonisjs/core/services/ace'
import { test } from '@japa/runner'
import type { Role } from '#contracts/actor'
import { emptyShop } from '#tests/support/shop'

const newEmail = (role: string) => `${role}-${randomUUID().slice(0, 8)}@example.com`

test.group('node ace accounts:create', (group) => {
  group.setup(emptyShop)
  group.each.setup(() => {
    ace.ui.switchMode('raw')
    return () => ace.ui.switchMode('normal')
  })

  const withEmail: Role[] = ['customer', 'clerk', 'operator', 'admin']
  for (const role of withEmail) {
    test(`creates a ${role} who can call and log in immediately`, async ({ client, assert }) => {
      const email = newEmail(role)
      const { exitCode, result } = await create(
        `--email=${email}`,
        `--role=${role}`,
        '--name=Ada',
        '--token',
        '--json'
      )
      assert.equal(exitCode, 0)
      const account = { id: result.id, email, name: 'Ada', role }
      assert.containSubset(result, account)
      assert.isAbove(Date.parse(result.expiresAt), Date.now())
      const me = await client.get('/api/v1/accounts/me').bearerToken(result.token)
      assert.deepEqual(me.body(), account)
      const { password } = result
      const loggedIn = await client.post('/api/v1/tokens').json({ email, password })
      loggedIn.assertStatus(201)
    })
  }

  test('creates a service without an e-mail, whose token is valid until revoked', async ({
    client,
    assert,
  }) => {
    const { exitCode, result } = await create('--role=service', '--name=shop', '--token', '--json')
    assert.equal(exitCode, 0)
    const { id, token, ...service } = result
    const none = { email: null, password: null, expiresAt: null }
    assert.deepEqual(service, { name: 'shop', role: 'service', ...none })
    const me = await client.get('/api/v1/accounts/me').bearerToken(token)
    assert.deepEqual(me.body(), { id, email: null, name: 'shop', role: 'service' })
  })

  test('creates a token only on request, and uses the e-mail as default name', async ({
    assert,
  }) => {
    const email = newEmail('clerk')
    const { result } = await create(`--email=${email}`, '--role=clerk', '--json')
    assert.containSubset(result, { name: email, token: null, expiresAt: null })
  })

  test('prints a readable result', async ({ assert }) => {
    const { exitCode, lines } = await create('--role=service', '--name=till', '--token')
    assert.equal(exitCode, 0)
    assert.match(lines[0], /^Created the service till \(/)
    assert.match(lines[1], /^Token: qm_\S+ {2}\(expires: never\)$/)
  })

  test('explains invalid options', async ({ assert }) => {
    const wrong: [options: string[], says: RegExp][] = [
      [['--email=a@example.com', '--role=boss'], /--role must be one of customer, clerk/],
      [['--email=a@example.com'], /--role must be one of/],
      [['--role=admin'], /--email is missing/],
      [['--role=admin', '--email=ada'], /"ada" is not an e-mail/],
      [['--role=service', '--name=Sh\u202Eop'], /--name must not contain .* U\+202E/],
      [['--role=service', '--name=\u200D'], /--name must not be blank/],
    ]
    for (const [options, says] of wrong) {
      const { exitCode, lines } = await create(...options, '--json')
      assert.equal(exitCode, 2)
      assert.match(lines.join('\n'), says)
    }
  })

  test('refuses an e-mail that is taken', async ({ assert }) => {
    const email = newEmail('admin')
    await create(`--email=${email}`, '--role=admin', '--json')
    const { exitCode, lines } = await create(
      `--email=${email.toUpperCase()}`,
      '--role=clerk',
      '--json'
    )
    assert.equal(exitCode, 1)
    assert.match(lines.join('\n'), /An account with this e-mail address already exists/)
  })
})

/** Runs the command; `result` is its last line as JSON, null when that is none. */
async function create(...options: string[]) {
  const command = await ace.exec('accounts:create', options)
  const lines = command.logger.getLogs().map(({ message }) => message)
  command.logger.flushLogs()
  const last = lines.at(-1) ?? ''
  return { exitCode: command.exitCode, lines, result: last.startsWith('{') && JSON.parse(last) }
}
