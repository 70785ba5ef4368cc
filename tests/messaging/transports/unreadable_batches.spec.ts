/*
 * Record batches that nobody can read: each stops its partition alone, until an operator passes over it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import ConsumersSkip from '#messaging/commands/consumers_skip'
import OutboxReplay from '#messaging/commands/outbox_replay'
import { operatorActions } from '#messaging/recovery/operator_actions'
import messaging from '#messaging/service'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import type { Transport } from '#messaging/transports/transport'
import { unreadableBatches, UnreadableBatches } from '#messaging/inbox/unreadable_batches'
import { skipBatch } from '#messaging/recovery/skip_batch'
import { pipelineStatus } from '#operations/pages/pipeline_status'
import { MessagingFigures } from '#operations/metrics/messaging_figures'
import { scrape } from '#operations/metrics/scrape'
import { noBrokerOfOurs } from '#tests/support/kafka/broker'
import { startBroker, type Broker } from '#tests/support/kafka/launcher/launcher'
import { freePort } from '#tests/support/kafka/launcher/readiness'
import { run } from '#tests/messaging/support/operator_terminal'
import {
  commit,
  keyOf,
  message,
  published,
  startRelay,
} from '#tests/messaging/support/orders_outbox'
import { APP_ROOT } from '#tests/support/processes/app_process'
import { emptyShop } from '#tests/support/shop'
import { freshPrefix, kafkaTransport } from '#tests/support/transports'
import { startWorkers } from '#tests/support/workers'
import { eventually } from '#tests/support/eventually'
import { damageBatch, damages } from '#tests/support/kafka/segments'

const missing = await noBrokerOfOurs()

test.group('A record batch that cannot be read', (group) => {
  let dir: string
  let broker: Broker

  group.setup(async () => {
    if (missing) return () => {}
    dir = await mkdtemp(join(tmpdir(), 'quartermaster-damaged-'))
    const port = await freePort(1)
    broker = await startBroker({ port, dir, jarsIn: join(APP_ROOT, '.data/kafka') })
    return async () => {
      await broker.stop()
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    }
  })
  group.each.setup(() => emptyShop())

  test('stops only its partition, which continues when the batch can be read', async ({
    assert,
    cleanup,
  }) => {
    const prefix = freshPrefix()
    const kinds = Object.entries(damages)
    const transport = kafkaTransport(addresses(), prefix, { partitions: kinds.length + 1 })
    cleanup(() => transport.close())
    await transport.openTopic('orders')
    const restore: (() => Promise<void>)[] = []
    for (const [partition, [kind, damage]] of kinds.entries()) {
      const compression = kind === 'payload' ? 'zstd' : 'none'
      const sender = kafkaTransport(addresses(), prefix, { compression })
      for (const offset of [0, 1, 2]) {
        await sender.send('orders', partition, [record(`${partition}/${offset}`)])
      }
      await sender.close()
      const place = { topic: `${prefix}orders`, partition, offset: 1 }
      restore.push(await damageBatch(dir, place, damage))
    }
    const heard: string[] = []
    transport.subscribe({
      ...{ name: 'listener', topics: ['orders'], batchSize: 100 },
      handle: async (deliveries) => void heard.push(...deliveries.map((one) => one.record.key!)),
    })
    await eventually('each is noticed', () => transport.stoppedPartitions().length === kinds.length)
    await transport.send('orders', kinds.length, [record('healthy')])
    await eventually('the other partition goes on', () => heard.includes('healthy'))
    assert.sameMembers(heard, ['healthy', ...kinds.map((_, partition) => `${partition}/0`)])
    assert.sameDeepMembers(
      transport.stoppedPartitions().map(({ partition, offset, why }) => [partition, offset, why]),
      kinds.map((_, partition) => [partition, '1', 'unreadable'])
    )
    const words = transport.warnings().join('\n')
    for (const reason of [/checksum/, /codec is unknown \(5\)/, /cut off/]) {
      assert.match(words, reason)
    }
    const { unreadable } = await transport.contents('orders')
    assert.sameMembers(
      [...new Set(unreadable.map(({ partition }) => partition))],
      kinds.map((_, partition) => partition)
    )

    await Promise.all(restore.map((put) => put()))
    await eventually('they are read after all', () => transport.stoppedPartitions().length === 0)
    for (const [partition] of kinds.entries()) {
      const ours = heard.filter((key) => key.startsWith(`${partition}/`))
      assert.deepEqual(
        ours,
        [0, 1, 2].map((offset) => `${partition}/${offset}`)
      )
    }
  }).skip(missing !== null, missing ?? '')

  test('can be skipped on record; the proof lists its messages until they are replayed', async ({
    assert,
    cleanup,
  }) => {
    const prefix = freshPrefix()
    const [lost, behind] = await publishAndDamage(prefix)
    const transport = kafkaTransport(addresses(), prefix)
    cleanup(await startWorkers(transport))
    await eventually('it is noticed', () => messaging.warnings().length > 0)
    assert.match(
      messaging.warnings()[0],
      /consumer inventory: partition 0 of orders is stopped at offset 0.*checksum.*consumers:skip/
    )
    const figures = new MessagingFigures(messaging, 'inventory', () => db.connection('inventory'))
    await figures.read()
    assert.deepEqual(figures.warnings(), [], 'named once')
    const other = message(keyOf(1, 3))
    await commit(other)
    await eventually('the other partitions go on', async () => isHandled(other.id))
    assert.isFalse(await isHandled(behind.id))
    const sample =
      'quartermaster_consumer_partition_stopped{consumer="inventory",topic="orders",partition="0"} 1'
    await eventually('it is measured', async () => (await scrape()).includes(sample))
    await findingsAre(transport, [
      ['unreadable', lost.id],
      ['not_handled', lost.id],
      ['not_handled', behind.id],
    ])

    const nobody = await skip('--offset=7', '--why=test', '--yes')
    assert.equal(nobody.exitCode, 5)
    assert.match(nobody.printed, /--topic=orders --partition=0 --offset=0/)
    assert.equal((await skip('--offset=0', '--yes')).exitCode, 2)
    assert.equal((await skip('--offset=0', '--why=test')).exitCode, 2)
    assert.equal((await skip('--offset=x', '--why=test', '--yes')).exitCode, 2)
    assert.equal((await skip('--offset=0', '--module=orders', '--why=x', '--yes')).exitCode, 5)
    const dry = await skip('--offset=0', '--dry-run', '--json')
    const batch = { topic: 'orders', partition: 0, first: '0', last: '0' }
    assert.containSubset(dry.json.data, [{ consumer: 'inventory', ...batch }])
    assert.isFalse(await isHandled(behind.id))

    const done = await skip('--offset=0', '--why=a bad disk', '--as=Ada', '--yes', '--json')
    assert.equal(done.exitCode, 0)
    await eventually('it goes on', async () => isHandled(behind.id))
    await eventually('all is well', () => messaging.warnings().length === 0)
    await eventually('it is measured no longer', async () => !(await scrape()).includes(sample))
    assert.equal((await skip('--offset=0', '--why=again', '--yes')).exitCode, 5)
    assert.containSubset(await operatorActions(db.connection('inventory')), [
      { act: 'skip', who: 'Ada', why: 'a bad disk', filter: { consumer: 'inventory', ...batch } },
    ])
    await findingsAre(transport, [
      ['unreadable', lost.id],
      ['skipped', lost.id],
    ])
    const { skipped } = await messaging.verify(0, transport)
    assert.containSubset(skipped, [{ consumer: 'inventory', ...batch, who: 'Ada' }])

    await run(OutboxReplay, '--module=orders', `--id=${lost.id}`, '--why=it lay there', '--yes')
    await eventually('it is handled after all', async () => isHandled(lost.id))
    await findingsAre(transport, [])
  }).skip(missing !== null, missing ?? '')

  test('stays over a restart, and can be skipped while no consumer runs', async ({ assert }) => {
    const prefix = freshPrefix()
    const [, behind] = await publishAndDamage(prefix)
    const stop = await startWorkers(kafkaTransport(addresses(), prefix))
    await eventually('it is noticed', () => messaging.stoppedPartitions().length > 0)
    await stop()
    const figures = new MessagingFigures(messaging, 'inventory', () => db.connection('inventory'))
    await figures.read()
    assert.match(figures.warnings().join(), /partition 0 of orders is stopped at offset 0/)
    assert.equal((await skip('--offset=0', '--why=test', '--yes')).exitCode, 0)
    const stopAgain = await startWorkers(kafkaTransport(addresses(), prefix))
    await eventually('it goes on', async () => isHandled(behind.id))
    await stopAgain()
  }).skip(missing !== null, missing ?? '')

  /** Two messages in partition 0 of orders, of which the first cannot be read. */
  async function publishAndDamage(prefix: string) {
    const transport = kafkaTransport(addresses(), prefix)
    const relay = startRelay(transport)
    const key = keyOf(0, 3)
    const both = [message(key, 1), message(key, 2)]
    for (const [place, one] of both.entries()) {
      await commit(one)
      await eventually('it is published', async () => (await published()).length === place + 1)
    }
    await relay.stop()
    await transport.close()
    await damageBatch(dir, { topic: `${prefix}orders`, partition: 0, offset: 0 }, damages.checksum)
    return both
  }

  function addresses() {
    return [broker.brokers]
  }
})

