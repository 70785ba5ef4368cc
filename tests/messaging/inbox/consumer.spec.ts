import { test } from '@japa/runner'
import { on } from '#messaging/inbox/subscription'
import { outbox } from '#messaging/outbox/outbox'
import {
  about,
  alive,
  consumerOf,
  countOf,
  deliveries,
  effects,
  emptyEffects,
  deadLetters,
  noted,
  noted2,
  numbersOf,
  createEffects,
  record,
} from '#tests/messaging/support/recording_consumer'
import { eventually } from '#tests/support/eventually'

/** The messages of seven keys, mixed; each key counts from zero. */
function mixed(length: number) {
  return Array.from({ length }, (_, index) => about(`k${index % 7}`, Math.floor(index / 7))[0])
}

test.group('A message', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('delivered twice in one batch has one effect', async ({ assert }) => {
    const consumer = consumerOf()
    const [first, second] = about('k', 1, 2)
    await consumer.handle(deliveries([first, second, first]), alive)
    assert.deepEqual(await numbersOf('k'), [1, 2])
    assert.containSubset(consumer.counts, { handled: 2, repeated: 1 })
  })

  test('delivered again in a later batch has one effect', async ({ assert }) => {
    const messages = about('k', 1, 2, 3)
    await consumerOf().handle(deliveries(messages.slice(0, 2)), alive)
    const another = consumerOf()
    await another.handle(deliveries(messages), alive)
    assert.deepEqual(await numbersOf('k'), [1, 2, 3])
    assert.containSubset(another.counts, { handled: 1, repeated: 2 })
  })

  test('is recognized by its id in upper or lower case', async ({ assert }) => {
    const [message] = about('k', 1)
    const copy = { ...message, id: message.id.toUpperCase() }
    await consumerOf().handle(deliveries([message, copy]), alive)
    await consumerOf().handle(deliveries([copy]), alive)
    assert.deepEqual(await numbersOf('k'), [1])
  })

  test('handled by two consumers at the same time has one effect, in the order of its key', async ({
    assert,
  }) => {
    for (let round = 0; round < 10; round++) {
      await emptyEffects()
      const messages = mixed(140)
      await Promise.all([
        consumerOf().handle(deliveries(messages), alive),
        consumerOf().handle(deliveries(messages), alive),
        consumerOf().handle(deliveries(messages.slice(0, 70)), alive),
      ])
      assert.lengthOf(await effects(), 140)
      assert.deepEqual(
        await numbersOf('k3'),
        Array.from({ length: 20 }, (_, n) => n)
      )
    }
  })

  test('is handled in the order of its key, within a batch and across batches', async ({
    assert,
  }) => {
    const consumer = consumerOf()
    const all = deliveries(mixed(210))
    for (let from = 0; from < all.length; from += 40) {
      await consumer.handle(all.slice(from, from + 40), alive)
    }
    for (let key = 0; key < 7; key++) {
      assert.deepEqual(
        await numbersOf(`k${key}`),
        Array.from({ length: 30 }, (_, n) => n)
      )
    }
  })

  test('without a subscription for its type and version is skipped, and can be handled later', async ({
    assert,
  }) => {
    const consumer = consumerOf()
    const later = noted2.about('k', { n: 1 })
    const foreign = { ...later, id: about('k', 0)[0].id, type: 'never_heard_of' }
    await consumer.handle(deliveries([later, foreign, ...about('k', 2)]), alive)
    assert.deepEqual(await numbersOf('k'), [2])
    assert.containSubset(consumer.counts, { handled: 1, skipped: 2, dead: 0 })
    assert.equal(await countOf('inbox'), 1)
    assert.isEmpty(await deadLetters())

    const newer = consumerOf(record, {
      subscriptions: [on<{ n: number }>([noted, noted2], record)],
    })
    await newer.handle(deliveries([later]), alive)
    assert.deepEqual(await numbersOf('k'), [2, 1])
  })
})

test.group('A batch', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('commits effects, inbox rows and replies together or not at all', async ({ assert }) => {
    let full = true
    const consumer = consumerOf(async (messages, trx) => {
      await record(messages, trx)
      await outbox.add(
        trx,
        messages.map(({ key, data }) => noted2.about(key, data))
      )
      if (full) await trx.rawQuery(`do $$ begin raise exception using errcode = '53100'; end $$`)
    })
    const handled = consumer.handle(deliveries(about('k', 1, 2)), alive)
    await eventually('a first try', () => consumer.counts.retried > 0)
    assert.deepEqual([await countOf('inbox'), await countOf('outbox')], [0, 0])
    assert.isEmpty(await effects())

    full = false
    await handled
    assert.deepEqual([await countOf('inbox'), await countOf('outbox')], [2, 2])
    assert.deepEqual(await numbersOf('k'), [1, 2])
  })

  test('is invisible before it commits', async ({ assert }) => {
    let seen = -1
    const consumer = consumerOf(async (messages, trx) => {
      await record(messages, trx)
      const [visible, admitted] = [await effects(), await countOf('inbox')]
      seen = visible.length + admitted
    })
    await consumer.handle(deliveries(about('k', 1)), alive)
    assert.equal(seen, 0)
    assert.equal(await countOf('inbox'), 1)
  })

  test('is dropped without a commit when its partition is revoked', async ({ assert }) => {
    const batch = deliveries(about('k', 1, 2))
    const junk = deliveries(about('k', 3)).map((delivery) => ({
      ...delivery,
      record: { ...delivery.record, headers: {} },
    }))
    const gone = async () => {
      throw new Error('the partition was given away')
    }
    await assert.rejects(() => consumerOf().handle(batch, gone), 'the partition was given away')
    await assert.rejects(() => consumerOf().handle(junk, gone), 'the partition was given away')
    assert.isEmpty(await effects())
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('inbox'), 0)

    await consumerOf().handle(batch, alive)
    assert.deepEqual(await numbersOf('k'), [1, 2])
  })

  test('that waits after a transient error is not tried again when the consumer stops', async ({
    assert,
  }) => {
    const consumer = consumerOf(async (_, trx) => {
      await trx.rawQuery(`do $$ begin raise exception using errcode = '53100'; end $$`)
    })
    const handled = consumer.handle(deliveries(about('k', 1)), alive)
    handled.catch(() => {})
    await eventually('a few tries', () => consumer.counts.retried > 4)
    const { retried } = consumer.counts
    consumer.stop()
    await assert.rejects(() => handled, 'consumer inventory was stopped')
    assert.equal(consumer.counts.retried, retried)
    assert.equal(await countOf('inbox'), 0)
    assert.isEmpty(await deadLetters())
  })

  test('held by a paused consumer does not wait for the end of the pause when the consumer stops', async ({
    assert,
  }) => {
    const broken = async () => {
      throw Object.assign(new Error('our bug'), { code: '22000' })
    }
    const consumer = consumerOf(broken, { pauseMs: 3_600_000 })
    const messages = Array.from({ length: 20 }, (_, index) => about(`k${index}`, 1)[0])
    const handled = consumer.handle(deliveries(messages), alive)
    handled.catch(() => {})
    await eventually('a pause', () => consumer.warnings().length > 0)
    consumer.stop()
    await assert.rejects(() => handled, 'consumer inventory was stopped')
  })
})
