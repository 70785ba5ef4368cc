import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import DeadLettersAccept from '#messaging/commands/dead_letters/accept'
import { acceptFailures } from '#messaging/recovery/accept_failures'
import { operatorActions, recordAction } from '#messaging/recovery/operator_actions'
import {
  about,
  alive,
  consumerOf,
  createEffects,
  deadLetters,
  deliveries,
  emptyEffects,
  numbersOf,
  recordUnless,
} from '#tests/messaging/support/recording_consumer'
import { run } from '#tests/messaging/support/operator_terminal'
import { eventually } from '#tests/support/eventually'

const ADA = { who: 'Ada', why: 'sent by the old importer' }
const ACCEPT = ['--consumer=inventory', `--why=${ADA.why}`, '--as=Ada']

const inventory = () => db.connection('inventory')

/** One message that fails for each of so many keys. */
const failing = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => about(`${name}${index}`, -1)[0])

/** A consumer whose messages with negative numbers fail, and while it is paused all; it counts these trials. */
function failingConsumer() {
  let trials = 0
  const consumer = consumerOf(
    recordUnless((n) => {
      if (consumer.paused) trials++
      return (n < 0 || consumer.paused) && 'select 1 / 0'
    }),
    { pauseMs: 20 }
  )
  return { consumer, trials: () => trials }
}

/** Whether an operator at another terminal can see that the consumer is paused. */
const isReported = async () => (await inventory().from('worker_roles')).length > 0

