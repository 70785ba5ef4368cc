import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import type { Message } from '#messaging/message/message'
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
  noted,
  numbersOf,
  createEffects,
  record,
  recordUnless,
} from '#tests/messaging/support/recording_consumer'
import { eventually } from '#tests/support/eventually'

const divideByZero = (trx: TransactionClientContract) => trx.rawQuery('select 1 / 0')

/** One message each of so many keys. */
const keys = (count: number, n = 1) =>
  Array.from({ length: count }, (_, index) => about(`k${index}`, n)[0])

/** A message of a known type with data that its schema refuses. */
const invalid = (key: string, n: unknown = 'many'): Message =>
  noted.about(key, { n } as { n: number })

test.group('A message that fails', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('in the middle of a batch of 500 blocks only later messages of its key', async ({
    assert,
  }) => {
    const messages = Array.from(
      { length: 500 },
      (_, index) => about(`k${index % 25}`, Math.floor(index / 25))[0]
    )
    const consumer = consumerOf(
      recordUnless((n, key) => key === 'k12' && n === 9 && 'select 1 / 0')
    )
    await consumer.handle(deliveries(messages), alive)

    const all = Array.from({ length: 20 }, (_, n) => n)
    for (let key = 0; key < 25; key++) {
      assert.deepEqual(await numbersOf(`k${key}`), key === 12 ? all.slice(0, 9) : all)
    }
    assert.deepEqual(await deadLettersOf('k12'), [
      [9, 'failed'],
      ...all.slice(10).map((n) => [n, 'waiting']),
    ])
    assert.lengthOf(await deadLetters(), 11)
    assert.equal(await countOf('inbox'), 500)
    assert.equal(await countOf('waiting_keys'), 1)
    assert.containSubset(consumer.counts, { handled: 489, dead: 11 })
    assert.isEmpty(consumer.warnings())
  })

  test('with data that violates its schema is dead-lettered immediately', async ({ assert }) => {
    const consumer = consumerOf()
    await consumer.handle(
      deliveries([...about('k', 1), invalid('k'), ...about('k', 3), ...about('j', 4)]),
      alive
    )
    const [failed, waiting] = await deadLetters()
    assert.containSubset(failed, { reason: 'failed', attempts: 1, error_class: 'ValidationError' })
    assert.match(failed.error_message!, /^n: .*must be a number$/)
    assert.containSubset(waiting, { reason: 'waiting', attempts: 0, error_class: null })
    assert.deepEqual([await numbersOf('k'), await numbersOf('j')], [[1], [4]])
  })

  test('with the SQLSTATE of {0} is dead-lettered immediately')
    .with([
      ['bad data', 'select 1 / 0'],
      ['bad text', `select 'x'::int`],
      ['a constraint', 'insert into inbox (consumer, message_id) values (null, null)'],
    ])
    .run(async ({ assert }, [, statement]) => {
      let calls = 0
      const consumer = consumerOf(
        recordUnless(() => {
          calls++
          return statement
        })
      )
      await consumer.handle(deliveries(about('k', 1)), alive)
      const [letter] = await deadLetters()
      assert.containSubset(letter, { reason: 'failed', attempts: 1, error_class: 'DatabaseError' })
      assert.equal(calls, 1)
    })

  test('with any other error is tried five times by itself', async ({ assert }) => {
    let alone = 0
    const consumer = consumerOf(async (messages, trx) => {
      if (messages.some(({ key }) => key === 'bad')) {
        if (messages.length === 1) alone++
        throw new TypeError('x is not a function')
      }
      await record(messages, trx)
    })
    await consumer.handle(
      deliveries([...about('good', 1), ...about('bad', 1), ...about('fine', 1)]),
      alive
    )
    const [letter, ...others] = await deadLetters()
    assert.containSubset(letter, { key: 'bad', attempts: 5, error_class: 'TypeError' })
    assert.isEmpty(others)
    assert.equal(alone, 5)
    assert.lengthOf(await effects(), 2)
  })

  test('twice and succeeds at the third try leaves no dead letter', async ({ assert }) => {
    let tries = 0
    const consumer = consumerOf(
      recordUnless(() => {
        // A number is the code of a DOMException, such as a time-out of fetch.
        if (++tries < 3) throw Object.assign(new Error('not yet'), { code: 23 })
      })
    )
    await consumer.handle(deliveries(about('k', 1)), alive)
    assert.equal(tries, 3)
    assert.isEmpty(await deadLetters())
    assert.deepEqual(await numbersOf('k'), [1])
  })

  test('is validated again from its original data before each attempt', async ({ assert }) => {
    let tries = 0
    const consumer = consumerOf(
      recordUnless(() => {
        if (++tries < 3) throw new Error('not yet')
      })
    )
    const dated = { n: 1, at: '2026-02-28' as unknown as Date }
    await consumer.handle(deliveries([noted.about('k', dated)]), alive)
    assert.isEmpty(await deadLetters())
    assert.deepEqual(await numbersOf('k'), [1])
  })
})

