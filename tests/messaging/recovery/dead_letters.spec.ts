import { test } from '@japa/runner'
import { handleWithin } from '#messaging/inbox/subscription'
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
  record,
  recordUnless,
} from '#tests/messaging/support/recording_consumer'
import { eventually } from '#tests/support/eventually'

/** A handler that refuses some numbers, until it is told otherwise. */
function refusing(...numbers: number[]) {
  const refused = new Set(numbers)
  const handler = recordUnless((n) => refused.has(n) && 'select 1 / 0')
  return { handler, mend: () => refused.clear(), refuse: (n: number) => refused.add(n) }
}

const attempts = async () => {
  const all = await deadLetters()
  return all.map((letter) => letter.attempts)
}

test.group('Dead letters', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('are redriven in the order of their key', async ({ assert }) => {
    const { handler, mend } = refusing(2)
    const consumer = consumerOf(handler)
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    await consumer.handle(deliveries(about('k', 4)), alive)
    await consumer.handle(deliveries(about('k', 5, 6)), alive)
    assert.deepEqual(await deadLettersOf('k'), [
      [2, 'failed'],
      [3, 'waiting'],
      [4, 'waiting'],
      [5, 'waiting'],
      [6, 'waiting'],
    ])

    mend()
    assert.deepEqual(await consumer.redrive('k'), { handled: 5, unblocked: true })
    assert.deepEqual(await numbersOf('k'), [1, 2, 3, 4, 5, 6])
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('waiting_keys'), 0)

    await consumer.handle(deliveries(about('k', 7)), alive)
    assert.deepEqual(await numbersOf('k'), [1, 2, 3, 4, 5, 6, 7])
  })

  test('that fail again with an error text that PostgreSQL cannot store are kept', async ({
    assert,
  }) => {
    const consumer = consumerOf(
      recordUnless(() => {
        throw new Error('it says \u0000, and more')
      })
    )
    await consumer.handle(deliveries(about('k', 1)), alive)
    assert.deepEqual(await consumer.redrive('k'), { handled: 0, unblocked: false })
    const [letter] = await deadLetters()
    assert.equal(letter.error_message, 'it says \uFFFD, and more')
  })

  test('that fail again stay first with one more attempt, and their key stays blocked', async ({
    assert,
  }) => {
    const consumer = consumerOf(refusing(2).handler)
    await consumer.handle(deliveries(about('k', 1, 2, 3)), alive)
    assert.deepEqual(await consumer.redrive('k'), { handled: 0, unblocked: false })
    assert.deepEqual(await consumer.redrive('k'), { handled: 0, unblocked: false })
    const [first] = await deadLetters()
    assert.containSubset(first, { reason: 'failed', attempts: 3, error_class: 'DatabaseError' })

    await consumer.handle(deliveries(about('k', 4)), alive)
    assert.deepEqual(await deadLettersOf('k'), [
      [2, 'failed'],
      [3, 'waiting'],
      [4, 'waiting'],
    ])
    assert.deepEqual(await numbersOf('k'), [1])
  })

  test('are handled up to the next failure', async ({ assert }) => {
    const { handler, mend, refuse } = refusing(1)
    const consumer = consumerOf(handler)
    await consumer.handle(deliveries(about('k', 1, 2, 3, 4)), alive)
    mend()
    refuse(3)
    assert.deepEqual(await consumer.redrive('k'), { handled: 2, unblocked: false })
    assert.deepEqual(await deadLettersOf('k'), [
      [3, 'failed'],
      [4, 'waiting'],
    ])
    assert.deepEqual(await attempts(), [1, 0])
  })

  test('keep their content unchanged', async ({ assert }) => {
    const { handler, mend } = refusing(1)
    const consumer = consumerOf(async (messages, trx) => {
      await handleWithin(trx, handler, messages)
      traces.push(...messages.map(({ headers }) => headers.traceparent))
    })
    const traces: string[] = []
    const [message] = about('k', 1)
    message.headers = { traceparent: '00-\\u0000-Grüße 茶' }
    const [delivery] = deliveries([message])
    delivery.record.value = Buffer.from(String.raw`{"n":1,"x":"a\u0000b \\u0000 茶"}`)
    await consumer.handle([delivery], alive)
    const [letter] = await deadLetters()
    assert.equal(letter.value, delivery.record.value.toString())

    mend()
    await consumer.redrive('k')
    const [effect] = await effects()
    assert.equal(effect.message_id, message.id)
    assert.lengthOf(traces, 1)
  })

  test('do not exist for a malformed record’s key: a redrive finds it free', async ({ assert }) => {
    assert.deepEqual(await consumerOf().redrive('k'), { handled: 0, unblocked: true })
    const junk = deliveries(about('k', 1))
    junk[0].record.headers = {}
    await consumerOf().handle(junk, alive)
    assert.deepEqual(await consumerOf().redrive('k'), { handled: 0, unblocked: true })
    assert.lengthOf(await deadLetters(), 1)
  })

  test('do not delay other keys, not even during a redrive', async ({ assert }) => {
    const consumer = consumerOf(refusing(1).handler)
    await consumer.handle(deliveries([...about('k', 1, 2), ...about('j', 7)]), alive)

    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    let inside = false
    const slow = consumerOf(async (messages, trx) => {
      inside = true
      await gate
      await record(messages, trx)
    })
    const redriven = slow.redrive('k')
    await eventually('the redrive has begun', () => inside)
    let overtook = false
    const later = consumerOf()
      .handle(deliveries(about('k', 3)), alive)
      .then(() => (overtook = !(inside && released)))
    let released = false
    await consumerOf().handle(deliveries(about('j', 8, 9)), alive)
    assert.deepEqual(await numbersOf('j'), [7, 8, 9])

    released = true
    go()
    assert.containSubset(await redriven, { unblocked: true })
    await later
    assert.isFalse(overtook)
    assert.deepEqual(await numbersOf('k'), [1, 2, 3])
  })

  test('are unchanged by transient errors', async ({ assert }) => {
    const { handler, mend } = refusing(1)
    const consumer = consumerOf(handler)
    await consumer.handle(deliveries(about('k', 1, 2)), alive)
    const before = await deadLetters()
    const full = consumerOf(async (_, trx) => {
      await trx.rawQuery(`do $$ begin raise exception using errcode = '53100'; end $$`)
    })
    await assert.rejects(() => full.redrive('k'))
    assert.deepEqual(await deadLetters(), before)

    mend()
    assert.deepEqual(await consumer.redrive('k'), { handled: 2, unblocked: true })
  })
})