test.group('An operator who accepts the failures of a paused consumer', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('lets it dead-letter what still fails, handle the rest of the batch, and continue', async ({
    assert,
  }) => {
    const { consumer } = failingConsumer()
    const handled = consumer.handle(
      deliveries([...failing('k', 45), ...about('good', 1), ...about('k44', 2)]),
      alive
    )
    await eventually('a pause', isReported)
    const unconfirmed = await run(DeadLettersAccept, ...ACCEPT)
    assert.equal(unconfirmed.exitCode, 2)
    assert.match(unconfirmed.printed, /Confirm with --yes/)
    const dry = await run(DeadLettersAccept, '--consumer=inventory', '--dry-run')
    assert.equal(dry.exitCode ?? 0, 0)
    assert.match(dry.printed, /inventory: paused/)
    assert.lengthOf(await deadLetters(), 19)
    assert.isEmpty(await operatorActions(inventory()))

    const done = await run(DeadLettersAccept, ...ACCEPT, '--yes', '--json')
    assert.equal(done.exitCode ?? 0, 0)
    assert.deepEqual(done.json.data, [{ consumer: 'inventory', finished: true, deadLettered: 26 }])
    await handled
    const letters = await deadLetters()
    assert.lengthOf(letters, 46)
    const failed = letters.filter(({ reason }) => reason === 'failed')
    assert.lengthOf(failed, 45)
    for (const { error_message: error } of failed) assert.match(error!, /division by zero/)
    assert.containSubset(letters, [{ key: 'k44', reason: 'waiting' }])
    assert.deepEqual(await numbersOf('good'), [1])
    assert.containSubset(await operatorActions(inventory()), [
      {
        ...{ act: 'accept', ...ADA, filter: { consumer: 'inventory' } },
        outcome: { finished: true, deadLettered: 26 },
      },
    ])

    await consumer.handle(deliveries([...failing('m', 19), ...about('good', 2)]), alive)
    assert.deepEqual(await numbersOf('good'), [1, 2])
    assert.lengthOf(await deadLetters(), 65)
    assert.isFalse(consumer.paused)
    assert.isFalse(await isReported())
  })

  test('accepts one pause: a later one lasts, also if an action from before it is open', async ({
    assert,
  }) => {
    const { consumer, trials } = failingConsumer()
    const first = consumer.handle(deliveries(failing('k', 20)), alive)
    await eventually('a pause', isReported)
    const accepted = await acceptFailures(inventory(), 'inventory', ADA)
    assert.deepEqual(accepted, { taken: true, finished: true, deadLettered: 1 })
    await first

    // As if the process of another operator had been killed while it waited.
    await recordAction(inventory(), 'accept', ADA, { consumer: 'inventory' })
    const before = trials()
    const second = consumer.handle(deliveries(failing('m', 20)), alive)
    let ended = false
    second.catch(() => {}).finally(() => (ended = true))
    await eventually('several trials, or an end', () => ended || trials() > before + 4)
    assert.isTrue(consumer.paused)
    assert.lengthOf(await deadLetters(), 39)
    consumer.stop()
    await assert.rejects(() => second, /was stopped/)
    assert.isFalse(await isReported())
  })

  test('accepts it once if another operator does the same at the same time', async ({ assert }) => {
    const { consumer } = failingConsumer()
    const handled = consumer.handle(deliveries(failing('k', 30)), alive)
    await eventually('a pause', isReported)
    const accepted = await Promise.all([
      acceptFailures(inventory(), 'inventory', ADA),
      acceptFailures(inventory(), 'inventory', { ...ADA, who: 'Eve' }),
    ])
    await handled
    assert.sameDeepMembers(accepted, [
      { taken: true, finished: true, deadLettered: 11 },
      { taken: false, finished: false, deadLettered: 0 },
    ])
    assert.lengthOf(await deadLetters(), 30)
    assert.sameDeepMembers(
      (await operatorActions(inventory())).map(({ outcome }) => outcome),
      [{ finished: true, deadLettered: 11 }, { withdrawn: true }]
    )
  })

  test('lets one of two processes continue whose consumers are both paused', async ({ assert }) => {
    const both = ['k', 'm'].map((name) => {
      const failed = failingConsumer()
      const handled = failed.consumer.handle(deliveries(failing(name, 20)), alive)
      handled.catch(() => {})
      return { ...failed, handled }
    })
    await eventually('two pauses', () => both.every(({ trials }) => trials() > 0))
    const { taken, deadLettered } = await acceptFailures(inventory(), 'inventory', ADA)
    assert.deepEqual([taken, deadLettered], [true, 1])
    const paused = both.filter(({ consumer }) => consumer.paused)
    assert.lengthOf(paused, 1)
    const [{ consumer, trials, handled }] = paused
    const before = trials()
    await eventually('more trials, or an end', () => !consumer.paused || trials() > before + 4)
    assert.isTrue(consumer.paused)
    assert.lengthOf(await deadLetters(), 39)
    consumer.stop()
    await assert.rejects(() => handled, /was stopped/)
  })

  test('withdraws the action if the process of the consumer does not answer', async ({
    assert,
  }) => {
    const pause = { role: 'paused consumer', seen_at: inventory().raw('clock_timestamp()') }
    await inventory().table('worker_roles').insert(pause)
    const accepted = await acceptFailures(inventory(), 'inventory', ADA, { waitMs: 1 })
    assert.isFalse(accepted.taken)
    assert.containSubset(await operatorActions(inventory()), [{ outcome: { withdrawn: true } }])
  })

  const wrong: [args: string[], exit: number, says: RegExp][] = [
    [['--consumer=inventory', '--why=x', '--yes'], 5, /inventory is not paused.*Nothing/],
    [['--consumer=inventory', '--dry-run'], 5, /inventory is not paused/],
    [['--consumer=inventory', '--yes'], 2, /Give a reason: --why/],
    [['--consumer=mail', '--why=x', '--yes'], 2, /Unknown consumer "mail".*orders, inventory/],
    [['--why=x', '--yes'], 2, /--consumer=orders/],
  ]
  test('gets exit code {1} for {0}')
    .with(wrong)
    .run(async ({ assert }, [args, exit, says]) => {
      const { exitCode, printed } = await run(DeadLettersAccept, ...args)
      assert.equal(exitCode, exit)
      assert.match(printed, says)
      assert.isEmpty(await operatorActions(inventory()))
    })
})
