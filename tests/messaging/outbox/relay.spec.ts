import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { directConnection } from '#config/database'
import { LeaderConnection } from '#messaging/outbox/leader_connection'
import { outbox } from '#messaging/outbox/outbox'
import { keyHash } from '#messaging/message/partition'
import { LowWatermark } from '#messaging/outbox/low_watermark'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { emptyShop } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'
import { FaultyTransport, Partitioned, type Faults } from '../support/faulty_transport.ts'
import { commit, keyOf, message, orders, published, startRelay } from '../support/orders_outbox.ts'

const quiet = { notified() {}, lost() {} }

function embedded(faults: Faults = {}) {
  return new FaultyTransport(new EmbeddedTransport(), faults)
}

test.group('The relay', (group) => {
  group.each.setup(() => emptyShop())

  test('publishes committed messages and no rolled-back ones', async ({ assert }) => {
    const transport = embedded()
    const kept = message()
    await commit(kept)
    const refused = orders().transaction(async (trx) => {
      await outbox.add(trx, [message()])
      throw new Error('no')
    })
    await assert.rejects(() => refused, 'no')
    startRelay(transport)
    await eventually('the message is published', async () => (await published()).length === 1)
    assert.deepEqual(
      transport.sends.flatMap(({ ids }) => ids),
      [kept.id]
    )
  })

  test('publishes a message with an early id that committed late', async ({ assert, cleanup }) => {
    startRelay(embedded())
    const [early, late] = [message(), message()]
    const slow = await orders().transaction()
    cleanup(() => (slow.isCompleted ? undefined : slow.rollback()))
    await outbox.add(slow, [early])
    await commit(late)
    await eventually('the later one is published', async () =>
      (await published()).includes(late.id)
    )
    await slow.commit()
    await eventually('the early one is published', async () =>
      (await published()).includes(early.id)
    )
    assert.deepEqual(await published(), [early.id, late.id])
  })

  test('raises its low watermark past published rows, but never past an id that may still commit', async ({
    assert,
    cleanup,
  }) => {
    const connection = await LeaderConnection.open(directConnection('orders'), quiet)
    const watermark = await LowWatermark.load(connection)
    const slow = await orders().transaction()
    cleanup(async () => {
      if (!slow.isCompleted) await slow.rollback()
      await connection.close()
    })
    await outbox.add(slow, [message()])
    await commit(message())
    await connection.query('update outbox set published_at = now()')
    await watermark.advance()
    await watermark.advance()
    await watermark.advance()
    const before = watermark.value
    assert.equal(before, '0')

    await slow.commit()
    await watermark.advance()
    const [{ early }] = await connection.query<{ early: number }>(
      'select min(id) as early from outbox where published_at is null'
    )
    assert.equal(watermark.value, String(early - 1), 'just below the row that came late')

    await connection.query('update outbox set published_at = now()')
    await watermark.advance()
    await watermark.advance()
    const [{ last }] = await connection.query<{ last: number }>(
      'select max(id) as last from outbox'
    )
    assert.equal(watermark.value, String(last))
  })

  test('starts at the watermark of the previous leader, or at 0 in an emptied outbox', async ({
    assert,
    cleanup,
  }) => {
    const rows = Array.from({ length: 10_001 }, () => message('one key'))
    await commit(...rows)
    const connection = await LeaderConnection.open(directConnection('orders'), quiet)
    await connection.query('update outbox set published_at = now()')
    cleanup(() => connection.close())
    const watermark = await LowWatermark.load(connection)
    await watermark.advance()
    await watermark.advance()
    assert.equal((await LowWatermark.load(connection)).value, watermark.value)
    const late = message()
    await commit(late)
    startRelay(embedded())
    await eventually('what comes later is published', async () => {
      const { published_at: at } = await orders()
        .from('outbox')
        .where('message_id', late.id)
        .first()
      return at !== null
    })

    await db
      .connection('orders_owner')
      .rawQuery('truncate outbox; alter table outbox alter id restart')
    await commit(message())
    assert.equal((await LowWatermark.load(connection)).value, '0')
  })

  test('keeps the commit order of each key under concurrent writes', async ({ assert }) => {
    const transport = embedded()
    startRelay(transport)
    const keys = Array.from({ length: 20 }, () => uuidv7())
    const sent = new Map<string, string[]>(keys.map((key) => [key, []]))
    await Promise.all(
      Array.from({ length: 15 }, async () => {
        for (const key of keys) {
          await orders().transaction(async (trx) => {
            // As an aggregate's row would be: the next id is drawn under this lock.
            await trx.rawQuery('select pg_advisory_xact_lock(?)', [keyHash(key)])
            const one = message(key)
            await outbox.add(trx, [one])
            sent.get(key)!.push(one.id)
          })
        }
      })
    )
    await eventually('all are published', async () => (await published()).length === 300)
    const order = transport.sends.flatMap(({ ids }) => ids)
    for (const [key, ids] of sent) {
      const mine = new Set(ids)
      assert.deepEqual(
        order.filter((id) => mine.has(id)),
        ids,
        key
      )
    }
  })

  test('publishes to healthy partitions beside a dead one with more rows than a batch', async ({
    assert,
  }) => {
    let dead = true
    const transport = new FaultyTransport(new Partitioned(3), {
      before: (partition) => {
        if (dead && partition === 0) throw new Error('no leader')
      },
    })
    await commit(...Array.from({ length: 1_200 }, () => message(keyOf(0, 3))))
    const healthy = [message(keyOf(1, 3)), message(keyOf(2, 3))]
    await commit(...healthy)
    const relay = startRelay(transport)
    await eventually('the healthy ones are published', async () => (await published()).length === 2)
    assert.sameMembers(
      await published(),
      healthy.map(({ id }) => id)
    )
    assert.match(relay.warnings()[0], /no leader/)

    dead = false
    await eventually('the dead one has caught up', async () => (await published()).length === 1_202)
    assert.deepEqual(relay.warnings(), [])
  })

  test('repeats a batch whose acknowledgement was lost before later messages of its keys', async ({
    assert,
  }) => {
    let cuts = 3
    const transport = embedded({
      after: () => {
        if (cuts-- > 0) throw new Error('acknowledgement cut')
      },
    })
    const key = uuidv7()
    const [first, second] = [message(key, 1), message(key, 2)]
    await commit(first)
    startRelay(transport)
    await eventually('the first try', () => transport.sends.length > 0)
    await commit(second)
    await eventually('both are published', async () => (await published()).length === 2)
    const order = transport.sends.flatMap(({ ids }) => ids)
    assert.equal(order[0], first.id)
    assert.isBelow(order.lastIndexOf(first.id), order.lastIndexOf(second.id))
  })

  test('has one leader; when it stops, a standby takes over', async ({ assert }) => {
    const first = startRelay(embedded())
    await eventually('the first leads', () => first.leads)
    const second = startRelay(embedded())
    await commit(message())
    await eventually('published', async () => (await published()).length === 1)
    assert.isFalse(second.leads)

    await first.stop()
    await commit(message())
    await eventually('published by the second', async () => (await published()).length === 2)
    assert.isTrue(second.leads)
  })

  test('stops publishing when it loses its lock', async ({ assert }) => {
    const frozen = await LeaderConnection.open(directConnection('orders'), quiet)
    assert.isTrue(await frozen.tryLock())
    const heir = await LeaderConnection.open(directConnection('orders'), quiet)
    assert.deepEqual(await heir.query('show idle_session_timeout'), [
      { idle_session_timeout: '3s' },
    ])
    await eventually('the heir has the lock', () => heir.tryLock())
    await assert.rejects(() => frozen.query('update outbox set published_at = now()'))
    await heir.close()
  })

  test('reconnects and continues when its connection is killed', async ({ assert }) => {
    const relay = startRelay(embedded())
    await eventually('it leads', () => relay.leads)
    const killed = await db.connection('orders_owner').rawQuery(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name like ? and datname = current_database()`,
      [`%, process ${process.pid}`]
    )
    assert.isAtLeast(killed.rowCount, 1)
    await commit(message())
    await eventually('published', async () => (await published()).length === 1)
  })
})
