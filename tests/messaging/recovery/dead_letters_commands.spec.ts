import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { Client } from 'pg'
import { uuidv7 } from 'uuidv7'
import { directConnection } from '#config/database'
import { orderPlaced } from '#contracts/messages/orders'
import DeadLettersDiscard from '#messaging/commands/dead_letters/discard'
import DeadLettersList from '#messaging/commands/dead_letters/list'
import DeadLettersRedrive from '#messaging/commands/dead_letters/redrive'
import DeadLettersShow from '#messaging/commands/dead_letters/show'
import { deadLetterGroups } from '#messaging/recovery/dead_letter_queries'
import { operatorActions } from '#messaging/recovery/operator_actions'
import messaging from '#messaging/service'
import { countOf, deadLetters } from '#tests/messaging/support/recording_consumer'
import {
  invalidOrder,
  malformedRecord,
  onceMalformedRecords,
  timedOutOrder,
  blockedOrders,
  blockedOrderOf,
} from '#tests/messaging/support/dead_letter_samples'
import { inBackground, run } from '#tests/messaging/support/operator_terminal'
import { emptyShop, product } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'

const commands: Record<string, Parameters<typeof run>[0]> = {
  list: DeadLettersList,
  show: DeadLettersShow,
  redrive: DeadLettersRedrive,
  discard: DeadLettersDiscard,
}

const inventory = () => db.connection('inventory')

async function reserved(): Promise<number[]> {
  const rows = await inventory().from('movements').whereNotNull('order_id').orderBy('id')
  return rows.map((row) => row.reserved_delta)
}

/** Keeps the stock of a product from everybody until the connection ends. */
async function holding(sku: string): Promise<Client> {
  const client = new Client(directConnection('inventory'))
  await client.connect()
  await client.query('begin')
  await client.query('select from stock_items where sku = $1 for update', [sku])
  return client
}

/** Whether a transaction waits for another. */
async function isHeldUp(): Promise<boolean> {
  const { rows } = await inventory().rawQuery('select from pg_locks where not granted')
  return rows.length > 0
}

