/*
 * Transient errors: nothing is dead-lettered, and the batch is handled when they are over.
 */
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import { schemaCheck } from '#database/schema_check'
import { run } from '#postgres/run'
import {
  about,
  alive,
  consumerOf,
  countOf,
  deliveries,
  emptyEffects,
  deadLetters,
  deadLettersOf,
  numbersOf,
  createEffects,
  owner,
  record,
  recordUnless,
} from '#tests/messaging/support/recording_consumer'
import { somebodyWaits } from '#tests/support/connections/locks'
import { eventually } from '#tests/support/eventually'

/** Troubles the handler with a statement of its own, as long as it is asked to. */
const statements: [trouble: string, trouble: (trx: TransactionClientContract) => unknown][] = [
  [
    'a disk that is full',
    (trx) => trx.rawQuery(`do $$ begin raise exception using errcode = '53100'; end $$`),
  ],
  [
    'a database that can only be read',
    async (trx) => {
      await trx.rawQuery('set transaction read only')
      await trx.rawQuery(`insert into effects (key) values ('k')`)
    },
  ],
  [
    'a connection that is killed between two statements',
    async (trx) => {
      await kill(trx)
      await trx.rawQuery('select 1')
    },
  ],
  [
    'a connection that is killed between two prepared statements',
    async (trx) => {
      await kill(trx)
      await run(trx, { name: 'trouble', text: 'select 1' }, [])
    },
  ],
  [
    'a connection that is killed in the middle of a statement',
    (trx) => Promise.all([kill(trx), trx.rawQuery('select pg_sleep(4)')]),
  ],
]

/** As before the last migration, which has something to add. */
const MIGRATION_AWAY = `update adonis_schema set name = 'away ' || name where id = (select max(id) from adonis_schema);`
const MIGRATION_BACK = `update adonis_schema set name = substr(name, 6) where name like 'away %';`

/** Troubles every consumer from outside, and ends it again. */
const circumstances: [trouble: string, begin: string, end: string][] = [
  [
    'a table that a pending migration creates',
    `${MIGRATION_AWAY} alter table effects rename to effects_away`,
    `alter table effects_away rename to effects; ${MIGRATION_BACK}`,
  ],
  [
    'a column that a pending migration adds',
    `${MIGRATION_AWAY} alter table effects rename body to body_away`,
    `alter table effects rename body_away to body; ${MIGRATION_BACK}`,
  ],
  [
    'a permission that is missing',
    'revoke insert on effects from inventory_app',
    'grant insert on effects to inventory_app',
  ],
  [
    'an inbox that is missing',
    'alter table inbox rename to inbox_away',
    'alter table inbox_away rename to inbox',
  ],
  [
    'an inbox with a constraint that refuses it',
    'alter table inbox add constraint nothing_more check (false)',
    'alter table inbox drop constraint nothing_more',
  ],
]

