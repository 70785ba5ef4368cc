import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { QueryResultRow } from 'pg'
import { isTransient } from '#postgres/errors'
import { failedStatement, run, transactionInTwoTrips, type Call } from '#postgres/run'
import { eventually } from '#tests/support/eventually'
import { somebodyWaits } from '#tests/support/connections/locks'

const owner = () => db.connection('orders_owner')
const orders = () => db.connection('orders')

const lock = { name: 'two_trips_lock', text: 'select id from two_trips where id = $1 for update' }
const read = { name: 'two_trips_read', text: 'select value from two_trips where id = $1' }
const write = { name: 'two_trips_write', text: 'update two_trips set value = $2 where id = $1' }
const wrong = { name: 'two_trips_wrong', text: 'select 1 / ($1 - 1)' }

const value = async () => (await owner().from('two_trips').firstOrFail()).value

test.group('A transaction in two round trips', (group) => {
  group.setup(async () => {
    await owner().rawQuery(
      'create table two_trips (id int primary key, value int unique deferrable initially deferred)'
    )
    await owner().rawQuery('grant select, insert, update on two_trips to orders_app')
    return async () => void (await owner().rawQuery('drop table two_trips'))
  })

  group.each.setup(async () => {
    await owner().rawQuery('truncate two_trips')
    await owner().table('two_trips').insert({ id: 1, value: 0 })
  })

  test('decides on what the holder of a lock committed', async ({ assert }) => {
    const holder = await owner().transaction()
    await holder.from('two_trips').where({ id: 1 }).update({ value: 20 })
    const done = transactionInTwoTrips(
      orders(),
      [
        [lock, [1]],
        [read, [1]],
      ],
      ([, [row]]) => [[write, [1, row.value + 1]]]
    )
    await eventually('the lock is waited for', somebodyWaits)
    await holder.commit()
    await done
    assert.equal(await value(), 21)
  })

  const failures: [what: string, first: Call[], decide: () => Call[], error: RegExp][] = [
    ['a read fails', [[wrong, [1]]], () => [[write, [1, 5]]], /division by zero/],
    [
      'a write fails',
      [[lock, [1]]],
      () => [
        [write, [1, 5]],
        [wrong, [1]],
      ],
      /division by zero/,
    ],
    [
      'the first of two writes fails',
      [],
      () => [
        [wrong, [1]],
        [write, [1, 5]],
      ],
      /division by zero/,
    ],
    [
      'the decision throws',
      [[lock, [1]]],
      () => {
        throw new Error('undecided')
      },
      /undecided/,
    ],
  ]
  for (const [what, first, decide, error] of failures) {
    test(`has no effect when ${what}, and leaves a usable connection`, async ({ assert }) => {
      for (let tries = 0; tries < 20; tries++) {
        await assert.rejects(() => transactionInTwoTrips(orders(), first, decide), error)
        assert.equal(await value(), 0)
        assert.deepEqual(await run<QueryResultRow>(orders(), read, [1]), [{ value: 0 }])
      }
    })
  }

  test('fails when its commit fails', async ({ assert }) => {
    await owner().table('two_trips').insert({ id: 2, value: 7 })
    const attempt = transactionInTwoTrips(orders(), [[lock, [1]]], () => [[write, [1, 7]]])
    const error = await attempt.catch((reason) => reason)
    assert.equal(error.code, '23505')
    assert.equal(failedStatement(error)?.name, 'commit')
    assert.equal((await owner().from('two_trips').where('id', 1).first()).value, 0)
  })

  test('tells which statement failed', async ({ assert }) => {
    const attempt = transactionInTwoTrips(orders(), [[lock, [1]]], () => [
      [write, [1, 5]],
      [wrong, [1]],
      [read, [1]],
    ])
    const error = await attempt.catch((reason) => reason)
    assert.equal(failedStatement(error), wrong)
  })

  test('ends with the SQLSTATE of its connection when PostgreSQL ends it', async ({ assert }) => {
    const limit = { name: 'two_trips_limit', text: `set local transaction_timeout = '50ms'` }
    const sleep = { name: 'two_trips_sleep', text: 'select pg_sleep(60)' }
    // The other connection has a limit already, whose timer a later one does not change.
    const attempt = transactionInTwoTrips(owner(), [[limit, []]], () => [
      [write, [1, 5]],
      [sleep, []],
    ])
    const error = await attempt.catch((reason) => reason)
    assert.equal(error.code, '25P04')
    assert.isTrue(isTransient(error))
    assert.equal(await value(), 0)
    assert.deepEqual(await run<QueryResultRow>(owner(), read, [1]), [{ value: 0 }])
  })
})
