/*
 * Machine trouble is nobody's fault: nothing dead-letters, and the batch is handled when it is over.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import { run } from '#messaging/sql'
import {
  about,
  alive,
  consumerOf,
  countOf,
  deliveries,
  emptyLedger,
  letters,
  lettersOf,
  numbersOf,
  openLedger,
  owner,
  record,
  recordUnless,
  until,
} from '#tests/messaging/ledger_of_effects'

/** Troubles the handler with a statement of its own, as long as it is asked to. */
const statements: [trouble: string, trouble: (trx: TransactionClientContract) => unknown][] = [
  [
    'a statement that takes too long',
    async (trx) => {
      await trx.rawQuery(`set local statement_timeout = '20ms'`)
      await trx.rawQuery('select pg_sleep(5)')
    },
  ],
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

/** Troubles every consumer from outside, and ends it again. */
const circumstances: [trouble: string, begin: string, end: string][] = [
  [
    'a table that is missing',
    'alter table effects rename to effects_away',
    'alter table effects_away rename to effects',
  ],
  [
    'a column that is missing',
    'alter table effects rename body to body_away',
    'alter table effects rename body_away to body',
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
]

test.group('A batch outlives', (group) => {
  group.setup(openLedger)
  group.each.setup(emptyLedger)

  test('{0}')
    .with(statements)
    .run(async ({ assert }, [, trouble]) => {
      let lasts = true
      const consumer = consumerOf(async (messages, trx) => {
        await record(messages, trx)
        if (lasts) await trouble(trx)
      })
      const handled = consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
      await until(() => consumer.degraded().length > 0, 'degraded')
      assert.match(consumer.degraded()[0], /^consumer inventory: /)
      assert.isEmpty(await letters())
      assert.deepEqual(await numbersOf('k'), [])

      lasts = false
      await handled
      await assertHandled(assert, consumer)
    })

  test('{0}')
    .with(circumstances)
    .run(async ({ assert }, [, begin, end]) => {
      const consumer = consumerOf()
      await owner().rawQuery(begin)
      const handled = consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
      try {
        await until(() => consumer.degraded().length > 0, 'degraded')
        assert.isEmpty(await letters())
      } finally {
        await owner().rawQuery(end)
      }
      await handled
      await assertHandled(assert, consumer)
    })

  test('a lock that another holds', async ({ assert }) => {
    const consumer = consumerOf(async (messages, trx) => {
      await trx.rawQuery(`set local lock_timeout = '20ms'`)
      await record(messages, trx)
    })
    const other = await owner().transaction()
    await other.rawQuery('lock table effects in exclusive mode')
    const handled = consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    try {
      await until(() => consumer.degraded().length > 0, 'degraded')
      assert.include(consumer.degraded()[0], 'lock timeout')
    } finally {
      await other.rollback()
    }
    await handled
    await assertHandled(assert, consumer)
  })

  test('a deadlock, of which it is the victim', async ({ assert }) => {
    let tries = 0
    const other = await owner().transaction()
    await other.rawQuery('select pg_advisory_xact_lock(2)')
    const consumer = consumerOf(async (messages, trx) => {
      tries++
      await record(messages, trx)
      await trx.rawQuery('select pg_advisory_xact_lock(1)')
      await trx.rawQuery('select pg_advisory_xact_lock(2)')
    })
    const handled = consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    // Who waits first looks for a deadlock first, finds it, and gives way.
    await until(async () => {
      const { rows } = await owner().rawQuery(
        `select from pg_locks where locktype = 'advisory' and objid = 2 and not granted`
      )
      return rows.length > 0
    }, 'the handler waits')
    await other.rawQuery('select pg_advisory_xact_lock(1)')
    await other.commit()
    await handled
    assert.isAtLeast(tries, 2)
    await assertHandled(assert, consumer)
  })
})

test.group('A COMMIT that fails', (group) => {
  group.setup(openLedger)
  group.each.setup(emptyLedger)

  test('is no success: the batch is handled again', async ({ assert }) => {
    let tries = 0
    const consumer = consumerOf(async (messages, trx) => {
      await record(messages, trx)
      if (++tries === 1) await kill(trx)
    })
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    await assertHandled(assert, consumer)
  })
})

test.group('Without the table of dead letters', (group) => {
  group.setup(openLedger)
  group.each.setup(emptyLedger)
  group.each.setup(async () => {
    await owner().rawQuery('alter table dead_letters rename to letters_away')
  })

  const mendTable = () => owner().rawQuery('alter table letters_away rename to dead_letters')

  test('a message that fails is laid down as soon as there is one', async ({ assert }) => {
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
      await until(() => consumer.degraded().length > 0, 'degraded')
    } finally {
      await mendTable()
    }
    await handled
    assert.deepEqual(await lettersOf('k'), [
      [2, 'failed'],
      [3, 'waiting'],
    ])
    const [failed] = await letters()
    assert.equal(failed.attempts, 5)
    assert.equal(calls, 6, 'once with the other, five times alone')
    assert.isEmpty(consumer.degraded())
  })

  test('junk is laid down as soon as there is one', async ({ assert }) => {
    const consumer = consumerOf()
    const junk = deliveries(about('k', 1))
    junk[0].record.headers = {}
    const handled = consumer.handle(junk, alive)
    try {
      await until(() => consumer.degraded().length > 0, 'degraded')
    } finally {
      await mendTable()
    }
    await handled
    assert.lengthOf(await letters(), 1)
    assert.isEmpty(consumer.degraded())
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
  assert.deepEqual(await letters(), [])
  assert.deepEqual(consumer.degraded(), [])
  assert.deepEqual(await countOf('inbox'), 3)
  assert.deepEqual(await db.connection('inventory').from('waiting_keys'), [])
}