test.group('The deadletters commands', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 10)
  })

  test('list dead letters by error, and show them without payload', async ({ assert }) => {
    const [a, b, c] = [uuidv7(), uuidv7(), uuidv7()]
    await blockedOrders(a, b)
    await invalidOrder(c)
    await malformedRecord()
    const groups = await deadLetterGroups(inventory(), 'inventory')
    assert.lengthOf(groups, 3)
    assert.containSubset(groups[0], {
      ...{ error: 'DatabaseError: division by zero', letters: 2, keysHeld: 2, waiting: 2 },
      newest: { key: b, reason: 'failed', type: 'order_placed' },
    })
    const { json, exitCode } = await run(DeadLettersList, `--group=${groups[0].id}`, '--json')
    assert.equal(exitCode, 0)
    assert.deepEqual(
      json.data.map(({ key, module }: { key: string; module: string }) => [module, key]),
      [
        ['inventory', a],
        ['inventory', b],
      ]
    )
    const listed = await run(DeadLettersList)
    assert.include(listed.printed, 'division by zero')

    const id = String(groups[0].newest.id)
    const masked = await run(DeadLettersShow, id)
    assert.include(masked.printed, '•••• (shown with --payload)')
    assert.notInclude(masked.printed, 'quantity')
    assert.isEmpty(await operatorActions(inventory()))
    const shown = await run(DeadLettersShow, id, '--payload', '--as=Ada', '--json')
    assert.include(shown.json.data[0].value, '"quantity":2')
    assert.containSubset(await operatorActions(inventory()), [{ act: 'read', who: 'Ada' }])
  })

  test('print escape sequences and bidirectional controls of a topic as escapes', async ({
    assert,
  }) => {
    await malformedRecord()
    const hostile = 'a\u202eb\u001b[2J\u009b'
    const [{ id }] = await inventory()
      .from('dead_letters')
      .update({ value: hostile, key: hostile, type: hostile, error_message: hostile })
      .returning('id')
    const show = (...args: string[]) => run(DeadLettersShow, String(id), '--payload', ...args)
    for (const { printed } of [await show(), await show('--json'), await run(DeadLettersList)]) {
      assert.notMatch(printed, /(?!\s)[\p{Cc}\u202e]/u)
      assert.include(printed, 'a\\u202eb\\u001b[2J\\u009b')
    }
    assert.equal((await show('--json')).json.data[0].value, hostile)
  })

  test('list time limits as a group of their own that is retried automatically', async ({
    assert,
  }) => {
    const [a, b, c] = [uuidv7(), uuidv7(), uuidv7()]
    await timedOutOrder(a)
    await timedOutOrder(b)
    await blockedOrders(c)
    const limit = 'canceling statement due to statement timeout'
    const groups = await deadLetterGroups(inventory(), 'inventory')
    assert.lengthOf(groups, 2)
    assert.containSubset(groups, [
      { id: 'time_limit', error: `DatabaseError: ${limit}`, letters: 2, keysHeld: 2, waiting: 2 },
      { error: 'DatabaseError: division by zero', letters: 1, keysHeld: 1, waiting: 1 },
    ])
    const { printed } = await run(DeadLettersList)
    assert.include(printed, `inventory time_limit: retried automatically: DatabaseError: ${limit}`)
    assert.include(printed, '2 hit a time limit, 2 keys blocked, 2 messages behind them')
    assert.notInclude(printed, 'discarded')

    const listed = await run(DeadLettersList, '--group=time_limit', '--json')
    assert.deepEqual(
      listed.json.data.map(({ key }: { key: string }) => key),
      [a, a, b, b]
    )
    assert.equal((await run(DeadLettersList, '--group=waiting')).exitCode, 5)
  })

  test('redrive one group, in the order of each key, and leave the others', async ({ assert }) => {
    const [a, b, c] = [uuidv7(), uuidv7(), uuidv7()]
    await blockedOrders(a, b)
    await invalidOrder(c)
    const [{ id: cause }] = await deadLetterGroups(inventory(), 'inventory')
    const filter = [`--group=${cause}`, '--module=inventory']
    const dry = await run(DeadLettersRedrive, ...filter, '--dry-run', '--json')
    assert.deepEqual(dry.json.data, [{ module: 'inventory', keys: [a, b], junk: [] }])
    assert.lengthOf(await deadLetters(), 5)

    // Two operators at once.
    const both = await Promise.all([
      messaging.consumer('inventory').redrive(a),
      run(DeadLettersRedrive, ...filter, '--yes', '--json', '--why=fixed', '--as=Ada'),
    ])
    assert.equal(both[1].exitCode, 0)
    assert.equal(both[0].handled + both[1].json.data[0].handled, 4)
    assert.deepEqual(
      (await deadLetters()).map(({ key }) => key),
      [c]
    )
    assert.deepEqual((await reserved()).sort(), [-2, -2, 2, 2])
    assert.containSubset(await operatorActions(inventory()), [
      { act: 'redrive', who: 'Ada', why: 'fixed', outcome: { finished: true, waiting: 0 } },
    ])
    assert.equal(await countOf('waiting_keys'), 1)
  })

  test('exit 3 when dead letters fail again, and count the attempt', async ({ assert }) => {
    const order = uuidv7()
    await invalidOrder(order)
    await malformedRecord()
    const again = await run(DeadLettersRedrive, '--all', '--yes', '--json')
    assert.equal(again.exitCode, 3)
    assert.containSubset(again.json.data, [{ handled: 0, waiting: [order], junk: 1 }])
    assert.deepEqual(
      (await deadLetters()).map(({ attempts }) => attempts),
      [2, 2]
    )
  })

  test('stop after the current key on Ctrl-C, and continue when run again', async ({
    assert,
    cleanup,
  }) => {
    const skus = ['CUP', 'MUG', 'TEA']
    const held: Client[] = []
    cleanup(async () => {
      for (const client of held) await client.end()
    })
    for (const sku of skus) {
      if (sku !== 'MUG') await product(sku, 10)
      await blockedOrderOf(sku, uuidv7())
      held.push(await holding(sku))
    }
    const redriving = inBackground('deadletters:redrive', '--all', '--yes')
    await eventually('the first key waits for its stock', isHeldUp)
    redriving.kill('SIGINT')
    await held[0].end()
    // It may have been on its way to the second when the signal came.
    await eventually(
      'it has ended, or waits again',
      () => redriving.exitCode !== null || isHeldUp()
    )
    await held[1].end()
    await eventually('it has ended', () => redriving.exitCode !== null)
    await held[2].end()
    assert.equal(redriving.exitCode, 3)
    const left = (await deadLetters()).length
    assert.oneOf(left, [2, 4])
    assert.containSubset(await operatorActions(inventory()), [
      { act: 'redrive', outcome: { finished: false, handled: 6 - left } },
    ])
    const again = await run(DeadLettersRedrive, '--all', '--yes', '--json')
    assert.equal(again.exitCode, 0)
    assert.isEmpty(await deadLetters())
  })

  test('redrive records that an older version found malformed', async ({ assert }) => {
    const [order, wrong, foreign] = [uuidv7(), uuidv7(), uuidv7()]
    const placed = { revision: 1, lines: [{ sku: 'MUG', quantity: 2 }] }
    await onceMalformedRecords(
      orderPlaced.about(order, placed),
      orderPlaced.about(wrong, { revision: 1, lines: 17 } as never),
      { ...orderPlaced.about(foreign, placed), type: 'order_whispered' }
    )
    const again = await run(DeadLettersRedrive, '--all', '--yes', '--json')
    assert.equal(again.exitCode, 3)
    assert.containSubset(again.json.data, [{ handled: 1, waiting: [wrong], junk: 1 }])
    assert.sameDeepMembers(
      (await deadLetters()).map(({ key, reason }) => [key, reason]),
      [
        [wrong, 'failed'],
        [foreign, 'junk'],
      ]
    )
    assert.deepEqual(await reserved(), [2])
  })

  test('discard with a reason, and name the key and the next redrive', async ({ assert }) => {
    const order = uuidv7()
    await blockedOrders(order)
    const [first, second] = (await deadLetters()) as unknown as { id: number }[]
    const meant = ['--module=inventory', `--id=${first.id}`, '--json']
    const dry = await run(DeadLettersDiscard, ...meant, '--dry-run')
    const expected = [
      {
        ...{ module: 'inventory', key: order, discarded: 1 },
        next: { id: second.id, type: 'order_cancelled' },
      },
    ]
    assert.deepEqual(dry.json.data, expected)
    assert.lengthOf(await deadLetters(), 2)
    const done = await run(DeadLettersDiscard, ...meant, '--why=a test order', '--yes')
    assert.deepEqual([done.exitCode, done.json.data], [0, expected])
    assert.containSubset(await deadLetterGroups(inventory(), 'inventory'), [
      { id: 'waiting', error: null, keysHeld: 1, waiting: 1 },
    ])
    const [act] = await operatorActions(inventory())
    assert.containSubset(act, { act: 'discard', why: 'a test order' })
    assert.notInclude(JSON.stringify(act.outcome), 'quantity')
    const [{ outcome }] = await inventory().from('operator_acts')
    assert.include(JSON.stringify(outcome), 'quantity', 'what they said is kept')

    assert.equal((await run(DeadLettersRedrive, '--group=waiting', '--yes')).exitCode, 0)
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('waiting_keys'), 0)
    assert.isEmpty(await reserved())
  })

  test('free a key when its last dead letter is discarded', async ({ assert }) => {
    const order = uuidv7()
    await blockedOrders(order)
    await malformedRecord()
    const done = await run(DeadLettersDiscard, '--all', '--why=of a test', '--yes', '--json')
    assert.containSubset(done.json.data, [{ key: order, discarded: 2, next: null }])
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('waiting_keys'), 0)
  })

  test('discard and record the dead letters of a key a hundred at a time', async ({ assert }) => {
    const order = uuidv7()
    await blockedOrders(order)
    await inventory().rawQuery(
      `insert into dead_letters (consumer, reason, topic, message_id, key, type, value, headers, attempts)
       select 'inventory', 'waiting', 'orders', gen_random_uuid(), ?, 'order_cancelled', '{}', '{}', 0
       from generate_series(1, 248)`,
      [order]
    )
    const done = await run(DeadLettersDiscard, '--all', '--why=of a test', '--yes', '--json')
    assert.containSubset(done.json.data, [{ key: order, discarded: 250, next: null }])
    assert.equal(await countOf('waiting_keys'), 0)
    const acts = await inventory()
      .from('operator_acts')
      .orderBy('id')
      .select(inventory().raw(`jsonb_array_length(outcome -> 'letters') as recorded`))
    assert.deepEqual(
      acts.map(({ recorded }) => recorded),
      [100, 100, 50]
    )
  })

  test('list all dead letters, fifty of a module per page', async ({ assert }) => {
    for (let n = 0; n < 51; n++) await malformedRecord()
    const first = await run(DeadLettersList, '--all', '--json')
    const { data, next } = first.json as unknown as { data: { id: number }[]; next: object[] }
    assert.lengthOf(data, 50)
    assert.deepEqual(next, [{ module: 'inventory', after: data[49].id }])
    const { printed } = await run(DeadLettersList, '--all')
    const [, ...flags] = /More: (--module=\w+) (--after=\d+)/.exec(printed)!
    const rest = await run(DeadLettersList, '--all', ...flags, '--json')
    assert.containSubset(rest.json, { next: [] })
    assert.lengthOf(rest.json.data, 1)
  })

  const wrong: [name: string, args: string[], exit: number, says: RegExp][] = [
    ['redrive', ['--yes'], 2, /--id, --key, --type or --group/],
    ['redrive', ['--all'], 2, /Confirm with --yes/],
    ['redrive', ['--all', '--module=mail', '--yes'], 2, /Unknown module "mail"/],
    ['redrive', ['--key=nobody', '--yes'], 5, /No dead letter matches/],
    ['discard', ['--all', '--yes'], 2, /Give a reason/],
    ['discard', ['--all', '--why=x'], 2, /Confirm with --yes/],
    ['discard', ['--type=none', '--why=x', '--yes'], 5, /matches/],
    ['show', ['999999'], 5, /no dead letter 999999/],
    ['list', ['--module=mail'], 2, /orders, inventory/],
    ['list', ['--all', '--after=1'], 2, /--module/],
    ['list', ['--type=none'], 5, /matches/],
    ['list', ['--key=nobody', '--json'], 5, /matches/],
  ]
  test('exit: deadletters:{0} {1} exits {2}')
    .with(wrong)
    .run(async ({ assert }, [name, args, exit, says]) => {
      await invalidOrder(uuidv7())
      const { exitCode, printed } = await run(commands[name], ...args)
      assert.equal(exitCode, exit)
      assert.match(printed, says)
      assert.lengthOf(await deadLetters(), 1)
    })

  test('name the missing migration when the tables are older than the code', async ({
    assert,
    cleanup,
  }) => {
    const owner = db.connection('inventory_owner')
    await owner.rawQuery('alter table operator_acts rename to acts_away')
    const { rows } = await owner.rawQuery(
      `delete from adonis_schema where name like '%operators' returning name, batch, migration_time`
    )
    cleanup(async () => {
      await owner.table('adonis_schema').multiInsert(rows)
      await owner.rawQuery('alter table acts_away rename to operator_acts')
    })
    await invalidOrder(uuidv7())
    const { exitCode, printed } = await run(DeadLettersRedrive, '--all', '--yes')
    assert.equal(exitCode, 1)
    assert.match(
      printed,
      /Missing migrations: .*database\/inventory\/migrations\/\d+_operators\b.*db:setup/
    )
  })
})