test.group('Consecutive failures', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('pause the consumer at the twentieth, in {0}, until the handler is fixed')
    .with([
      ['one batch', 20],
      ['batches of one', 1],
    ] as const)
    .run(async ({ assert }, [, size]) => {
      let broken = true
      const consumer = consumerOf(recordUnless(() => broken && 'select 1 / 0'))
      const batch = deliveries(keys(20))
      const handled = (async () => {
        for (let from = 0; from < 20; from += size) {
          await consumer.handle(batch.slice(from, from + size), alive)
        }
      })()
      await eventually('a pause', () => consumer.warnings().length > 0)
      assert.match(consumer.warnings()[0], /^consumer inventory: paused .*division by zero/)
      assert.lengthOf(await deadLetters(), 19)
      assert.isEmpty(await effects())

      broken = false
      await handled
      assert.isEmpty(consumer.warnings())
      assert.lengthOf(await deadLetters(), 19)
      assert.deepEqual(await numbersOf('k19'), [1])
    })

  test('no longer pause it after its partition is revoked', async ({ assert }) => {
    const consumer = consumerOf(recordUnless(() => 'select 1 / 0'))
    const handled = consumer.handle(deliveries(keys(20)), async () => {
      if (consumer.paused) throw new Error('the partition is elsewhere')
    })
    await assert.rejects(() => handled, 'the partition is elsewhere')
    assert.isFalse(consumer.paused)
  })

  test('of schema validation do not count: each message is dead-lettered, and the consumer does not pause', async ({
    assert,
  }) => {
    const consumer = consumerOf(recordUnless((n) => n < 0 && 'select 1 / 0'))
    const messages = keys(300).map(({ key }) => invalid(key))
    await consumer.handle(deliveries([...messages, ...about('good', 1)]), alive)
    assert.lengthOf(await deadLetters(), 300)
    assert.deepEqual(await numbersOf('good'), [1])

    // Nor do they end a row of failures that do count.
    const failing = Array.from({ length: 19 }, (_, n) => about(`f${n}`, -1)[0])
    await consumer.handle(deliveries(failing), alive)
    await consumer.handle(deliveries([invalid('other')]), alive)
    const handled = consumer.handle(deliveries(about('f20', -1)), alive)
    handled.catch(() => {})
    await eventually('a pause', () => consumer.paused)
    assert.lengthOf(await deadLetters(), 320)
    consumer.stop()
    await assert.rejects(() => handled)
  })

  test('make a paused consumer try one message at a time, until the first succeeds', async ({
    assert,
  }) => {
    const tried: string[][] = []
    let broken = true
    const consumer = consumerOf(
      async (messages, trx) => {
        if (consumer.paused) tried.push(messages.map(({ key }) => key))
        if (broken) await divideByZero(trx)
        await record(messages, trx)
      },
      { pauseMs: 20 }
    )
    const handled = consumer.handle(deliveries(keys(30)), alive)
    await eventually('every key has had its turn', () => tried.length >= 11)
    assert.lengthOf(await deadLetters(), 19)
    assert.isEmpty(await effects())
    assert.isTrue(consumer.paused)

    broken = false
    await handled
    const turns = Array.from({ length: 11 }, (_, index) => `k${19 + index}`)
    assert.deepEqual(
      tried.slice(0, 11),
      [...turns].map((key) => [key])
    )
    assert.lengthOf(await effects(), 11)
    assert.lengthOf(await deadLetters(), 19)
    assert.isFalse(consumer.paused)
    assert.isEmpty(consumer.warnings())
  })

  test('of a single message do not stop messages of other keys', async ({ assert }) => {
    const consumer = consumerOf(recordUnless((n) => n < 0 && 'select 1 / 0'))
    const messages = [...keys(25, -1), ...about('good', 1, 2)]
    await consumer.handle(deliveries(messages), alive)
    assert.deepEqual(await numbersOf('good'), [1, 2])
    assert.lengthOf(await deadLetters(), 25)
    assert.isEmpty(consumer.warnings())
  })

  test('below twenty do not pause the consumer, even if they occur twice', async ({ assert }) => {
    const consumer = consumerOf(recordUnless((n) => n < 0 && 'select 1 / 0'))
    await consumer.handle(deliveries(keys(19, -1)), alive)
    await consumer.handle(deliveries(about('good', 1)), alive)
    // Other keys: those of the first batch are blocked and would only wait.
    await consumer.handle(deliveries(keys(38, -1).slice(19)), alive)
    assert.lengthOf(await deadLetters(), 38)
    assert.deepEqual(await numbersOf('good'), [1])
    assert.isEmpty(consumer.warnings())
  })

  test('count once for a hundred messages that wait behind the first of their key', async ({
    assert,
  }) => {
    const consumer = consumerOf()
    const waiting = about('k', ...Array.from({ length: 100 }, (_, n) => n))
    await consumer.handle(deliveries([invalid('k'), ...waiting]), alive)
    assert.lengthOf(await deadLetters(), 101)
    assert.isEmpty(consumer.warnings())
  })

  test('are not required: failures of half a batch of 40 pause the consumer', async ({
    assert,
  }) => {
    let broken = true
    const consumer = consumerOf(
      recordUnless((n) => broken && n < 0 && 'select 1 / 0'),
      { pauseMs: 1_000 }
    )
    const messages = keys(40).map((message, index) =>
      index % 2 ? message : about(message.key, -1)[0]
    )
    const handled = consumer.handle(deliveries(messages), alive)
    await eventually('a pause', () => consumer.warnings().length > 0)
    assert.lengthOf(await deadLetters(), 19)

    broken = false
    await handled
    assert.isEmpty(consumer.warnings())
    assert.lengthOf(await effects(), 21)
  })

  test('are not required, but failures of half a batch of 38 do not pause the consumer', async ({
    assert,
  }) => {
    const consumer = consumerOf(recordUnless((n) => n < 0 && 'select 1 / 0'))
    const messages = keys(38).map((message, index) =>
      index % 2 ? message : about(message.key, -1)[0]
    )
    await consumer.handle(deliveries(messages), alive)
    assert.lengthOf(await deadLetters(), 19)
    assert.lengthOf(await effects(), 19)
  })
})
