import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { isTransient } from '#postgres/errors'
import { run } from '#postgres/run'

const owner = () => db.connection('orders_owner')
const orders = () => db.connection('orders')
const read = (name: string) => ({ name, text: 'select value from stale_plans' })

test.group('A prepared statement whose result types a migration changes', (group) => {
  group.each.setup(async () => {
    await owner().rawQuery('create table stale_plans (value int)')
    await owner().rawQuery('grant select on stale_plans to orders_app')
    await owner().table('stale_plans').insert({ value: 1 })
    return async () => void (await owner().rawQuery('drop table stale_plans'))
  })

  const migrate = (type: string) =>
    owner().rawQuery(`alter table stale_plans alter column value type ${type}`)

  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => null,
      (reason) => reason
    )
    if (!error) throw new Error('The statement did not fail.')
    return error
  }

  test('fails once with a transient error, and is then prepared again', async ({ assert }) => {
    const once = read('stale_plans_once')
    await run(orders(), once, [])
    await migrate('text')
    const error = await failure(run(orders(), once, []))
    assert.equal(error.code, '0A000')
    assert.isTrue(isTransient(error))
    assert.deepEqual(await run(orders(), once, []), [{ value: '1' }])
  })

  test('is prepared again after the transaction in which it failed', async ({ assert }) => {
    const inside = read('stale_plans_inside')
    const inTransaction = () => orders().transaction((trx) => run(trx, inside, []))
    await inTransaction()
    await migrate('text')
    assert.isTrue(isTransient(await failure(inTransaction())))
    assert.deepEqual(await inTransaction(), [{ value: '1' }])
  })

  test('has a SQLSTATE that is not transient for other errors', async ({ assert }) => {
    const elsewhere = {
      name: 'stale_plans_elsewhere',
      text: 'select from elsewhere.public.shelves',
    }
    const error = await failure(run(orders(), elsewhere, []))
    assert.equal(error.code, '0A000')
    assert.isFalse(isTransient(error))
  })
})
