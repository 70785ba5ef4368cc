/*
 * A time limit of the database: a batch that hits it is halved; a message that hits it alone is retried by
 * itself, and only the messages of its key wait for it.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import messaging from '#messaging/service'
import { retriedKeys } from '#messaging/inbox/blocked_keys'
import { MessagingFigures } from '#operations/metrics/messaging_figures'
import {
  about,
  alive,
  consumerOf,
  countOf,
  deliveries,
  effects,
  emptyEffects,
  deadLetters,
  deadLettersOf,
  numbersOf,
  createEffects,
  owner,
  record,
} from '#tests/messaging/support/recording_consumer'
import { eventually } from '#tests/support/eventually'

const inventory = () => db.connection('inventory')

const limits: [limit: string, hit: (trx: TransactionClientContract) => Promise<unknown>][] = [
  [
    'of a statement',
    async (trx) => {
      await trx.rawQuery(`set local statement_timeout = '20ms'`)
      await trx.rawQuery('select pg_sleep(5)')
    },
  ],
  [
    'of a lock',
    async (trx) => {
      const other = await owner().transaction()
      try {
        await other.rawQuery('lock table effects in access exclusive mode')
        await trx.rawQuery(`set local lock_timeout = '20ms'`)
        await trx.rawQuery('select from effects')
      } finally {
        await other.rollback()
      }
    },
  ],
  [
    'of a transaction',
    async (trx) => {
      // A timer that runs is not changed by a new limit.
      await trx.rawQuery('set local transaction_timeout = 0')
      await trx.rawQuery(`set local transaction_timeout = '50ms'`)
      await trx.rawQuery('select pg_sleep(5)')
    },
  ],
  [
    'of a transaction that is idle',
    async (trx) => {
      await trx.rawQuery(`set local idle_in_transaction_session_timeout = '20ms'`)
      await owner().rawQuery('select pg_sleep(0.2)')
      await trx.rawQuery('select 1')
    },
  ],
]

/** Hits the statement's limit with message `n` of key `k`, until it is told to end. */
function slow(n: number) {
  const [, hit] = limits[0]
  let lasts = true
  return {
    end: () => (lasts = false),
    handle: async (messages: Parameters<typeof record>[0], trx: TransactionClientContract) => {
      if (lasts && messages.some(({ key, data }) => key === 'k' && data.n === n)) await hit(trx)
      await record(messages, trx)
    },
  }
}

const makeDue = () =>
  owner().rawQuery('update waiting_keys set retry_at = now() where retry_at is not null')

test.group('A batch that hits the time limit', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('{0} is halved')
    .with(limits)
    .run(async ({ assert }, [, hit]) => {
      const sizes: number[] = []
      const consumer = consumerOf(async (messages, trx) => {
        sizes.push(messages.length)
        if (messages.length > 2) await hit(trx)
        await record(messages, trx)
      })
      await consumer.handle(deliveries(about('k', 1, 2, 3, 4, 5, 6, 7, 8)), alive)
      assert.deepEqual(sizes, [8, 4, 2, 2, 4, 2, 2])
      assert.deepEqual(await numbersOf('k'), [1, 2, 3, 4, 5, 6, 7, 8])
      assert.isEmpty(await deadLetters())
      assert.isEmpty(consumer.warnings())
    })

  test('is halved until it stays below the limit, with each key in order', async ({ assert }) => {
    const sizes: number[] = []
    const consumer = consumerOf(async (messages, trx) => {
      sizes.push(messages.length)
      if (messages.length > 2) await limits[0][1](trx)
      await record(messages, trx)
    })
    const numbers = Array.from({ length: 32 }, (_, n) => n)
    const messages = numbers.flatMap((n) => [...about('k', n), ...about('j', n)])
    await consumer.handle(deliveries(messages), alive)
    assert.deepEqual(sizes.slice(0, 7), [64, 32, 16, 8, 1, 3, 2], 'one alone after four limits')
    assert.deepEqual(await numbersOf('k'), numbers)
    assert.deepEqual(await numbersOf('j'), numbers)
    assert.isEmpty(await deadLetters())
    assert.isEmpty(consumer.warnings())
  })

  test('because of a table lock is reported after four attempts and not halved further', async ({
    assert,
  }) => {
    const sizes: number[] = []
    const consumer = consumerOf(async (messages, trx) => {
      sizes.push(messages.length)
      await trx.rawQuery(`set local lock_timeout = '20ms'`)
      await record(messages, trx)
    })
    const other = await owner().transaction()
    await other.rawQuery('lock table effects in access exclusive mode')
    const keys = Array.from({ length: 200 }, (_, n) => `k${n}`)
    const handled = consumer.handle(deliveries(keys.flatMap((key) => about(key, 1))), alive)
    try {
      await eventually('degraded', () => consumer.warnings().length > 0)
      assert.deepEqual(sizes, [200, 100, 50, 25])
      assert.match(consumer.warnings()[0], /^consumer inventory: .*lock timeout/)
      await eventually('one message after the other is tried', () => sizes.length >= 6)
      assert.deepEqual(sizes.slice(4, 6), [1, 1])
    } finally {
      await other.rollback()
    }
    await handled
    assert.equal((await effects()).length, 200)
    assert.isEmpty(await deadLetters())
    assert.isEmpty(consumer.warnings())
  })
})

