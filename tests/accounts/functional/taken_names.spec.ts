import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { invite } from '#accounts/people/invite'
import { addService, addServiceToken } from '#accounts/people/services'
import { emptyShop, post, person, priced } from '#tests/support/shop'
import { testDataDir } from '#tests/support/runner/environment'

const accounts = () => db.connection('accounts')

/** What the server logs while `work` runs. */
async function loggedDuring(work: () => Promise<unknown>): Promise<string> {
  const log = await open(`${testDataDir}/postgres.log`)
  try {
    const { size: from } = await log.stat()
    await work()
    // Log lines are in order: this error comes after those of `work`.
    const end = randomUUID()
    await accounts()
      .rawQuery('select ?::int', [end])
      .catch(() => {})
    for (;;) {
      const { size: to } = await log.stat()
      const { buffer } = await log.read(Buffer.alloc(to - from), 0, to - from, from)
      const [text, after] = buffer.toString().split(end)
      if (after !== undefined) return text.slice(0, text.lastIndexOf('\n') + 1)
    }
  } finally {
    await log.close()
  }
}

/** A server of `TEST_DATABASE_URL` writes its log elsewhere. */
if (!process.env.TEST_DATABASE_URL) {
  test.group('The log of PostgreSQL has no error', (group) => {
    group.setup(emptyShop)

    test('and no address when an e-mail address is taken', async ({ client, assert }) => {
      const email = `ada-${randomUUID()}@example.com`
      const signUp = () =>
        client.post('/api/v1/accounts').json({ email, password: 'correct horse', name: 'Ada' })
      const invited = () =>
        accounts().transaction((trx) =>
          invite(trx, { email: `maren-${email}`, name: 'Maren', role: 'clerk' })
        )
      ;(await signUp()).assertStatus(201)
      await invited()
      const logged = await loggedDuring(async () => {
        const again = await signUp()
        assert.deepEqual([again.status(), again.body().code], [409, 'email_taken'])
        await assert.rejects(invited, /already invited/)
      })
      assert.notInclude(logged, email)
      assert.notInclude(logged, 'duplicate key')
    })

    test('when a service has a token of the name', async ({ assert }) => {
      const { id } = await accounts().transaction((trx) => addService(trx, 'shop'))
      await addServiceToken(id, 'production')
      const logged = await loggedDuring(async () => {
        await assert.rejects(() => addServiceToken(id, 'production'), /already has a token/)
      })
      assert.notInclude(logged, 'duplicate key')
    })

    test('when an Idempotency-Key is repeated', async ({ client, assert }) => {
      await priced('MUG')
      const ada = await person('customer', 'Ada')
      const key = randomUUID()
      const place = () => post(client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] }, key)
      const { id } = (await place()).body()
      const logged = await loggedDuring(async () => {
        for (const again of await Promise.all([place(), place(), place()])) {
          assert.include([202, 409], again.status())
          if (again.status() === 202) assert.equal(again.body().id, id)
        }
      })
      assert.notInclude(logged, 'ERROR')
    })
  })
}