test.group('A batch survives', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('{0}')
    .with(statements)
    .run(async ({ assert }, [, trouble]) => {
      let lasts = true
      const consumer = consumerOf(async (messages, trx) => {
        await record(messages, trx)
        if (lasts) await trouble(trx)
      })
      const handled = consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
      await eventually('degraded', () => consumer.warnings().length > 0)
      assert.match(consumer.warnings()[0], /^consumer inventory: /)
      assert.isEmpty(await deadLetters())
      assert.deepEqual(await numbersOf('k'), [])

      lasts = false
      await handled
      await assertHandled(assert, consumer)
    })

  test('{0}')
    .with(circumstances)
    .run(async ({ assert }, [, begin, end]) => {
      const differs = schemaCheck(app, db, logger)
      const consumer = consumerOf(record, { schemaDiffers: () => differs('inventory') })
      await owner().rawQuery(begin)
      const handled = consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
      try {
        await eventually('degraded', () => consumer.warnings().length > 0)
        assert.isEmpty(await deadLetters())
      } finally {
        await owner().rawQuery(end)
      }
      await handled
      await assertHandled(assert, consumer)
    })

  test('a missing permission, which is logged once', async ({ assert }) => {
    const logged: object[] = []
    const log = { warn: (fields: object, event: string) => logged.push({ ...fields, event }) }
    const differs = schemaCheck(app, db, log, { freshMs: 0 })
    assert.isFalse(await differs('inventory'))
    await owner().rawQuery('revoke insert on effects from inventory_app')
    try {
      assert.isTrue(await differs('inventory'))
      assert.isTrue(await differs('inventory'))
    } finally {
      await owner().rawQuery('grant insert on effects to inventory_app')
    }
    assert.isFalse(await differs('inventory'))
    assert.deepEqual(logged, [
      { module: 'inventory', differs: ['a grant on effects is missing'], event: 'schema differs' },
    ])
  })

  test('a foreign table in its schema, which needs no grants', async ({ assert }) => {
    await owner().rawQuery('create role somebody_else')
    await owner().rawQuery('create table notes_of_an_administrator (note text)')
    try {
      await owner().rawQuery('alter table notes_of_an_administrator owner to somebody_else')
      await owner().rawQuery('revoke all on notes_of_an_administrator from inventory_app')
      const differs = schemaCheck(app, db, logger)
      assert.isFalse(await differs('inventory'))
    } finally {
      await owner().rawQuery('drop table notes_of_an_administrator')
      await owner().rawQuery('drop role somebody_else')
    }
  })

  test('a deadlock', async ({ assert, cleanup }) => {
    let tries = 0
    const other = await owner().transaction()
    cleanup(() => (other.isCompleted ? undefined : other.rollback()))
    await other.rawQuery('select pg_advisory_xact_lock(2)')
    // The other one never looks for a deadlock, so the handler finds it and gives way.
    await other.rawQuery(`set local deadlock_timeout = '1h'`)
    let locked: Promise<unknown> | undefined
    const consumer = consumerOf(async (messages, trx) => {
      await record(messages, trx)
      await trx.rawQuery('select pg_advisory_xact_lock(1)')
      if (++tries === 1) {
        locked = other.rawQuery('select pg_advisory_xact_lock(1)').then(() => other.commit())
        await eventually('the other waits', somebodyWaits)
      }
      await trx.rawQuery('select pg_advisory_xact_lock(2)')
    })
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    await locked
    assert.equal(tries, 2)
    await assertHandled(assert, consumer)
  })
})

test.group('A COMMIT that fails', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('is not a success: the batch is handled again', async ({ assert }) => {
    let tries = 0
    const consumer = consumerOf(async (messages, trx) => {
      await record(messages, trx)
      if (++tries === 1) await kill(trx)
    })
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    await assertHandled(assert, consumer)
  })
})

test.group('Without the table dead_letters', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)
  group.each.setup(async () => {
    await owner().rawQuery('alter table dead_letters rename to letters_away')
  })

  const mendTable = () => owner().rawQuery('alter table letters_away rename to dead_letters')

  test('a message that fails is dead-lettered once the table is back', async ({ assert }) => {
    let calls = 0
    const consumer = consumerOf(
      recordUnless((n) => {
        if (n === 2) calls++
        if (n === 2) throw new Error('no')
      })
    )
    const handled = consumer.handle(deliveries(about('k', 2, 3)), alive)
    handled.catch(() => {})
    try {
      await eventually('degraded', () => consumer.warnings().length > 0)
    } finally {
      await mendTable()
    }
    await handled
    assert.deepEqual(await deadLettersOf('k'), [
      [2, 'failed'],
      [3, 'waiting'],
    ])
    const [failed] = await deadLetters()
    assert.equal(failed.attempts, 5)
    assert.equal(calls, 6, 'once with the other, five times alone')
    assert.isEmpty(consumer.warnings())
  })

  test('a malformed record is dead-lettered once the table is back', async ({ assert }) => {
    const consumer = consumerOf()
    const junk = deliveries(about('k', 1))
    junk[0].record.headers = {}
    const handled = consumer.handle(junk, alive)
    try {
      await eventually('degraded', () => consumer.warnings().length > 0)
    } finally {
      await mendTable()
    }
    await handled
    assert.lengthOf(await deadLetters(), 1)
    assert.isEmpty(consumer.warnings())
  })
})

/** Ends the connection of a transaction, as a server does that shuts down. */
async function kill(trx: TransactionClientContract) {
  const { rows } = await trx.rawQuery<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid')
  await owner().rawQuery('select pg_terminate_backend(?, 5000)', [rows[0].pid])
}

async function assertHandled(
  assert: { deepEqual(actual: unknown, expected: unknown): void },
  consumer: ReturnType<typeof consumerOf>
) {
  assert.deepEqual(await numbersOf('k'), [1, 2, 3])
  assert.deepEqual(await deadLetters(), [])
  assert.deepEqual(consumer.warnings(), [])
  assert.deepEqual(await countOf('inbox'), 3)
  assert.deepEqual(await db.connection('inventory').from('waiting_keys'), [])
}
