import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import { messagingMetrics } from '#messaging/metrics'
import { directConnection } from '#config/database'
import InventoryAnnounce from '#inventory/commands/inventory_announce'
import OutboxPrune from '#messaging/commands/outbox_prune'
import OutboxUnpark from '#messaging/commands/outbox_unpark'
import { operatorActions } from '#messaging/recovery/operator_actions'
import { Relay } from '#messaging/outbox/relay'
import { renewSegments } from '#messaging/outbox/segments'
import { pruneInbox, pruneOutbox } from '#messaging/recovery/retention'
import { firstIdAt } from '#postgres/run'
import messaging from '#messaging/service'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { MessageRefused } from '#messaging/transports/transport'
import { retention } from '#operations/workers/retention'
import { retentionRules } from '#start/workers/retention_rules'
import { FaultyTransport } from '#tests/messaging/support/faulty_transport'
import { run } from '#tests/messaging/support/operator_terminal'
import { eventually } from '#tests/support/eventually'
import { commit, message, orders, published, startRelay } from '../support/orders_outbox.ts'
import { emptyShop, product } from '#tests/support/shop'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'

const DAY = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * DAY)

test.group('Retention', (group) => {
  group.each.setup(() => emptyShop())

  test('deletes old published outbox rows unless their key is parked', async ({ assert }) => {
    await said(6_000, 8)
    const [late, parked, fresh, waiting] = [message(), message(), message(), message()]
    for (const one of [late, parked, waiting]) one.time = ago(8).toISOString()
    await commit(late, parked, fresh, waiting)
    await orders()
      .from('outbox')
      .where('key', late.key)
      .update({ published_at: ago(1) })
    await orders()
      .from('outbox')
      .where('key', parked.key)
      .update({ published_at: ago(8) })
    await orders()
      .from('outbox')
      .where('key', fresh.key)
      .update({ published_at: ago(0) })
    await orders().table('parked_keys').insert({ key: parked.key, outbox_id: 1, error: 'no' })
    assert.equal(await pruneOutbox(orders(), 7 * DAY), 6_000)
    const left = await orders().from('outbox').orderBy('id')
    assert.deepEqual(
      left.map(({ key }) => key),
      [late, parked, fresh, waiting].map(({ key }) => key)
    )
  })

  test('deletes old inbox rows', async ({ assert }) => {
    const old = firstIdAt(Date.now() - 20 * DAY)
    const [redriven, fresh] = [firstIdAt(Date.now() - 19 * DAY), uuidv7()]
    await orders()
      .table('inbox')
      .multiInsert([
        { consumer: 'orders', message_id: old, handled_at: ago(20) },
        { consumer: 'orders', message_id: redriven, handled_at: ago(1) },
        { consumer: 'orders', message_id: fresh, handled_at: ago(0) },
      ])
    assert.equal(await pruneInbox(orders(), 'orders', Infinity), 0)
    assert.equal(await pruneInbox(orders(), 'orders', 15 * DAY), 1)
    const left = await orders().from('inbox').orderBy('message_id')
    assert.deepEqual(
      left.map((row) => row.message_id),
      [redriven, fresh]
    )
  })

  test('prunes every table where the module has its leader, and counts the rows', async ({
    assert,
    cleanup,
  }) => {
    const renew = () => renewSegments(directConnection('orders'), 7 * DAY)
    await renew()
    await said(3, 8)
    await renew()
    await orders()
      .table('inbox')
      .insert({ consumer: 'orders', message_id: firstIdAt(0), handled_at: ago(9) })
    const old = firstIdAt(Date.now() - 400 * DAY)
    const act = { id: old, who: 'Ada', act: 'prune', filter: {} }
    await orders().table('operator_acts').insert(act)
    await db
      .connection('accounts')
      .table('sessions')
      .multiInsert([
        { id: 'gone', data: '{}', expires_at: ago(1) },
        { id: 'there', data: '{}', expires_at: ago(-1) },
      ])
    const mail = { account_id: uuidv7(), kind: 'low_stock', status: 'sent', sent_at: ago(100) }
    await db
      .connection('inventory')
      .table('notifications')
      .multiInsert([
        { ...mail, id: old, period: 'a' },
        { ...mail, id: firstIdAt(1), period: 'b', status: 'given_up' },
      ])
    const crossing = { sku: 'MUG', available: 1, low_stock_at: 2 }
    await db
      .connection('inventory')
      .table('low_crossings')
      .multiInsert([
        { ...crossing, id: old, at: ago(400) },
        { ...crossing, id: uuidv7(), at: ago(0) },
      ])

    retention.use(retentionRules(db as never, messaging), logger)
    await retention.poll()
    assert.isTrue(retention.status.every(({ lastRun }) => lastRun === null))
    cleanup(await startWorkers(new EmbeddedTransport()))
    await eventually(
      'both are led',
      () => messaging.leads('orders') && messaging.leads('inventory')
    )
    await retention.poll()
    assert.isEmpty(retention.warnings())
    assert.isTrue(retention.status.every(({ lastRun }) => lastRun !== null))
    const rows = retention.status.filter((one) => one.rows > 0)
    assert.deepEqual(
      rows.map((one) => [one.module, one.table, one.rows]),
      [
        ['orders', 'outbox', 3],
        ['orders', 'inbox', 1],
        ['orders', 'operator_acts', 1],
        ['inventory', 'notifications', 1],
        ['inventory', 'low_crossings', 1],
        ['accounts', 'sessions', 1],
      ]
    )
  })

  test('keeps ids that may be delivered again: a shorter INBOX_RETENTION is refused', async ({
    assert,
    cleanup,
  }) => {
    class Keeping extends EmbeddedTransport {
      override async retention() {
        return 7 * DAY
      }
    }
    const relayOf = (inbox: number) => {
      const relay = new Relay({
        ...{ module: 'orders', connection: directConnection('orders'), logger },
        ...{ transport: new Keeping(), acceptTransportChange: false },
        retention: { outbox: 7 * DAY, inbox },
        topics: ['inventory'],
        namespace: NAMESPACE,
        metrics: messagingMetrics(messaging.config.metrics),
      })
      relay.start()
      cleanup(() => relay.stop())
      return relay
    }
    const short = relayOf(14 * DAY)
    await eventually('it is refused', () => short.warnings().length > 0)
    assert.match(
      short.warnings()[0],
      /INBOX_RETENTION is 336h, but .* may deliver messages of inventory again for 360h/
    )
    await short.stop()
    await commit(message())
    relayOf(15 * DAY)
    await eventually('it is published', async () => (await published()).length === 1)
  })
})

