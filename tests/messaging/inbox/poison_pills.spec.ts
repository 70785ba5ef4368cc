/*
 * A message that kills its process is found out, and stops no other.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import type { Message } from '#messaging/message/message'
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
} from '#tests/messaging/support/recording_consumer'

const DEADLY = 66

/** They end with their test, for nobody ends them. */
let dead: { consumer: ReturnType<typeof consumerOf>; end(): void }[] = []

test.group('A message that kills the process', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)
  group.each.teardown(() => {
    for (const { consumer, end } of dead) {
      consumer.stop()
      end()
    }
    dead = []
  })

  test('is dead-lettered after the fourth crash and blocks only its own key', async ({
    assert,
  }) => {
    const batch = deliveries([
      ...about('before', 1, 2),
      ...about('deadly', 1, DEADLY, 3),
      ...about('after', 1, 2),
    ])
    for (let death = 1; death <= 4; death++) {
      await processThatDies((consumer) => consumer.handle(batch, alive))
      assert.isEmpty(await deadLetters())
    }

    const consumer = consumerOf(mortal(() => assert.fail('it was handled a fifth time')))
    await consumer.handle(batch, alive)
    assert.deepEqual(await deadLettersOf('deadly'), [
      [DEADLY, 'failed'],
      [3, 'waiting'],
    ])
    const [{ error_class: error, attempts }] = await deadLetters()
    assert.deepEqual([error, attempts], ['ProcessDied', 4])
    assert.deepEqual(await numbersOf('before'), [1, 2])
    assert.deepEqual(await numbersOf('deadly'), [1])
    assert.deepEqual(await numbersOf('after'), [1, 2])
    assert.equal(await countOf('suspects'), 0)
  })

  test('does not affect a batch that contains another message twice', async ({ assert }) => {
    await processThatDies((consumer) => consumer.handle(deliveries(about('k', DEADLY)), alive))
    const [first, second] = about('twice', 1, 2)
    await consumerOf().handle(deliveries([first, second, first, second]), alive)
    assert.deepEqual(await numbersOf('twice'), [1, 2])
  })

  test('is told apart from messages whose partition was revoked', async ({ assert }) => {
    const batch = deliveries(about('k', 1, 2, 3))
    await processThatDies((consumer) => consumer.handle(deliveries(about('k', DEADLY)), alive))
    const lost = async () => {
      if ((await countOf('suspects')) > 0) throw new Error('the partition belongs to another now')
    }
    for (let times = 1; times <= 3; times++) {
      const consumer = consumerOf()
      await assert.rejects(() => consumer.handle(batch, lost), /belongs to another/)
    }
    await consumerOf().handle(batch, alive)
    assert.deepEqual(await numbersOf('k'), [1, 2, 3])
    assert.isEmpty(await deadLetters())
  })

  test('is told apart from a message in progress when the process was killed from outside', async ({
    assert,
  }) => {
    const batch = deliveries(about('k', 1, DEADLY))
    for (let death = 1; death <= 3; death++) {
      await processThatDies((consumer) => consumer.handle(batch, alive))
    }
    await consumerOf().handle(batch, alive)
    assert.deepEqual(await numbersOf('k'), [1, DEADLY])
    assert.isEmpty(await deadLetters())
  })

  test('stays suspected when its partition is revoked before it is tried', async ({ assert }) => {
    const batch = deliveries(about('k', 1, DEADLY))
    for (let death = 1; death <= 4; death++) {
      await processThatDies((consumer) => consumer.handle(batch, alive))
      let signs = 0
      const lostSoon = async () => {
        if (++signs > 2) throw new Error('the partition belongs to another now')
      }
      await assert.rejects(() => consumerOf().handle(batch, lostSoon), /belongs to another/)
    }
    await consumerOf(mortal(() => assert.fail('it was handled again'))).handle(batch, alive)
    assert.deepEqual(await deadLettersOf('k'), [[DEADLY, 'failed']])
  })

  test('leaves a heartbeat row; a clean stop and an idle consumer leave none', async ({
    assert,
  }) => {
    const consumer = consumerOf()
    await consumer.handle(deliveries(about('k', 1)), alive)
    assert.equal(await countOf('consumer_runs'), 1)
    await consumer.unregister()
    assert.equal(await countOf('consumer_runs'), 0)
  })
})

/** A handler that meets its end at the deadly message. */
function mortal(end: (trx: TransactionClientContract) => unknown) {
  return async (messages: Message<{ n: number }>[], trx: TransactionClientContract) => {
    if (messages.some(({ data }) => data.n === DEADLY)) await end(trx)
    await record(messages, trx)
  }
}

/**
 * A process that comes to the deadly message and no further: nothing of it is heard again, and the server
 * ends its transaction. A minute passes.
 */
async function processThatDies(work: (consumer: ReturnType<typeof consumerOf>) => Promise<void>) {
  await new Promise<void>((died, failed) => {
    const consumer: ReturnType<typeof consumerOf> = consumerOf(
      mortal(async (trx) => {
        const { rows } = await trx.rawQuery('select pg_backend_pid() as pid')
        await owner().rawQuery('select pg_terminate_backend(?, 5000)', [rows[0].pid])
        died()
        await new Promise((_, reject) =>
          dead.push({ consumer, end: () => reject(new Error('dead')) })
        )
      })
    )
    work(consumer).then(() => failed(new Error('it lived')), failed)
  })
  await db
    .connection('inventory')
    .rawQuery(`update consumer_runs set seen_at = seen_at - interval '1 minute'`)
}