test.group('The record of unreadable batches', (group) => {
  group.each.setup(() => emptyShop())

  test('drops batches that the consumer could read later', async ({ assert }) => {
    const client = db.connection('orders')
    const batches = new UnreadableBatches('orders', () => client)
    const at = { topic: 'inventory', partition: 0, reason: 'damaged' }
    assert.isNull(await batches.stopAt({ ...at, first: '5', last: '9' }))
    assert.isNull(await batches.stopAt({ ...at, partition: 1, first: '5', last: '9' }))
    assert.isTrue(await batches.readThrough('inventory', 0, '4'))
    assert.lengthOf(await unreadableBatches(client), 2)
    assert.isFalse(await batches.readThrough('inventory', 0, '12'))
    const [left] = await unreadableBatches(client)
    assert.containSubset(left, { consumer: 'orders', partition: 1, first: '5', skipped: null })
  })

  test('drops batches that the topic no longer keeps', async ({ assert }) => {
    const client = db.connection('orders')
    const batches = new UnreadableBatches('orders', () => client)
    const at = { topic: 'inventory', reason: 'damaged' }
    for (const partition of [0, 1]) {
      await batches.stopAt({ ...at, partition, first: '5', last: '9' })
    }
    await batches.expire('inventory', [
      { partition: 0, low: '10' },
      { partition: 1, low: '9' },
    ])
    const found = await unreadableBatches(client)
    assert.deepEqual(
      found.map(({ partition }) => partition),
      [1]
    )
  })

  test('is reported by processes whose own consumers have not stopped there', async ({
    assert,
    cleanup,
  }) => {
    cleanup(await startWorkers(new EmbeddedTransport()))
    const client = db.connection('inventory')
    const elsewhere = new UnreadableBatches('inventory', () => client)
    const batch = { topic: 'orders', partition: 3, first: '7', last: '7', reason: 'damaged' }
    await elsewhere.stopAt(batch)
    const figures = new MessagingFigures(messaging, 'inventory', () => client)
    await figures.read()
    assert.match(figures.warnings().join(), /partition 3 of orders is stopped at offset 7/)
    const { rows } = await pipelineStatus()
    const consumer = rows.find(({ module, part }) => module === 'inventory' && part === 'consumer')
    assert.match(consumer!.detail!, /partition 3 of orders is stopped at offset 7/)
  })

  test('reports that nothing was skipped if another operator was faster', async ({
    assert,
    cleanup,
  }) => {
    const client = db.connection('inventory')
    const at = { topic: 'orders', partition: 0 }
    const batches = new UnreadableBatches('inventory', () => client)
    await batches.stopAt({ ...at, first: '7', last: '7', reason: 'damaged' })
    const faster = await client.transaction()
    cleanup(async () => void (faster.isCompleted || (await faster.rollback())))
    await skipBatch(faster, 'inventory', { ...at, offset: '7' }, { who: 'Ada', why: 'test' })
    const slower = skip('--offset=7', '--why=test', '--yes')
    await eventually('the second waits', async () => {
      const { rows } = await client.rawQuery('select from pg_locks where not granted')
      return rows.length > 0
    })
    await faster.commit()
    const { exitCode, printed } = await slower
    assert.equal(exitCode, 5)
    assert.match(printed, /Nothing was skipped/)
  })

  test('keeps the offsets that an operator has skipped', async ({ assert }) => {
    const client = db.connection('orders')
    const batches = new UnreadableBatches('orders', () => client)
    const at = { topic: 'inventory', partition: 0, reason: 'damaged' }
    await batches.stopAt({ ...at, first: '5', last: '7' })
    await batches.stopAt({ ...at, first: '5', last: '9' })
    const by = { who: 'Ada', why: 'test' }
    await skipBatch(client, 'orders', { ...at, offset: '5' }, by)
    for (const first of ['5', '8']) {
      assert.equal(await batches.stopAt({ ...at, first, last: '40' }), '9')
    }
    assert.isNull(await batches.stopAt({ ...at, first: '10', last: '40' }))
    const found = await unreadableBatches(client)
    assert.deepEqual(
      found.map(({ first, last, skipped }) => [first, last, skipped?.who]),
      [
        ['5', '9', 'Ada'],
        ['10', '40', undefined],
      ]
    )
  })
})

function record(key: string) {
  return { key, value: Buffer.from('x'.repeat(50)), headers: { ce_id: uuidv7() } }
}

function skip(...flags: string[]) {
  return run(ConsumersSkip, '--topic=orders', '--partition=0', ...flags)
}

async function isHandled(id: string) {
  const row = await db.connection('inventory').from('inbox').where('message_id', id).first()
  return row !== null
}

/** Answers to messages may be under way a moment longer. */
async function findingsAre(transport: Transport, expected: string[][]) {
  await eventually(`the proof says ${JSON.stringify(expected)}`, async () => {
    const { findings } = await messaging.verify(0, transport)
    const found = findings.map(({ kind, messageId }) => [kind, messageId])
    return isDeepStrictEqual(found.sort(), expected.sort())
  })
}
