import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import MessagingActs from '#messaging/commands/messaging_acts'
import OutboxReplays from '#messaging/commands/outbox_replays'
import { recordAction } from '#messaging/recovery/operator_actions'
import { planReplay } from '#messaging/recovery/replay_plan'
import { runReplay, startReplay } from '#messaging/recovery/replay'
import { directConnection } from '#config/database'
import { run } from '#tests/messaging/support/operator_terminal'
import { commit, message, orders } from '#tests/messaging/support/orders_outbox'
import { emptyShop } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

async function replayed(who: string, why: string) {
  const direct = directConnection('orders')
  const plan = (await planReplay(direct, { key: 'k' }))!
  return startReplay(orders(), plan, { key: 'k' }, { who, why })
}

test.group('Operator actions', (group) => {
  group.each.setup(() => emptyShop())

  test('lists who, when and why for one module or all, without payloads', async ({ assert }) => {
    const letters = [{ id: 7, key: 'k', type: 'order_placed', value: 'of a customer' }]
    const ada = { who: 'Ada', why: 'a test order' }
    const first = await recordAction(orders(), 'discard', ada, { id: 7 }, { letters })
    const second = await recordAction(inventory(), 'read', { who: 'Eve', why: null }, { id: 8 })

    const all = await run(MessagingActs, '--json')
    assert.equal(all.exitCode, 0)
    assert.containSubset(all.json.data, [
      { id: second, module: 'inventory', act: 'read', who: 'Eve', why: null, filter: { id: 8 } },
      { id: first, module: 'orders', act: 'discard', ...ada, outcome: { letters: [{ id: 7 }] } },
    ])
    assert.deepEqual(idsOf(all), [second, first])
    assert.notInclude(all.printed, 'of a customer')
    assert.deepEqual(idsOf(await run(MessagingActs, '--module=orders', '--json')), [first])
    const { printed } = await run(MessagingActs)
    assert.match(printed, /orders: discard by Ada: a test order\n.*letters \(7 .*k/)
    assert.notInclude(printed, 'of a customer')
  })

  test('is paged, with each act of both modules once', async ({ assert }) => {
    const ids: string[] = []
    for (let n = 0; n < 60; n++) {
      const module = n % 3 === 0 ? orders() : inventory()
      ids.unshift(await recordAction(module, 'unpark', { who: 'Ada', why: null }, { n }))
    }
    const first = await run(MessagingActs, '--json')
    assert.deepEqual(idsOf(first), ids.slice(0, 50))
    const next = await run(MessagingActs, `--before=${ids[49]}`, '--json')
    assert.deepEqual(idsOf(next), ids.slice(50))
    assert.include((await run(MessagingActs)).printed, `More: --before=${ids[49]}`)
  })

  test('includes replays with their progress and how to continue', async ({ assert }) => {
    await commit(message('k'), message('k'))
    await orders().from('outbox').update({ published_at: new Date() })
    const done = await replayed('Ada', 'the ERP lost its disk')
    await runReplay(orders(), directConnection('orders'), done, { rate: 1_000 })
    const open = await replayed('Eve', 'so did the shop')
    const listed = await run(OutboxReplays, '--json')
    assert.equal(listed.exitCode, 0)
    assert.deepEqual(idsOf(listed), [open.id, done.id])
    assert.containSubset(listed.json.data, [
      { module: 'orders', who: 'Eve', replayed: 0, matched: 2, finishedAt: null },
      { module: 'orders', who: 'Ada', why: 'the ERP lost its disk', replayed: 2, matched: 2 },
    ])
    assert.deepEqual(idsOf(await run(OutboxReplays, `--before=${open.id}`, '--json')), [done.id])
    const { printed } = await run(OutboxReplays)
    assert.match(printed, /by Eve: so did the shop\n.*for key k: 0 of 2 messages, not finished/)
  })

  test('is empty without any act', async ({ assert }) => {
    for (const command of [MessagingActs, OutboxReplays]) {
      const { exitCode, json } = await run(command, '--json')
      assert.deepEqual([exitCode, json], [0, { data: [] }])
    }
  })

  test('refuses an unknown module or entry: {0} exits 2')
    .with([
      ['--module=mail', /Unknown module "mail"/],
      ['--before=17', /--before is "17".*UUID/],
    ] as const)
    .run(async ({ assert }, [flag, says]) => {
      for (const command of [MessagingActs, OutboxReplays]) {
        const { exitCode, printed } = await run(command, flag)
        assert.equal(exitCode, 2)
        assert.match(printed, says)
      }
    })

  test('is documented: the help of each command has an example', ({ assert }) => {
    for (const { help, commandName } of [MessagingActs, OutboxReplays]) {
      assert.include(help.join('\n'), `Example: node ace ${commandName}`)
    }
  })
})

function idsOf({ json }: { json: { data: { id: string }[] } }) {
  return json.data.map(({ id }) => id)
}
