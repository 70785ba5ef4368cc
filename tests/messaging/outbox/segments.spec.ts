/*
 * The segments of the outbox: when they begin, when they are dropped, and what keeps them.
 */
import db from '@adonisjs/lucid/services/db'
import { getActiveTestOrFail, test } from '@japa/runner'
import pg from 'pg'
import { directConnection } from '#config/database'
import { renewSegments, SEGMENT_IDS } from '#messaging/outbox/segments'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import {
  commit,
  message,
  orders,
  published,
  startRelay,
} from '#tests/messaging/support/orders_outbox'
import { eventually } from '#tests/support/eventually'
import { emptyShop } from '#tests/support/shop'

const DAY = 86_400_000

const renew = () => renewSegments(directConnection('orders'), 7 * DAY)

test.group('A segment of the outbox', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await renew()
  })

  test('ends when a seventh of the retention has passed', async ({ assert }) => {
    await add('a')
    await renew()
    await add('b')
    await age('a', 1.1)
    await renew()
    await add('c')
    const [a, b, c] = await rows()
    assert.deepEqual([a.segment, b.segment, c.segment], [a.segment, a.segment, a.segment + 1])
  })

  test('takes messages for as long as no other begins', async ({ assert }) => {
    await add('a')
    await age('a', 400)
    await add('b')
    const [a, b] = await rows()
    assert.equal(a.segment, b.segment)
  })

  test('stays while its last message guards a change of the transport', async ({ assert }) => {
    const name = await closedSegment('a')
    await age('a', 8)
    await orders().rawQuery('update outbox set partition = 0')
    await orders().rawQuery('delete from outbox where id > (select min(id) from outbox)')
    assert.equal(await renew(), 0)
    assert.include(await tables(), name)
    await orders().rawQuery('update messaging_state set verified_id = (select max(id) from outbox)')
    assert.equal(await renew(), 1)
  })

  test('is dropped when its last message has expired', async ({ assert }) => {
    const name = await closedSegment('a', 'b')
    for (const key of ['a', 'b']) {
      await age(key, 6)
      assert.equal(await renew(), 0)
      await age(key, 8)
    }
    assert.equal(await renew(), 2)
    assert.deepEqual(await keys(), ['newer'])
    assert.notInclude(await tables(), name)
  })

  test('stays while a message in it is pending', async ({ assert }) => {
    await closedSegment('a', 'b')
    await orders().from('outbox').where('key', 'a').update({ published_at: null })
    assert.equal(await renew(), 0)
    assert.deepEqual(await keys(), ['a', 'b', 'newer'])
  })

  test('stays while the key of a message in it is parked', async ({ assert }) => {
    await closedSegment('a', 'b')
    await orders().table('parked_keys').insert({ key: 'b', outbox_id: 1, error: 'no' })
    assert.equal(await renew(), 0)
    assert.deepEqual(await keys(), ['a', 'b', 'newer'])
    await orders().from('parked_keys').delete()
    assert.equal(await renew(), 2)
  })

  test('stays while a transaction that wrote to it is open', async ({ assert }) => {
    await add('a')
    const late = await orders().transaction()
    getActiveTestOrFail().cleanup(() => (late.isCompleted ? undefined : late.rollback()))
    await late.rawQuery(insertOf('late'))
    await age('a', 8)
    await renew()
    await add('b')
    assert.equal(await renew(), 0)
    await late.commit()
    assert.deepEqual(await keys(), ['a', 'late', 'b'])
    assert.equal(await renew(), 0)
    startRelay(new EmbeddedTransport())
    await eventually('all are published', async () => (await published()).length === 3)
    const [a, inTime, b] = await rows()
    assert.deepEqual([inTime.key, inTime.segment, b.segment], ['late', a.segment, a.segment + 1])
  })

  test('is followed by another without changing the order of a key', async ({ assert }) => {
    const [first, second] = [message('k', 1), message('k', 2)]
    await commit(first)
    await orders()
      .from('outbox')
      .update({ created_at: daysAgo(2) })
    await renew()
    await commit(second)
    const sent: string[] = []
    class Recording extends EmbeddedTransport {
      override async send(...[, , records]: Parameters<EmbeddedTransport['send']>) {
        sent.push(...records.map(({ headers }) => String(headers.ce_id)))
        return null
      }
    }
    startRelay(new Recording())
    await eventually('both are published', async () => (await published()).length === 2)
    assert.deepEqual(sent, [first.id, second.id])
    const [one, two] = await rows()
    assert.equal(two.segment, one.segment + 1)
  })

  test('does not begin while twelve are kept', async ({ assert }) => {
    const kept: string[] = []
    for (let n = 1; n <= 14; n++) {
      await add(`k${n}`)
      await age(`k${n}`, 2)
      await renew()
      kept.push(`k${n}`)
    }
    assert.lengthOf(await tables(), 12)
    assert.deepEqual(await keys(), kept)
  })

  test('is dropped beside an open reader of the outbox, and no message waits', async ({
    assert,
  }) => {
    const name = await closedSegment('a')
    const reader = await openReader()
    let isOver = false
    let written = 0
    const writing = (async () => {
      for (; !isOver; written++) {
        await orders().transaction(async (trx) => {
          // A message that had to wait for longer would fail.
          await trx.rawQuery(`set local lock_timeout = '10ms'`)
          await trx.rawQuery(insertOf('newer'))
        })
      }
    })()
    assert.equal(await renew(), 0)
    assert.equal(await renew(), 0)
    assert.include(await tables(), name)
    await reader.query('commit')
    assert.equal(await renew(), 1)
    isOver = true
    await writing
    assert.isAbove(written, 10)
    assert.notInclude(await tables(), name)
  })

  test('begins while a reader keeps another from being dropped', async ({ assert }) => {
    await closedSegment('a')
    const reader = await openReader()
    await age('newer', 2)
    assert.equal(await renew(), 0)
    await add('newest')
    const [newer, newest] = await rows()
    assert.equal(newest.segment, newer.segment + 1)
    await reader.query('commit')
    assert.equal(await renew(), 1)
    assert.deepEqual(await keys(), ['newer', 'newest'])
  })

  test('is dropped by the next run when a process was killed while it waited for readers', async ({
    assert,
  }) => {
    const name = await closedSegment('a', 'b')
    const reader = await openReader()
    const killed = await connect()
    const detaching = killed
      .query(`alter table outbox detach partition ${name} concurrently`)
      .catch(() => {})
    await eventually('it waits', async () => (await detachPending()) === name)
    await owner().rawQuery('select pg_terminate_backend(?)', [processOf(killed)])
    await detaching
    await reader.query('commit')
    assert.equal(await renew(), 2)
    assert.notInclude(await tables(), name)
  })

  test('is dropped by the next run when a process was killed after the detach', async ({
    assert,
  }) => {
    const name = await closedSegment('a', 'b')
    await owner().rawQuery(`alter table outbox detach partition ${name} concurrently`)
    assert.equal(await renew(), 2)
    assert.notInclude(await tables(), name)
  })

  test('returns when it was detached although a message in it is pending', async ({ assert }) => {
    const name = await closedSegment('a', 'b')
    await orders().from('outbox').where('key', 'a').update({ published_at: null })
    await owner().rawQuery(`alter table outbox detach partition ${name} concurrently`)
    assert.deepEqual(await keys(), ['newer'])
    assert.equal(await renew(), 0)
    assert.deepEqual(await keys(), ['a', 'b', 'newer'])
  })

  test('is attached before it takes messages: a running statement knows only older ones', async ({
    assert,
  }) => {
    await add('a')
    const [{ segment }] = await rows()
    assert.include(await tables(), `outbox_${segment + 1}`)
    await owner().rawQuery(`drop table outbox_${segment + 1}`)
    await age('a', 2)
    await renew()
    await add('b')
    await renew()
    await add('c')
    assert.deepEqual(
      (await rows()).map((row) => row.segment - segment),
      [0, 0, 1]
    )
  })

  test('is no table of somebody else with such a name', async ({ assert, cleanup }) => {
    await owner().rawQuery('create table outbox_99999 (like outbox)')
    cleanup(() => owner().rawQuery('drop table outbox_99999'))
    await renew()
    assert.deepEqual((await owner().rawQuery('select * from outbox_99999')).rows, [])
  })
})

