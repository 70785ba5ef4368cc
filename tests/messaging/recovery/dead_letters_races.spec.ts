import { test } from '@japa/runner'
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
  recordUnless,
} from '#tests/messaging/support/recording_consumer'
import { eventually } from '#tests/support/eventually'

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** A new one each round, for it would pause at the twentieth failure in a row. */
const poisoned = () => consumerOf(recordUnless((n) => n === 1 && 'select 1 / 0'))

test.group('A race', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('between a redrive and new messages of its key keeps their order', async ({ assert }) => {
    for (let round = 0; round < 40; round++) {
      const key = `k${round}`
      await poisoned().handle(deliveries(about(key, ...numbers(1, 5))), alive)
      assert.lengthOf(await deadLettersOf(key), 5)

      const consumer = consumerOf()
      const redriven = Array.from({ length: 1 + (round % 2) }, () => consumerOf().redrive(key))
      for (let n = 6; n <= 15; n += 1 + (round % 3)) {
        const batch = about(key, ...numbers(n, Math.min(15, n + (round % 3))))
        await consumer.handle(deliveries([...batch, ...about('other', n)]), alive)
      }
      await Promise.all(redriven)
      assert.containSubset(await consumer.redrive(key), { unblocked: true })
      assert.deepEqual(await numbersOf(key), numbers(1, 15))
    }
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('waiting_keys'), 0)
  })

  test('between two redrives of one key handles each dead letter once, in order', async ({
    assert,
  }) => {
    for (let round = 0; round < 20; round++) {
      const key = `k${round}`
      await poisoned().handle(deliveries(about(key, ...numbers(1, 8))), alive)
      const [one, other] = await Promise.all([consumerOf().redrive(key), consumerOf().redrive(key)])
      assert.equal(one.handled + other.handled, 8)
      assert.isTrue(one.unblocked && other.unblocked)
      assert.deepEqual(await numbersOf(key), numbers(1, 8))
      assert.isEmpty(await deadLetters())
    }
  })

  test('between a redrive that finds nothing and a failing message leaves the key blocked', async ({
    assert,
    cleanup,
  }) => {
    // Another process dead-letters a message between the redrive's last read and its commit.
    const other = await owner().transaction()
    cleanup(() => (other.isCompleted ? undefined : other.rollback()))
    await other.rawQuery('lock table waiting_keys in share mode')
    await other.rawQuery(
      `insert into dead_letters (consumer, reason, topic, key, value, headers, attempts)
       values ('inventory', 'failed', 'orders', 'k', '{}', '{}', 1)`
    )
    await other.rawQuery(`insert into waiting_keys (consumer, key) values ('inventory', 'k')`)
    let ended = false
    const redriven = consumerOf()
      .redrive('k')
      .finally(() => (ended = true))
    await eventually('the redrive has looked', async () => {
      const { rows } = await other.rawQuery(
        `select from pg_locks where relation = 'waiting_keys'::regclass and not granted`
      )
      return ended || rows.length > 0
    })
    await other.commit()
    assert.deepEqual(await redriven, { handled: 0, unblocked: true })
    assert.equal(await countOf('waiting_keys'), 1)
  })

  test('between many redrives and failing messages never leaves dead letters on a free key', async ({
    assert,
  }) => {
    for (let round = 0; round < 60; round++) {
      const key = `k${round}`
      await Promise.all([
        consumerOf().redrive(key),
        poisoned().handle(deliveries(about(key, 0, 1, 2, 3)), alive),
        consumerOf().redrive(key),
      ])
      const left = await deadLetters()
      assert.equal(await countOf('waiting_keys'), left.length > 0 ? 1 : 0)
      await consumerOf().redrive(key)
      assert.deepEqual(await numbersOf(key), [0, 1, 2, 3])
      assert.isEmpty(await deadLetters())
    }
  })

  test('between two consumers during dead-lettering duplicates nothing', async ({ assert }) => {
    for (let round = 0; round < 15; round++) {
      await emptyEffects()
      const batch = deliveries(
        numbers(0, 59).map((index) => about(`k${index % 6}`, Math.floor(index / 6))[0])
      )
      const handler = recordUnless((n, key) => key === 'k2' && n === 4 && 'select 1 / 0')
      const old = consumerOf(handler)
      const young = consumerOf(handler)
      await Promise.all([
        old.handle(batch, alive),
        // The one that takes over begins at different moments of the other's work.
        eventually('the other is at work', () => old.counts.retried >= round % 8).then(() =>
          young.handle(batch, alive)
        ),
      ])
      assert.lengthOf(await effects(), 54)
      for (const key of [0, 1, 3, 4, 5]) {
        assert.deepEqual(await numbersOf(`k${key}`), numbers(0, 9))
      }
      assert.deepEqual(await numbersOf('k2'), numbers(0, 3))
      assert.deepEqual(await deadLettersOf('k2'), [
        [4, 'failed'],
        ...numbers(5, 9).map((n) => [n, 'waiting']),
      ])
      assert.lengthOf(await deadLetters(), 6)
      assert.equal(old.counts.dead + young.counts.dead, 6)
      assert.equal(old.counts.handled + young.counts.handled, 54)
    }
  })
})
