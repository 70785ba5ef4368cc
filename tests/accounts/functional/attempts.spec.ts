import { randomInt, randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient, ApiResponse } from '@japa/api-client'
import { test } from '@japa/runner'
import { logInAttemptsSlowed } from '#accounts/sign_in/metrics'
import { withHashPermit } from '#accounts/sign_in/password_hashing'
import { PlainDesk } from '#tests/support/desk'
import { emptyShop, person } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'

const password = 'a long password'
const WRONG = 'not the password'
/** At least this long takes an attempt that is slowed most. */
const SLOW_MS = 1_900

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

/** The response, the milliseconds it took, and how many attempts were slowed meanwhile. */
async function timed(request: PromiseLike<ApiResponse>) {
  const slowedBefore = await slowedSoFar()
  const began = performance.now()
  const response = await request
  const took = performance.now() - began
  return { response, took, slowed: (await slowedSoFar()) - slowedBefore }
}

async function slowedSoFar() {
  const { values } = await logInAttemptsSlowed.get()
  return values[0].value
}

test.group('Wrong passwords', (group) => {
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

  /** As if the account, and the address, had failed as often as that together; one failure is made. */
  async function failures(client: ApiClient, count: number, who = email, from = address) {
    await fail(client, 1, who, from)
    await attempts().update({ points: count })
  }

  test('slow an account after the tenth, from anywhere, and never lock it', async ({
    client,
    assert,
  }) => {
    for (let n = 0; n < 10; n++) await fail(client, 1, email, `198.51.100.${n}`)
    const first = await timed(logIn(client, '203.0.113.1', email.toUpperCase(), WRONG))
    first.response.assertStatus(401)
    assert.isAtLeast(first.took, 240)
    await attempts().where('points', '>', 5).update({ points: 1_000 })
    const right = await timed(logIn(client, '203.0.113.2', email))
    right.response.assertStatus(201)
    assert.isAtLeast(right.took, SLOW_MS)
    const next = await timed(logIn(client, '203.0.113.2', email))
    next.response.assertStatus(201)
    assert.equal(next.slowed, 0, 'the right password has ended it')
  })

  test('do not reveal who has an account', async ({ client, assert }) => {
    const nobody = newEmail()
    await failures(client, 50, nobody)
    const { response, took } = await timed(logIn(client, newAddress(), nobody, WRONG))
    response.assertStatus(401)
    assert.isAtLeast(took, SLOW_MS)
  })

  test('slow everyone at an address after the hundredth, and lock nobody out', async ({
    client,
    assert,
  }) => {
    await failures(client, 1_000, newEmail())
    const bob = await person('admin', 'Bob')
    const here = await Promise.all([
      timed(logIn(client, address, email)),
      timed(logIn(client, address, bob.email!)),
    ])
    for (const { response, took } of here) {
      response.assertStatus(201)
      assert.isAtLeast(took, SLOW_MS)
    }
    const again = await timed(logIn(client, address, email))
    assert.isAtLeast(again.took, SLOW_MS, 'an account of one’s own does not clear the address')
    const elsewhere = await timed(logIn(client, '198.51.100.7', email))
    elsewhere.response.assertStatus(201)
    assert.equal(elsewhere.slowed, 0)
  })

  test('count for an IPv6 network, not for each of its 2^64 addresses', async ({
    client,
    assert,
  }) => {
    await failures(client, 200, newEmail(), '2001:db8:0:7::1')
    const last = await timed(logIn(client, '2001:DB8::7:ffff:0:0:1', email))
    assert.isAtLeast(last.took, SLOW_MS)
    const neighbour = await timed(logIn(client, '2001:db8:0:8::1', email))
    assert.equal(neighbour.slowed, 0)
  })

  test('count for the address reported by a trusted proxy, whatever the client claims', async ({
    client,
    assert,
  }) => {
    await failures(client, 200, newEmail(), `203.0.113.1, ${address}`)
    for (const forwarded of [`203.0.113.99, ${address}`, `${address}, 10.1.2.3`]) {
      const { took } = await timed(logIn(client, forwarded, email))
      assert.isAtLeast(took, SLOW_MS, forwarded)
    }
  })

  test('are forgotten after a quarter of an hour', async ({ client, assert }) => {
    await failures(client, 1_000)
    await attempts().update({ expire: Date.now() - 1 })
    const { response, slowed } = await timed(logIn(client, address, email))
    response.assertStatus(201)
    assert.equal(slowed, 0)
  })

  test('sent at the same time are slowed after the tenth, and the owner can still sign in', async ({
    client,
    assert,
  }) => {
    const guesses = Array.from({ length: 30 }, () => timed(logIn(client, address, email, WRONG)))
    const others = await person('clerk', 'Carl')
    const elsewhere = await timed(logIn(client, '198.51.100.7', email))
    elsewhere.response.assertStatus(201)
    const colleague = await logIn(client, address, others.email!)
    colleague.assertStatus(201)
    const answers = await Promise.all(guesses)
    for (const { response } of answers) response.assertStatus(401)
    assert.isAtLeast(answers.filter(({ took }) => took >= SLOW_MS).length, 15)
  })

  test('from the owner’s address do not lock the owner out', async ({ client, assert }) => {
    await failures(client, 50)
    let isOver = false
    const guessOn = async () => {
      while (!isOver) await logIn(client, address, email, WRONG)
    }
    const flood = Promise.all(Array.from({ length: 40 }, guessOn))
    const statuses: number[] = []
    while (!statuses.includes(201) && statuses.length < 5) {
      const owner = await logIn(client, address, email)
      statuses.push(owner.status())
    }
    isOver = true
    await flood
    assert.include(statuses, 201)
  })

  test('are stored without e-mail or address', async ({ client, assert }) => {
    await fail(client, 1)
    const rows = JSON.stringify(await attempts())
    assert.notInclude(rows, email)
    assert.notInclude(rows, address)
  })
})