const owner = () => db.connection('orders_owner')
const daysAgo = (days: number) => new Date(Date.now() - days * DAY)

const insertOf = (key: string) => /* sql */ `
  insert into outbox (message_id, topic, key, key_hash, type, version, data)
  values (gen_random_uuid(), 'orders', '${key}', 1, 'order_placed', 1, '{}')`

async function add(...all: string[]) {
  for (const key of all) await orders().rawQuery(insertOf(key))
}

/** As if the messages of a key had been written and published so many days ago. */
async function age(key: string, days: number) {
  const at = daysAgo(days)
  await orders().from('outbox').where({ key }).update({ created_at: at, published_at: at })
}

/** Expired messages of these keys in a segment of their own, and one of `newer` after them. @returns its name */
async function closedSegment(...all: string[]) {
  await add(...all)
  for (const key of all) await age(key, 8)
  await renew()
  await add('newer')
  const [{ segment }] = await rows()
  return `outbox_${segment}`
}

async function rows(): Promise<{ key: string; segment: number }[]> {
  const found = await orders().from('outbox').orderBy('id').select('id', 'key')
  return found.map(({ id, key }) => ({ key, segment: Math.floor(Number(id) / SEGMENT_IDS) }))
}

async function keys() {
  return (await rows()).map(({ key }) => key)
}

/** The segments, attached or not. */
async function tables(): Promise<string[]> {
  const found = await owner()
    .from('pg_class')
    .whereRaw(`relnamespace = current_schema::regnamespace and relname ~ '^outbox_[0-9]+$'`)
    .select('relname')
  return found.map(({ relname }) => relname)
}

async function detachPending() {
  const { rows: pending } = await owner().rawQuery<{ rows: { name: string }[] }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhdetachpending'
  )
  return pending[0]?.name
}

/** A transaction that has read the outbox, as that of a backup. */
async function openReader() {
  const reader = await connect()
  await reader.query('begin isolation level repeatable read')
  await reader.query('select count(*) from outbox')
  return reader
}

/** A connection of the tables' owner that ends with the test. */
async function connect() {
  const client = new pg.Client({
    connectionString: process.env.DATABASE_URL,
    options: '-c search_path=orders',
  })
  client.on('error', () => {})
  await client.connect()
  getActiveTestOrFail().cleanup(() => client.end())
  return client
}

function processOf(client: pg.Client) {
  return (client as unknown as { processID: number }).processID
}
