import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { tokenDays } from '#config/auth'
import { emptyShop, person } from '#tests/support/shop'

const ACCOUNTS = '/api/v1/accounts'
const TOKENS = '/api/v1/tokens'
const password = 'correct horse'
const newEmail = () => `ada-${randomUUID().slice(0, 8)}@example.com`

const signUp = (client: ApiClient, more: object) =>
  client.post(ACCOUNTS).json({ email: newEmail(), password, name: 'Ada', ...more })
const logIn = (client: ApiClient, email: string, secret = password) =>
  client.post(TOKENS).json({ email, password: secret })
const me = (client: ApiClient, token: string) => client.get(`${ACCOUNTS}/me`).bearerToken(token)

test.group('Signing up', (group) => {
  group.setup(emptyShop)

  test('creates a customer', async ({ client, assert }) => {
    const email = newEmail()
    const signedUp = await signUp(client, { email })
    signedUp.assertStatus(201)
    const { id, ...account } = signedUp.body()
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.deepEqual(account, { email, name: 'Ada', role: 'customer' })
  })

  test('creates customers only: a role in the body is an unknown field', async ({
    client,
    assert,
  }) => {
    const email = newEmail()
    const refused = await signUp(client, { email, role: 'admin' })
    refused.assertStatus(422)
    assert.containSubset(refused.body().errors, [{ pointer: '/role', code: 'unknown_field' }])
    assert.isNull(await accountRow(email))
  })

  test('treats composed and decomposed letters as equal, except in the password', async ({
    client,
    assert,
  }) => {
    const name = 'Jürgen Größe'
    const email = 'juergen-7@example.com'
    const secret = 'ein langes Paßwört'.normalize('NFD')
    const made = await client
      .post('/api/v1/accounts')
      .json({ email, name: name.normalize('NFD'), password: secret })
    made.assertStatus(201)
    assert.equal(made.body().name, name)
    const signIn = await client.post('/api/v1/tokens').json({ email, password: secret })
    signIn.assertStatus(201)
    const otherBytes = await client
      .post('/api/v1/tokens')
      .json({ email, password: secret.normalize('NFC') })
    otherBytes.assertStatus(401)
  })

  test('needs an unused e-mail, in any case', async ({ client, assert }) => {
    const email = newEmail()
    await signUp(client, { email })
    const again = await signUp(client, { email: email.toUpperCase() })
    again.assertStatus(409)
    assert.equal(again.body().code, 'email_taken')
    assert.notInclude(again.text(), 'duplicate key')
  })

  test('with one e-mail twice at the same time creates one account', async ({ client, assert }) => {
    const email = newEmail()
    const answers = await Promise.all([signUp(client, { email }), signUp(client, { email })])
    assert.sameMembers(
      answers.map((answer) => answer.status()),
      [201, 409]
    )
  })

  test('needs a password of 10 to 200 characters, a name and an e-mail', async ({
    client,
    assert,
  }) => {
    const wrong: [object, string][] = [
      [{ password: 'nine char' }, '/password'],
      [{ password: 'x'.repeat(201) }, '/password'],
      [{ password: null }, '/password'],
      [{ password: 1_234_567_890 }, '/password'],
      [{ name: '' }, '/name'],
      [{ name: 'A\0da' }, '/name'],
      [{ email: 'ada' }, '/email'],
      [{ email: '' }, '/email'],
      [{ email: `${'a'.repeat(250)}@example.com` }, '/email'],
    ]
    for (const [more, pointer] of wrong) {
      const refused = await signUp(client, more)
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, pointer)
    }
  })

  test('keeps the password as a hash only', async ({ client, assert }) => {
    const email = newEmail()
    const signedUp = await signUp(client, { email })
    assert.notProperty(signedUp.body(), 'password')
    const row = await accountRow(email)
    assert.match(row.password, /^\$scrypt\$/)
    assert.notInclude(row.password, password)
  })
})

