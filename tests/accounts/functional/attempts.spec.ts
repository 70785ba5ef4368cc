import { randomInt, randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient, ApiResponse } from '@japa/api-client'
import type { Assert } from '@japa/assert'
import { test } from '@japa/runner'
import { emptyShop, person } from '#tests/shop'

const password = 'a long password'
const WRONG = 'not the password'
const FIFTEEN_MINUTES = 15 * 60

const newEmail = () => `ada-${randomUUID().slice(0, 8)}@example.com`
const newAddress = () => `192.0.2.${randomInt(256)}`

/** POST /tokens, from this address. */
const logIn = (client: ApiClient, address: string, email: string, secret = password) =>
  client.post('/api/v1/tokens').header('x-forwarded-for', address).json({ email, password: secret })

const signUp = (client: ApiClient, address: string, email = newEmail()) =>
  client
    .post('/api/v1/accounts')
    .header('x-forwarded-for', address)
    .json({ email, password, name: 'Ada' })

const attempts = () => db.connection('accounts').from('attempts')

test.group('Whoever guesses a password', (group) => {
  let email: string
  let address: string

  group.each.setup(async () => {
    await emptyShop()
    email = (await person('customer', 'Ada')).email!
    address = newAddress()
  })

  async function fail(client: ApiClient, times: number, who = email, from = address) {
    for (let n = 0; n < times; n++) {
      const refused = await logIn(client, from, who, WRONG)
      refused.assertStatus(401)
    }
  }

  test('has ten attempts in a quarter of an hour; then the right one counts no more', async ({
    client,
    assert,
  }) => {
    await fail(client, 10)
    refusedForLong(assert, await logIn(client, address, email), 'too_many_attempts')
    refusedForLong(assert, await logIn(client, address, email.toUpperCase()), 'too_many_attempts')
  })

  test('learns nothing of who has an account', async ({ client, assert }) => {
    const nobody = newEmail()
    await fail(client, 10, nobody)
    refusedForLong(assert, await logIn(client, address, nobody), 'too_many_attempts')
  })

  test('keeps neither others at the same address out, nor the person at another one', async ({
    client,
  }) => {
    await fail(client, 10)
    const other = await person('customer', 'Bob')
    const colleague = await logIn(client, address, other.email!)
    colleague.assertStatus(201)
    const elsewhere = await logIn(client, '198.51.100.7', email)
    elsewhere.assertStatus(201)
  })

  test('and knows it begins anew', async ({ client }) => {
    await fail(client, 9)
    const known = await logIn(client, address, email)
    known.assertStatus(201)
    await fail(client, 10)
  })

  test('may go on when the time is over', async ({ client }) => {
    await fail(client, 10)
    await attempts().update({ expire: Date.now() - 1 })
    const later = await logIn(client, address, email)
    later.assertStatus(201)
  })

  test('gains nothing by sending all guesses at once', async ({ client, assert }) => {
    const guess = () => logIn(client, address, email, WRONG)
    const before = Array.from({ length: 20 }, guess)
    const right = logIn(client, address, email)
    const after = Array.from({ length: 10 }, guess)
    const statuses = (await Promise.all([...before, right, ...after])).map((one) => one.status())
    assert.equal(statuses.filter((status) => status === 401).length, 10)
    assert.notInclude(statuses, 201)
  })

  test('cannot go through all accounts from one address either', async ({ client, assert }) => {
    await fail(client, 1, newEmail())
    await attempts().update({ points: 98 }).where('points', 1)
    await fail(client, 2, newEmail())
    refusedForLong(assert, await logIn(client, address, email), 'too_many_attempts')
    const elsewhere = await logIn(client, '198.51.100.7', email)
    elsewhere.assertStatus(201)
    // An account of one's own would open the address again.
    refusedForLong(assert, await logIn(client, address, email), 'too_many_attempts')
  })

  test('has one IPv6 network, not 2^64 addresses', async ({ client, assert }) => {
    for (let n = 1; n <= 10; n++) await fail(client, 1, email, `2001:db8:0:7::${n}`)
    const last = await logIn(client, '2001:DB8::7:ffff:0:0:1', email)
    refusedForLong(assert, last, 'too_many_attempts')
    const neighbour = await logIn(client, '2001:db8:0:8::1', email)
    neighbour.assertStatus(201)
  })

  test('cannot choose an address: only a proxy that is trusted may name one', async ({
    client,
    assert,
  }) => {
    for (let n = 0; n < 10; n++) await fail(client, 1, email, `203.0.113.${n}, ${address}`)
    const last = await logIn(client, `203.0.113.99, ${address}`, email)
    refusedForLong(assert, last, 'too_many_attempts')
    const behindTwo = await logIn(client, `${address}, 10.1.2.3`, email)
    refusedForLong(assert, behindTwo, 'too_many_attempts')
  })

  test('is not written down: the rows name neither e-mail nor address', async ({
    client,
    assert,
  }) => {
    await fail(client, 1)
    const rows = JSON.stringify(await attempts())
    assert.notInclude(rows, email)
    assert.notInclude(rows, address)
  })
})

test.group('An address from which accounts are made', (group) => {
  group.each.setup(emptyShop)

  test('makes a thousand an hour at most, taken e-mails included', async ({ client, assert }) => {
    const email = newEmail()
    const first = await signUp(client, '192.0.2.1', email)
    first.assertStatus(201)
    await attempts().update({ points: 998 })
    const taken = await signUp(client, '192.0.2.1', email)
    taken.assertStatus(409)
    const last = await signUp(client, '192.0.2.1')
    last.assertStatus(201)
    const refused = await signUp(client, '192.0.2.1')
    refused.assertStatus(429)
    assert.equal(refused.body().code, 'too_many_sign_ups')
    assert.isAbove(Number(refused.header('retry-after')), 3_500)
    const elsewhere = await signUp(client, '192.0.2.2')
    elsewhere.assertStatus(201)
  })
})

function refusedForLong(assert: Assert, refused: ApiResponse, code: string) {
  refused.assertStatus(429)
  assert.equal(refused.body().code, code)
  const seconds = Number(refused.header('retry-after'))
  assert.isAbove(seconds, FIFTEEN_MINUTES - 60)
  assert.isAtMost(seconds, FIFTEEN_MINUTES)
}
