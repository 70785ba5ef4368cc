import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { mailDir } from '#config/mail'
import { directConnection } from '#config/database'
import OutboxReplay from '#messaging/commands/outbox_replay'
import { operatorActions } from '#messaging/recovery/operator_actions'
import OutboxStatus from '#messaging/commands/outbox_status'
import { planReplay } from '#messaging/recovery/replay_plan'
import { findReplay, replays, runReplay, startReplay } from '#messaging/recovery/replay'
import messaging from '#messaging/service'
import { environment, inBackground, run } from '#tests/messaging/support/operator_terminal'
import { commit, message, orders, published } from '#tests/messaging/support/orders_outbox'
import { ace as aceProcess } from '#tests/support/processes/app_process'
import { cancel, emptyShop, fulfil, patch, person, post, product } from '#tests/support/shop'
import { transports } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'
import { eventually } from '#tests/support/eventually'

const WHY = '--why=the ERP lost its disk'

for (const [name, makeTransport] of transports) {
  test.group(`A replay over ${name}`, (group) => {
    group.each.setup(async () => {
      await emptyShop()
      return startWorkers(makeTransport())
    })

    test('of all messages changes no balance or order and sends no mail, even with an empty inbox', async ({
      client,
      assert,
    }) => {
      await ordersInEveryState(client)
      const before = await everything()
      const told = await run(OutboxReplay, WHY, '--as=Ada', '--yes', '--json', '--rate=100000')
      assert.equal(told.exitCode, 0)
      await waitUntilIdle()
      assert.deepEqual(await everything(), before)
      assert.deepEqual((await messaging.verify(0)).findings, [])
      const rows = await orders().from('outbox').orderBy('id')
      const again = rows.filter(({ headers }) => headers.ce_replayof)
      const first = rows.filter(({ headers }) => !headers.ce_replayof)
      assert.deepEqual(
        again.map(({ message_id: id, headers, data }) => [id, headers.ce_replayof, data]),
        first.map(({ message_id: id, data }) => [id, id, data])
      )
      assert.deepEqual(
        again.map(({ headers }) => headers.ce_time),
        first.map(({ created_at: at }) => at.toISOString())
      )
      assert.containSubset(await replays(orders()), [
        { who: 'Ada', why: 'the ERP lost its disk', replayed: first.length, filter: {} },
      ])

      for (const module of ['orders', 'inventory'])
        await db.connection(module).from('inbox').delete()
      await run(OutboxReplay, WHY, '--yes', '--rate=100000')
      await waitUntilIdle()
      assert.deepEqual(await everything(), before)
    })
  })
}