test.group('Logging in', (group) => {
  group.setup(emptyShop)

  test('issues a token for the configured number of days', async ({ client, assert }) => {
    const email = newEmail()
    const signedUp = await signUp(client, { email })
    const loggedIn = await logIn(client, email.toUpperCase())
    loggedIn.assertStatus(201)
    const { token, expiresAt, account } = loggedIn.body()
    assert.deepEqual(account, signedUp.body())
    const days = (Date.parse(expiresAt) - Date.now()) / (24 * 60 * 60 * 1_000)
    assert.closeTo(days, tokenDays, 0.001)
    const asked = await me(client, token)
    asked.assertStatus(200)
    assert.deepEqual(asked.body(), account)
  })

  test('stores the token hashed', async ({ client, assert }) => {
    const email = newEmail()
    await signUp(client, { email })
    const loggedIn = await logIn(client, email)
    const { token, account } = loggedIn.body()
    const rows = await tokensOf(account.id)
    assert.lengthOf(rows, 1)
    const [, secret] = token.split('.')
    const plain = Buffer.from(secret, 'base64url').toString()
    for (const text of [token, secret, plain]) assert.notInclude(JSON.stringify(rows), text)
    assert.match(rows[0].hash, /^[0-9a-f]{64}$/)
  })

  test('gives the same response to a wrong password and an unknown e-mail', async ({
    client,
    assert,
  }) => {
    const email = newEmail()
    await signUp(client, { email })
    const answers = await Promise.all([
      logIn(client, email, 'wrong horse'),
      logIn(client, newEmail()),
    ])
    for (const answer of answers) {
      answer.assertStatus(401)
      assert.equal(answer.body().code, 'wrong_credentials')
      assert.match(answer.header('www-authenticate')!, /^Bearer/)
    }
    const [wrong, unknown] = answers.map((answer) => ({ ...answer.body(), requestId: null }))
    assert.deepEqual(wrong, unknown)
  })

  test('is not possible for a service, which has no password', async ({ client }) => {
    const service = await person('service', 'shop')
    await db
      .connection('accounts')
      .from('accounts')
      .where('id', service.id)
      .update({ email: 'shop@example.com' })
    const refused = await logIn(client, 'shop@example.com', 'a long password')
    refused.assertStatus(401)
  })

  test('needs only an e-mail and a password', async ({ client, assert }) => {
    const refused = await client.post(TOKENS).json({ email: newEmail(), password, days: 999 })
    refused.assertStatus(422)
    assert.equal(refused.body().errors[0].pointer, '/days')
    const empty = await client.post(TOKENS)
    empty.assertStatus(422)
  })
})

test.group('A token that expires', (group) => {
  group.setup(emptyShop)

  test('is refused from its expiry on, even while its look-up is cached', async ({ client }) => {
    const { token } = await person('customer')
    const expiresAt = Date.now() + 3_000
    await db
      .connection('accounts')
      .from('access_tokens')
      .update({ expires_at: new Date(expiresAt) })
    const before = await me(client, token)
    before.assertStatus(200)
    // The event is the moment itself.
    await sleep(expiresAt - Date.now() + 1)
    const after = await me(client, token)
    after.assertStatus(401)
  })
})

test.group('Logging out', (group) => {
  group.setup(emptyShop)

  test('revokes this token immediately, and no other', async ({ client, assert }) => {
    const email = newEmail()
    await signUp(client, { email })
    const here = await logIn(client, email)
    const there = await logIn(client, email)
    for (const { token } of [here.body(), there.body()]) {
      const known = await me(client, token)
      known.assertStatus(200)
    }
    const loggedOut = await client.delete(`${TOKENS}/current`).bearerToken(here.body().token)
    loggedOut.assertStatus(204)
    assert.equal(loggedOut.text(), '')
    const after = await me(client, here.body().token)
    after.assertStatus(401)
    assert.equal(after.body().code, 'token_invalid')
    const other = await me(client, there.body().token)
    other.assertStatus(200)
    assert.lengthOf(await tokensOf(here.body().account.id), 1)
  })

  test('needs a token', async ({ client }) => {
    const refused = await client.delete(`${TOKENS}/current`)
    refused.assertStatus(401)
  })
})

async function accountRow(email: string) {
  return db.connection('accounts').from('accounts').where('email', email).first()
}

async function tokensOf(id: string) {
  return db.connection('accounts').from('access_tokens').where('tokenable_id', id)
}

test.group('A log-out', (group) => {
  group.setup(emptyShop)

  test('takes effect immediately, even for a request that arrives during it', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const accounts = db.connection('accounts')
    const hers = () => accounts.from('access_tokens').where('tokenable_id', ada.id)
    // It keeps the row from being deleted, and nobody from reading it.
    const trx = await accounts.transaction()
    await trx.rawQuery('select from access_tokens where tokenable_id = ? for key share', [ada.id])
    const leaving = client.delete(`${TOKENS}/current`).bearerToken(ada.token).send()
    for (let waits = false; !waits;) {
      const { rows } = await trx.rawQuery('select from pg_locks where not granted limit 1')
      waits = rows.length > 0
    }
    ;(await me(client, ada.token)).assertStatus(200)
    await trx.commit()
    ;(await leaving).assertStatus(204)
    assert.isEmpty(await hers())
    ;(await me(client, ada.token)).assertStatus(401)
  })
})