test.group('A message that hits a time limit by itself', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('a few times is handled before the others of its key', async ({ assert }) => {
    const { handle, end } = slow(2)
    let tries = 0
    const consumer = consumerOf(async (messages, trx) => {
      if (messages.length === 1 && messages[0].data.n === 2 && ++tries === 3) end()
      await handle(messages, trx)
    })
    await consumer.handle(deliveries([...about('k', 1, 2, 3), ...about('j', 1, 2)]), alive)
    assert.deepEqual(await numbersOf('k'), [1, 2, 3])
    assert.deepEqual(await numbersOf('j'), [1, 2])
    // The other key did not wait for it.
    assert.deepEqual(
      (await effects()).map(({ key }) => key),
      ['k', 'j', 'j', 'k', 'k']
    )
    assert.isEmpty(await deadLetters())
  })

  test('five times is set aside: other keys continue, and readiness names it', async ({
    assert,
  }) => {
    const { handle } = slow(2)
    const consumer = consumerOf(handle)
    const [first, second, third] = about('k', 1, 2, 3)
    await consumer.handle(deliveries([first, second, third, ...about('j', 1)]), alive)
    await consumer.handle(deliveries([...about('k', 4), ...about('j', 2)]), alive)
    assert.deepEqual(await numbersOf('k'), [1])
    assert.deepEqual(await numbersOf('j'), [1, 2])
    assert.deepEqual(await deadLettersOf('k'), [
      [2, 'waiting'],
      [3, 'waiting'],
      [4, 'waiting'],
    ])
    const [held] = await retriedKeys(inventory(), 'inventory', 10)
    assert.containSubset(held, { key: 'k', messageId: second.id, tries: 5 })

    const figures = new MessagingFigures(messaging, 'inventory', inventory)
    await figures.read()
    const words = figures.warnings().join()
    assert.include(words, `consumer inventory: message ${second.id} hits a time limit, 5 tries`)
    assert.include(words, 'statement timeout')
  })

  test('is retried until it is handled, which frees its key', async ({ assert }) => {
    const { handle, end } = slow(2)
    const consumer = consumerOf(handle)
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    await makeDue()
    await consumer.blockedKeyRetries.poll()
    assert.containSubset(await retriedKeys(inventory(), 'inventory', 10), [{ key: 'k', tries: 6 }])
    assert.deepEqual(await numbersOf('k'), [1])
    await consumer.blockedKeyRetries.poll()
    assert.containSubset(
      await retriedKeys(inventory(), 'inventory', 10),
      [{ tries: 6 }],
      'it is not due'
    )

    end()
    await makeDue()
    await Promise.all([
      consumer.blockedKeyRetries.poll(),
      consumerOf(handle).blockedKeyRetries.poll(),
    ])
    assert.deepEqual(await numbersOf('k'), [1, 2, 3])
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('waiting_keys'), 0)
    await consumer.handle(deliveries(about('k', 4)), alive)
    assert.deepEqual(await numbersOf('k'), [1, 2, 3, 4])
  })

  test('and then fails permanently becomes a dead letter for an operator', async ({ assert }) => {
    let permanent = false
    const { handle, end } = slow(2)
    const consumer = consumerOf(async (messages, trx) => {
      if (permanent) await trx.rawQuery('select 1 / 0')
      await handle(messages, trx)
    })
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    permanent = true
    end()
    await makeDue()
    await consumer.blockedKeyRetries.poll()
    assert.deepEqual(await deadLettersOf('k'), [
      [2, 'failed'],
      [3, 'waiting'],
    ])
    assert.isEmpty(await retriedKeys(inventory(), 'inventory', 10))
    assert.equal(await countOf('waiting_keys'), 1)

    permanent = false
    assert.deepEqual(await consumer.redrive('k'), { handled: 2, unblocked: true })
    assert.deepEqual(await numbersOf('k'), [1, 2, 3])
  })
})

test.group('A statement that does not match the tables', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  const statements: [what: string, statement: string][] = [
    ['a table that no migration creates', 'select from nothing_here'],
    ['a column that no migration adds', 'select nothing_here from effects'],
    ['a function that does not exist', 'select nothing_here()'],
    ['a table that is not ours', 'select from orders.orders'],
    ['a syntax error', 'selekt 1'],
    ['a type that does not fit', 'select coalesce(1, true)'],
  ]

  test('{0} is a permanent error of its message')
    .with(statements)
    .run(async ({ assert }, [, statement]) => {
      let tries = 0
      const consumer = consumerOf(
        async (messages, trx) => {
          if (messages.some(({ key }) => key === 'bad') && ++tries) await trx.rawQuery(statement)
          await record(messages, trx)
        },
        { schemaDiffers: async () => false }
      )
      await consumer.handle(deliveries([...about('bad', 1), ...about('good', 1)]), alive)
      assert.deepEqual(await deadLettersOf('bad'), [[1, 'failed']])
      assert.deepEqual(await numbersOf('good'), [1])
      assert.equal(tries, 2, 'once with the other, once alone')
    })

  test('pauses the consumer when every message causes it', async ({ assert }) => {
    const consumer = consumerOf(async (_, trx) => {
      await trx.rawQuery('selekt 1')
    })
    const messages = Array.from({ length: 30 }, (_, n) => about(`k${n}`, 1)[0])
    const handled = consumer.handle(deliveries(messages), async () => {
      if (consumer.paused) throw new Error('it is paused')
    })
    await assert.rejects(() => handled, 'it is paused')
    assert.lengthOf(await deadLetters(), 19)
  })
})
