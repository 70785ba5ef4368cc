import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import pg from 'pg'
import { directConnection } from '#config/database'
import type { WireRecord } from '#messaging/message/message'
import { LeaderConnection } from '#messaging/outbox/leader_connection'
import { notifyRelay } from '#messaging/outbox/notify_relay'
import { Pace } from '#runtime/pace'
import { emptyShop } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'
import { FaultyTransport, Partitioned } from '../support/faulty_transport.ts'
import { commit, keyOf, message, orders, published, startRelay } from '../support/orders_outbox.ts'

const HOUR_MS = 3_600_000
const PARTITIONS = 3
const quiet = { notified() {}, lost() {} }

/** Its sends return the offset of the first record, as those of Kafka. */
class Storing extends Partitioned {
  readonly #next = new Map<number, number>()

  override async send(topic: string, partition: number, records: WireRecord[]) {
    await super.send(topic, partition, records)
    const first = this.#next.get(partition) ?? 0
    this.#next.set(partition, first + records.length)
    return String(first) as never
  }
}

test.group('The batches of the relay', (group) => {
  group.each.setup(() => emptyShop())

  test('grow with the load: what is committed during a send goes together', async ({
    assert,
    cleanup,
  }) => {
    const held = Promise.withResolvers<void>()
    const begun: number[] = []
    const transport = new FaultyTransport(new Partitioned(PARTITIONS), {
      before: async (partition) => {
        begun.push(partition)
        if (partition === 0) await held.promise
      },
    })
    startRelay(transport, { pace: new Pace({ most: HOUR_MS, perRow: 0 }) })
    // Before the relay stops, which waits for its sends.
    cleanup(() => held.resolve())
    await commit(message(keyOf(0, PARTITIONS)))
    await eventually('the first send has begun', () => begun.length === 1)
    for (let n = 0; n < 10; n++) await commit(message(keyOf(1, PARTITIONS)))
    assert.deepEqual(begun, [0])

    held.resolve()
    await eventually('all are published', async () => (await published()).length === 11)
    assert.deepEqual(
      transport.sends.map(({ ids }) => ids.length),
      [1, 10]
    )
  })

  test('do not keep a message that comes alone waiting', async ({ assert }) => {
    const transport = new FaultyTransport(new Partitioned(PARTITIONS), {})
    startRelay(transport, { pace: new Pace({ most: HOUR_MS, perRow: HOUR_MS }) })
    for (let n = 1; n <= 5; n++) {
      await commit(message())
      await eventually('it is published', async () => (await published()).length === n)
    }
    assert.lengthOf(transport.sends, 5)
  })

  test('do not wait for a partition that hangs', async ({ assert, cleanup }) => {
    const held = Promise.withResolvers<void>()
    const transport = new FaultyTransport(new Partitioned(PARTITIONS), {
      before: (partition) => (partition === 0 ? held.promise : undefined),
    })
    startRelay(transport)
    cleanup(() => held.resolve())
    await commit(message(keyOf(0, PARTITIONS)))
    const others = [message(keyOf(1, PARTITIONS)), message(keyOf(2, PARTITIONS))]
    for (const other of others) await commit(other)
    await eventually('the others are published', async () => (await published()).length === 2)
    assert.deepEqual(
      await published(),
      others.map(({ id }) => id)
    )
  })

  test('are marked with their offsets, those of several partitions in one statement', async ({
    assert,
  }) => {
    startRelay(new FaultyTransport(new Storing(PARTITIONS), {}), {
      pace: new Pace({ most: HOUR_MS, perRow: 0 }),
    })
    const rows = [0, 1, 0, 2, 1, 0].map((partition) => message(keyOf(partition, PARTITIONS)))
    await commit(...rows)
    await eventually('all are published', async () => (await published()).length === rows.length)
    const marked = await orders()
      .from('outbox')
      .orderBy('id')
      .select('partition', 'offset', orders().raw('xmin::text as statement'))
    assert.deepEqual(
      marked.map(({ partition, offset }) => [partition, offset]),
      [0, 1, 0, 2, 1, 0].map((partition, at, all) => [
        partition,
        all.slice(0, at).filter((one) => one === partition).length,
      ])
    )
    assert.equal(new Set(marked.map(({ statement }) => statement)).size, 1)
  })

  test('are marked by index, with a plan from when the outbox was empty', async ({
    assert,
    cleanup,
  }) => {
    await db.connection('orders_owner').rawQuery('vacuum analyze outbox')
    const connection = await LeaderConnection.open(directConnection('orders'), quiet)
    cleanup(() => connection.close())
    const plan = await connection.query<Record<'QUERY PLAN', string>>(
      `explain update outbox set published_at = now() from unnest(array[1, 2]::bigint[]) as sent (id)
       where outbox.id = sent.id`
    )
    const text = plan.map((line) => line['QUERY PLAN']).join('\n')
    assert.match(text, /Index Scan using outbox_\d+_pkey/)
    assert.notMatch(text, /Seq Scan on outbox|Hash|Merge/)
  })

  test('are sent again when the leader is killed before it marks them', async ({ assert }) => {
    let kills = 0
    const transport = new FaultyTransport(new Partitioned(PARTITIONS), {
      after: async () => {
        if (kills++ === 0) await killLeader()
      },
    })
    startRelay(transport)
    const sent = message()
    await commit(sent)
    await eventually('it is published', async () => (await published()).length === 1)
    assert.deepEqual(
      transport.sends.flatMap(({ ids }) => ids),
      [sent.id, sent.id]
    )
  })
})

test.group('A process without a relay', (group) => {
  group.each.setup(() => emptyShop())

  test('notifies the leader at once; commits soon after share a notification', async ({
    assert,
    cleanup,
  }) => {
    const leader = new pg.Client(directConnection('orders'))
    await leader.connect()
    cleanup(() => leader.end())
    let notified = 0
    leader.on('notification', () => notified++)
    await leader.query('listen outbox_orders')
    const stop = notifyRelay(db, 'orders', HOUR_MS)
    for (let n = 0; n < 3; n++) await commit(message())
    await eventually('it is notified', async () => {
      await leader.query('select')
      return notified > 0
    })
    stop()
    assert.equal(notified, 1)

    cleanup(notifyRelay(db, 'orders', 100))
    await commit(message())
    await commit(message())
    await eventually('it is notified of the second commit too', () => notified === 3)
  })
})

/** Resolves when the session of this process's relay has ended. */
async function killLeader() {
  const owner = db.connection('orders_owner')
  const name = `%, process ${process.pid}`
  await owner.rawQuery(
    `select pg_terminate_backend(pid, 10000) from pg_stat_activity
     where application_name like ? and datname = current_database()`,
    [name]
  )
}