test.group('Password checks', (group) => {
  group.each.setup(emptyShop)

  test('do not wait for the database while they hold a permit', async ({ client, assert }) => {
    const [ada, bob] = await Promise.all([person('customer', 'Ada'), person('customer', 'Bob')])
    await logIn(client, '192.0.2.1', ada.email!, WRONG)
    const locked = await db.connection('accounts').transaction()
    await locked.from('attempts').forUpdate()
    const stuck = Array.from({ length: 3 }, () =>
      logIn(client, '192.0.2.1', ada.email!, WRONG).then((one) => one)
    )
    await eventually('two wait for the database', async () => {
      const { rows } = await locked.rawQuery('select count(*) from pg_locks where not granted')
      return rows[0].count >= 2
    })
    const first = await Promise.race([...stuck, logIn(client, '192.0.2.2', bob.email!)])
    await locked.rollback()
    first.assertStatus(201)
    for (const response of await Promise.all(stuck)) response.assertStatus(401)
    assert.equal(first.body().account.email, bob.email)
  })

  /** Keeps the turns until it is called, while as many others wait, each from a network of its own. */
  async function busyWith(others: number) {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const busy = [1, 2].map((n) => withHashPermit(`busy ${n}`, () => released))
    for (let n = 0; n < others; n++) busy.push(withHashPermit(`waiting ${n}`, async () => {}))
    return async () => {
      release()
      await Promise.all(busy)
    }
  }

  test('beyond the permits are refused with 503 and Retry-After', async ({ client, assert }) => {
    const { email } = await person('customer', 'Ada')
    const end = await busyWith(499)
    const sent = [1, 2].map(() => logIn(client, '192.0.2.1', email!).then((one) => one))
    const first = await Promise.race(sent)
    await end()
    first.assertStatus(503)
    assert.equal(first.body().code, 'temporarily_unavailable')
    assert.equal(first.header('retry-after'), '2')
    const statuses = (await Promise.all(sent)).map((one) => one.status())
    assert.sameMembers(statuses, [201, 503])
  })

  test('beyond the permits are explained on the sign-in page', async ({ assert }) => {
    const carl = await person('clerk', 'Carl')
    const end = await busyWith(499)
    const sent = [1, 2].map(() => new PlainDesk().signIn(carl))
    const first = await Promise.race(sent)
    await end()
    assert.equal(first.status, 503)
    assert.include(first.text, 'is checking too many passwords')
    await Promise.all(sent)
  })

  test('beyond the share of one network are refused with 429', async ({ client, assert }) => {
    const { email } = await person('customer', 'Ada')
    const end = await busyWith(490)
    const sent = Array.from({ length: 11 }, () =>
      logIn(client, '192.0.2.1', email!).then((one) => one)
    )
    const first = await Promise.race(sent)
    await end()
    first.assertStatus(429)
    assert.equal(first.body().code, 'too_many_attempts')
    assert.equal(first.header('retry-after'), '2')
    await Promise.all(sent)
  })
})

test.group('Sign-ups from one address', (group) => {
  group.each.setup(emptyShop)

  test('are limited to a thousand an hour, including taken e-mails', async ({ client, assert }) => {
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