test.group('Operators', (group) => {
  group.each.setup(() => emptyShop())

  test('can prune an outbox before the app does', async ({ assert }) => {
    await said(2, 3)
    await commit(message())
    const meant = ['--module=orders', '--older-than=2d', '--json']
    const dry = await run(OutboxPrune, ...meant, '--dry-run')
    assert.deepEqual(dry.json.data, [{ module: 'orders', rows: 2 }])
    const done = await run(OutboxPrune, ...meant, '--yes', '--as=Ada')
    assert.deepEqual([done.exitCode ?? 0, done.json.data], [0, [{ module: 'orders', rows: 2 }]])
    assert.containSubset(await operatorActions(orders()), [{ act: 'prune', outcome: { rows: 2 } }])
    assert.equal((await run(OutboxPrune, '--older-than=soon', '--yes')).exitCode, 2)
    const asked = await run(OutboxPrune, '--module=orders', '--older-than=90m')
    assert.equal(asked.exitCode, 2)
    assert.include(asked.printed, 'Delete 0 messages published more than 1 hour, 30 minutes ago?')
  })

  test('can let the relay retry a parked key', async ({ assert }) => {
    let refuses = true
    startRelay(
      new FaultyTransport(new EmbeddedTransport(), {
        before() {
          if (refuses) throw new MessageRefused('too large')
        },
      })
    )
    const two = [message('k'), message('k')]
    await commit(...two)
    await eventually('it is parked', async () => (await orders().from('parked_keys')).length === 1)
    refuses = false
    const shown = await run(OutboxUnpark, '--dry-run', '--json')
    assert.containSubset(shown.json.data, [{ key: 'k', error: 'too large', waiting: 2 }])
    assert.equal((await run(OutboxUnpark, '--key=j', '--yes')).exitCode, 5)
    assert.equal((await run(OutboxUnpark, '--yes')).exitCode, 2)
    assert.lengthOf(await published(), 0)
    const done = await run(OutboxUnpark, '--key=k', '--yes', '--why=the broker takes more now')
    assert.include(done.printed, '1 key unparked')
    await eventually('both are published', async () => (await published()).length === 2)
    assert.containSubset(await operatorActions(orders()), [
      { act: 'unpark', why: 'the broker takes more now', outcome: { keys: ['k'] } },
    ])
  })

  test('can rebuild the price list by republishing every product', async ({ assert, cleanup }) => {
    cleanup(await startWorkers(new EmbeddedTransport()))
    assert.equal((await run(InventoryAnnounce, '--yes')).exitCode, 5)
    for (const sku of ['CUP', 'MUG', 'TEA']) await product(sku, 0, sku.charCodeAt(0))
    await waitUntilIdle()
    const before = await orders().from('price_list').orderBy('sku')
    await orders().from('price_list').delete()
    assert.equal((await run(InventoryAnnounce)).exitCode, 2)
    const dry = await run(InventoryAnnounce, '--dry-run', '--json')
    assert.deepEqual(dry.json, { products: 3 })
    const done = await run(InventoryAnnounce, '--yes', '--json')
    assert.deepEqual(done.json, { products: 3, last: 'TEA' })
    await waitUntilIdle()
    assert.lengthOf(before, 3)
    assert.deepEqual(await orders().from('price_list').orderBy('sku'), before)
  })

  test('can republish products beside rows below the low watermark, which are not pending', async ({
    assert,
    cleanup,
  }) => {
    const inventory = db.connection('inventory')
    cleanup(async () => {
      await inventory.from('messaging_state').update({ published_up_to: 0 })
    })
    await product('MUG', 0, 100)
    await inventory.rawQuery(
      `insert into outbox (message_id, topic, key, key_hash, type, version, data, created_at)
       select gen_random_uuid(), 'inventory', 'key ' || n, n, 'product_changed', 1, '{}', now()
       from generate_series(1, 2000) as n`
    )
    await inventory.rawQuery(
      'update messaging_state set published_up_to = (select max(id) from outbox)'
    )
    const done = await run(InventoryAnnounce, '--yes', '--json')
    assert.deepEqual(done.json, { products: 1, last: 'MUG' })
  })
})

/** Rows of the outbox that were published so many days ago. */
async function said(rows: number, days: number) {
  await orders().rawQuery(
    `insert into outbox (message_id, topic, key, key_hash, type, version, data, created_at, published_at)
     select gen_random_uuid(), 'orders', 'key ' || n, n, 'order_placed', 1, '{}',
       now() - ? * interval '1 day', now() - ? * interval '1 day' from generate_series(1, ?::int) as n`,
    [days, days, rows]
  )
}
