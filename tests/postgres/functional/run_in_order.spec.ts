import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { run, runInOrder } from '#postgres/run'
import { eventually } from '#tests/support/eventually'
import { somebodyWaits } from '#tests/support/connections/locks'

const owner = () => db.connection('orders_owner')
const lock = { name: 'in_order_lock', text: 'select from in_order where id = $1 for update' }
const read = { name: 'in_order_read', text: 'select value from in_order where id = $1' }

test.group('Statements in order', (group) => {
  group.setup(async () => {
    await owner().rawQuery('create table in_order (id int primary key, value int)')
    await owner().rawQuery('grant select, update on in_order to orders_app')
    return async () => void (await owner().rawQuery('drop table in_order'))
  })

  group.each.setup(async () => {
    await owner().rawQuery('truncate in_order')
    await owner().table('in_order').insert({ id: 1, value: 0 })
  })

  test('read after a lock what the holder of the lock committed, in 20 tries', async ({
    assert,
  }) => {
    for (let value = 1; value <= 20; value++) {
      const holder = await owner().transaction()
      await holder.from('in_order').where({ id: 1 }).update({ value })
      const reading = db
        .connection('orders')
        .transaction((trx) =>
          runInOrder<[object, { value: number }]>(trx, [lock, [1]], [read, [1]])
        )
      await eventually('the lock is waited for', somebodyWaits)
      await holder.commit()
      const [, rows] = await reading
      assert.deepEqual(rows, [{ value }])
    }
  })

  test('wait for every statement, and throw the first error', async ({ assert, cleanup }) => {
    const wrong = {
      name: 'in_order_wrong',
      text: 'select 1 / (id - 1) from in_order where id = $1',
    }
    const trx = await db.connection('orders').transaction()
    cleanup(async () => void (trx.isCompleted || (await trx.rollback())))
    await assert.rejects(
      () => runInOrder(trx, [lock, [1]], [wrong, [1]], [read, [1]]),
      /division by zero/
    )
    await trx.rollback()
    assert.deepEqual(await runInOrder(db.connection('orders'), [read, [1]]), [[{ value: 0 }]])
  })

  test('a statement that fails has released its locks, on 50 tries', async ({ assert }) => {
    const failing = {
      name: 'in_order_failing',
      text: 'select pg_advisory_xact_lock(n), 1 / ($1 - n) from generate_series(1, $1) as n',
    }
    const tryLocks = {
      name: 'in_order_try_locks',
      text: 'select bool_and(pg_try_advisory_xact_lock(n)) as free from generate_series($1, 1, -1) as n',
    }
    const other = owner()
    for (let attempt = 1; attempt <= 50; attempt++) {
      await assert.rejects(() => run(db.connection('orders'), failing, [1_000]), /division by zero/)
      assert.deepEqual(await run(other, tryLocks, [1_000]), [{ free: true }])
    }
  })
})