test.group('outbox:replay', (group) => {
  group.each.setup(() => emptyShop())

  test('publishes exactly the messages of its dry run', async ({ assert }) => {
    const [a, b] = [message(), message()]
    await marked(a, b)
    const dry = await run(OutboxReplay, '--module=orders', '--dry-run', '--json')
    const [{ upTo, ...plan }] = dry.json.data
    assert.containSubset(plan, {
      ...{ count: 2, types: [{ type: 'order_placed', count: 2 }], prunedBefore: null },
      keys: { count: 2, first: [a.key, b.key].sort()[0], last: [a.key, b.key].sort()[1] },
      ...{ oldest: a.time, newest: b.time },
    })
    assert.lengthOf(await published(), 2)
    const hourAgo = Date.now() - 3_600_000
    const hour = await run(OutboxReplay, '--module=orders', '--from=1h', '--dry-run', '--json')
    const since = Date.parse(hour.json.data[0].from)
    assert.isAtLeast(since, hourAgo)
    assert.isAtMost(since, Date.now() - 3_600_000)

    await marked(message())
    const meant = ['--module=orders', `--up-to=${upTo}`, WHY, '--yes', '--json']
    const done = await run(OutboxReplay, ...meant)
    assert.containSubset(done.json.data, [{ matched: 2, replayed: 2 }])
    assert.deepEqual(await waiting(), [a.id, b.id])
    assert.lengthOf(await published(), 3)
    const status = await run(OutboxStatus, '--json')
    const counted = { module: 'orders', pending: 0, replayed: 2, oldestSeconds: null }
    assert.containSubset(status.json.data, [counted])
    await orders().table('parked_keys').insert({ key: a.key, outbox_id: 1, error: 'too large' })
    const parked = await run(OutboxStatus, '--json')
    assert.containSubset(parked.json.data, [{ ...counted, parkedKeys: 1 }])
  })

  test('stops when it loses its connection, without ending the process', async ({ assert }) => {
    await marked(...Array.from({ length: 25 }, () => message()))
    const running = run(OutboxReplay, '--module=orders', WHY, '--yes', '--rate=20')
    await eventually('it has begun', async () => (await waiting()).length > 0)
    await db.connection('orders_owner').rawQuery(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where pid <> pg_backend_pid() and query like '%with current as materialized%'`
    )
    const { exitCode, printed } = await running
    assert.equal(exitCode, 4)
    const [resume] = /--resume=[0-9a-f-]{36}/.exec(printed)!
    const whole = await run(OutboxReplay, resume, '--rate=1000', '--json')
    assert.containSubset(whole.json.data, [{ replayed: 25, matched: 25 }])
  })

  test('continues where it was stopped or killed, and replays nothing twice', async ({
    assert,
  }) => {
    const said = Array.from({ length: 25 }, () => message())
    await marked(...said)
    const direct = directConnection('orders')
    const plan = (await planReplay(direct, {}))!
    const by = { who: 'Ada', why: 'a test' }
    const replay = await startReplay(orders(), plan, {}, by)
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    const half = await runReplay(orders(), direct, replay, {
      ...{ rate: 40, onProgress, signal: stop.signal },
    })
    assert.containSubset(half, { replayed: 10, matched: 25, finishedAt: null })
    const look = await run(OutboxReplay, `--resume=${replay.id}`, '--dry-run', '--json')
    assert.containSubset(look.json.data, [{ replayed: 10, matched: 25 }])
    assert.lengthOf(await waiting(), 10)
    const both = await Promise.all([
      run(OutboxReplay, `--resume=${replay.id}`, '--rate=40', '--as=Eve', '--json'),
      runReplay(orders(), direct, replay, { rate: 40 }),
    ])
    assert.equal(both[0].exitCode, 0)
    assert.deepEqual(
      await waiting(),
      said.map(({ id }) => id)
    )
    assert.containSubset(await findReplay(orders(), replay.id), { who: 'Ada', replayed: 25 })
    assert.containSubset(await operatorActions(orders()), [
      {
        ...{ act: 'resume', who: 'Eve', filter: { replay: replay.id } },
        outcome: { replayed: 25, matched: 25 },
      },
    ])
  })

  test('ends cleanly on Ctrl-C, explains how to continue, and exits 3', async ({ assert }) => {
    await marked(...Array.from({ length: 40 }, () => message()))
    const replaying = inBackground('outbox:replay', WHY, '--yes', '--rate=8')
    const said: string[] = []
    replaying.stdout!.on('data', (data) => said.push(String(data)))
    const ended = once(replaying, 'exit')
    await eventually('it has begun', async () => (await waiting()).length > 0)
    replaying.kill('SIGINT')
    const [code] = await ended
    assert.equal(code, 3)
    const [{ id, replayed }] = await replays(orders())
    assert.isBelow(replayed, 40)
    assert.lengthOf(await waiting(), replayed)
    assert.include(said.join(''), `Continue with: node ace outbox:replay --resume=${id}`)
  })

  test('and related commands exit 2 for an invalid filter and 1 for an invalid setting', async ({
    assert,
  }) => {
    const told = await Promise.all([
      aceProcess(environment(), 'outbox:replay', '--rate=fast'),
      aceProcess(environment(), 'outbox:replay', '--form=2h'),
      aceProcess(environment(), 'outbox:relpay'),
      aceProcess({ ...environment(), PORT: 'none' }, 'outbox:status'),
    ])
    assert.deepEqual(
      told.map(({ code }) => code),
      [2, 2, 2, 1]
    )
    assert.include(told[3].stderr, 'PORT is "none"')
    assert.equal(told[3].stdout, '')
  })

  test('and related commands exit 4 without a database', async ({ assert }) => {
    const env = { ...environment(), DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }
    const told = await Promise.all([
      aceProcess(env, 'outbox:replay', WHY, '--yes'),
      aceProcess(env, 'deadletters:redrive', '--all', '--yes'),
    ])
    assert.deepEqual(
      told.map(({ code }) => code),
      [4, 4]
    )
  })

  test('finds messages by id, key, time, and since a message', async ({ assert }) => {
    const said = ['k', 'l', 'k'].map((key) => message(key))
    said[0].time = '2026-01-01T10:00:00.000Z'
    await marked(...said)
    const ids = said.map(({ id }) => id)
    const cases: [args: string[], meant: string[]][] = [
      [[`--id=${ids[1]}`], [ids[1]]],
      // Its row does not lie where its id says.
      [[`--id=${ids[0]}`], [ids[0]]],
      [['--key=k'], [ids[0], ids[2]]],
      [[`--since-message=${ids[1]}`], [ids[1], ids[2]]],
      [['--to=2026-01-01T11:00:00Z'], [ids[0]]],
      [
        ['--from=2h', '--type=order_placed'],
        [ids[1], ids[2]],
      ],
    ]
    for (const [args, meant] of cases) {
      const { exitCode } = await run(OutboxReplay, ...args, '--module=orders', WHY, '--yes')
      assert.equal(exitCode, 0)
      assert.deepEqual(await waiting(), meant)
      await orders().from('outbox').whereNull('published_at').delete()
    }
  })

  const wrong: [args: string[], exit: number, says: RegExp][] = [
    [['--module=mail'], 2, /Unknown module "mail"/],
    [['--type=order_eaten'], 2, /"order_eaten"/],
    [['--from=yesterday'], 2, /--from is "yesterday"/],
    [['--id=17'], 2, /UUID/],
    [['--up-to=3'], 2, /--module/],
    [['--rate=0'], 2, /--rate/],
    [['--yes'], 2, /Give a reason/],
    [[WHY], 2, /Publish 1 messages again\? Confirm with --yes/],
    [[WHY, '--yes', '--key=nobody'], 5, /No published message matches/],
    [[WHY, '--yes', `--id=${uuidv7()}`], 5, /No published message matches/],
    [[WHY, '--yes', `--since-message=${uuidv7()}`], 5, /No published message matches/],
    [[WHY, '--yes', '--from=30d', '--to=20d'], 5, /older than .* have been deleted/],
    [[`--resume=${uuidv7()}`], 5, /no replay/],
    [[`--resume=${uuidv7()}`, '--type=order_placed'], 2, /omit filter flags/],
  ]
  test('{0} exits {1}')
    .with(wrong)
    .run(async ({ assert }, [args, exit, says]) => {
      await marked(message(), message())
      const ids = await published()
      await orders().from('outbox').where('message_id', ids[0]).delete()
      const { exitCode, printed } = await run(OutboxReplay, ...args)
      assert.equal(exitCode, exit)
      assert.match(printed, says)
      assert.isEmpty(await waiting())
    })
})

/** Commits messages that have been published. */
async function marked(...messages: ReturnType<typeof message>[]) {
  await commit(...messages)
  await orders().from('outbox').whereNull('published_at').update({ published_at: new Date() })
}

/** The ids of the messages that are still to be published, in outbox order. */
async function waiting(): Promise<string[]> {
  const rows = await orders().from('outbox').whereNull('published_at').orderBy('id')
  return rows.map((row) => row.message_id)
}

async function ordersInEveryState(client: ApiClient) {
  const [ada, clerk] = [await person('customer', 'Ada'), await person('admin', 'Eve')]
  await product('MUG', 20)
  await product('TEA', 1)
  await waitUntilIdle()
  const place = async (sku: string, quantity: number) => {
    const placed = await post(client, ada, { lines: [{ sku, quantity }] })
    placed.assertStatus(202)
    return placed.body().id as string
  }
  const ids = await Promise.all([1, 2, 3, 4].map((quantity) => place('MUG', quantity)))
  await place('TEA', 5)
  await waitUntilIdle()
  const declined = { lines: [{ sku: 'MUG', quantity: 99 }] }
  const answers = [
    await cancel(client, ada, ids[0], { reason: 'too dear' }),
    await fulfil(client, clerk, ids[1], { revision: 1, carrier: 'DHL' }),
    await patch(client, ada, ids[2], '*', declined),
    await patch(client, ada, ids[3], '*', { lines: [{ sku: 'MUG', quantity: 6 }] }),
  ]
  for (const answer of answers) if (answer.status() >= 400) throw new Error(answer.text())
  await waitUntilIdle()
}

/** All that a message may change. */
async function everything() {
  const tables: [module: string, table: string, order: string][] = [
    ['orders', 'orders', 'id'],
    ['orders', 'order_lines', 'order_id, revision, position'],
    ['orders', 'timeline_steps', 'id'],
    ['orders', 'price_list', 'sku'],
    ['orders', 'notifications', 'id'],
    ['orders', 'dead_letters', 'id'],
    ['inventory', 'stock_items', 'sku'],
    ['inventory', 'movements', 'id'],
    ['inventory', 'dead_letters', 'id'],
  ]
  const rows: Record<string, unknown> = {}
  for (const [module, table, order] of tables) {
    rows[`${module}.${table}`] = await db.connection(module).from(table).orderByRaw(order)
  }
  return { ...rows, mails: (await readdir(mailDir)).length }
}
