/*
 * What a reader gets who was away, or who gets much at once.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import { Client } from 'pg'
import { directConnection } from '#config/database'
import { openStreams } from '#http/server/event_stream'
import { TimelineTailer } from '#orders/live/timeline_tailer'
import { stepFeed } from '#orders/live/step_feed'
import { EventReader } from '#tests/support/connections/event_reader'
import { placed } from '#tests/support/orders'
import { emptyShop, person, priced, type Person } from '#tests/support/shop'

const base = `http://${process.env.HOST}:${process.env.PORT}`
const orders = () => db.connection('orders')

let ada: Person
let clerk: Person
let readers: EventReader[] = []

async function watch(by: Person, path: string, place?: string) {
  const authorization = `Bearer ${by.token}`
  const reader = await EventReader.open(`${base}/api/v1${path}`, {
    authorization,
    ...(place && { 'last-event-id': place }),
  })
  readers.push(reader)
  return reader
}

async function openShop() {
  await emptyShop()
  await priced('MUG', 1_250)
  ada = await person('customer', 'Ada')
  clerk = await person('clerk', 'Carl')
}

async function everybodyGoes() {
  for (const reader of readers) reader.close()
  readers = []
  const tooLate = AbortSignal.timeout(30_000)
  while (openStreams() > 0) {
    tooLate.throwIfAborted()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

interface Steps {
  from: number
  count: number
  /** Of the detail of each. */
  bytes: number
}

/** Past the use cases, in one statement. */
async function addSteps(
  id: string,
  { from, count, bytes }: Steps,
  client: Pick<TransactionClientContract, 'rawQuery'> = orders()
) {
  await client.rawQuery(
    `insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, detail)
     select ?, n, now(), 'details_changed', 'pending', 1, '{"kind":"system","id":null,"name":null}',
       jsonb_build_object('changed', repeat('x', ?)) from generate_series(?::int, ?::int) as n`,
    [id, bytes, from, from + count - 1]
  )
}

const sequences = (events: { data: { sequence: number } }[]) =>
  events.map(({ data }) => data.sequence)
const upTo = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

/** The next so many of the order's; a resume may begin with steps of before. */
async function toldOf(orderId: string, reader: EventReader, count: number) {
  const told: number[] = []
  while (told.length < count) {
    const [{ data }] = await reader.take(1)
    if (data.orderId === orderId) told.push(data.sequence)
  }
  return told
}

test.group('A reader who keeps up', (group) => {
  group.setup(openShop)
  group.each.teardown(everybodyGoes)

  test('gets a megabyte that comes at once', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const [one, all] = [
      await watch(ada, `/orders/${id}/events`),
      await watch(ada, '/orders/events'),
    ]
    await Promise.all([one.take(1), all.mark()])
    await addSteps(id, { from: 2, count: 50, bytes: 20_000 })
    stepFeed.committed()
    assert.deepEqual(sequences(await all.take(50)), upTo(2, 50))
    assert.deepEqual(sequences(await one.take(50)), upTo(2, 50))
  })

  test('gets all it has missed, though it is more than lies in our memory', async ({
    client,
    assert,
  }) => {
    const all = await watch(ada, '/orders/events')
    const place = await all.mark()
    all.close()
    const id = await placed(client, ada)
    await addSteps(id, { from: 2, count: 200, bytes: 20_000 })
    const ofAll = await watch(ada, '/orders/events', place)
    assert.deepEqual(await toldOf(id, ofAll, 201), upTo(1, 201))
    const ofOne = await watch(ada, `/orders/${id}/events`, '1')
    assert.deepEqual(sequences(await ofOne.take(200)), upTo(2, 200))
  })

  test('gets pages of steps in the order of each order, while an older step is still to commit', async ({
    client,
    assert,
  }) => {
    const all = await watch(clerk, '/orders/events')
    const place = await all.mark()
    all.close()
    const [late, id] = [await placed(client, ada), await placed(client, ada)]
    const trx = await orders().transaction()
    await addSteps(late, { from: 2, count: 1, bytes: 1 }, trx)
    await addSteps(id, { from: 2, count: 1_200, bytes: 1 })
    const again = await watch(clerk, '/orders/events', place)
    const told = { [id]: [] as number[], [late]: [] as number[] }
    const hear = async (orderId: string, count: number) => {
      while (told[orderId].length < count) {
        // The resume may begin with steps of other tests.
        const [{ data }] = await again.take(1)
        told[data.orderId]?.push(data.sequence)
      }
    }
    await hear(id, 1_201)
    await addSteps(id, { from: 1_202, count: 1, bytes: 1 })
    await trx.commit()
    stepFeed.committed()
    await hear(id, 1_202)
    await hear(late, 2)
    assert.deepEqual(told[id], upTo(1, 1_202))
    assert.deepEqual(told[late], [1, 2])
  })
})

test.group('A stream that cannot be read up to now', (group) => {
  group.setup(openShop)
  group.each.teardown(everybodyGoes)

  test('ends, and its reader comes back where it was', async ({ client, assert, cleanup }) => {
    const owner = db.connection('orders_owner')
    const allow = () => owner.rawQuery('grant select on timeline_steps to orders_app')
    cleanup(async () => void (await allow()))
    const id = await placed(client, ada)
    const first = await watch(ada, `/orders/${id}/events`)
    const [{ id: place }] = await first.take(1)
    await owner.rawQuery('revoke select on timeline_steps from orders_app')
    const second = await watch(ada, `/orders/${id}/events`, place)
    await second.ended
    assert.deepEqual([second.status, second.failure, second.waiting], [200, null, 0])
    await allow()
    await addSteps(id, { from: 2, count: 1, bytes: 1 })
    const third = await watch(ada, `/orders/${id}/events`, place)
    assert.deepEqual(sequences(await third.take(1)), [2])
  })
})

test.group('The place of the feed', (group) => {
  group.setup(openShop)

  test('waits for a transaction that began while it was asked which are open', async ({
    client,
    assert,
    cleanup,
  }) => {
    const [early, late] = [await placed(client, ada), await placed(client, ada)]
    const connection = new Client(directConnection('orders'))
    await connection.connect()
    cleanup(() => connection.end())
    const reader = new TimelineTailer()
    await reader.read(connection)
    await reader.prune(connection)

    let trx: TransactionClientContract | null = null
    const ask = connection.query.bind(connection) as (...args: any[]) => any
    connection.query = (async (...args: any[]) => {
      const answer = await ask(...args)
      if (trx) return answer
      trx = await orders().transaction()
      await addSteps(early, { from: 2, count: 1, bytes: 1 }, trx)
      await addSteps(late, { from: 2, count: 1, bytes: 1 })
      return answer
    }) as typeof connection.query
    const steps = await reader.prune(connection)
    for (let n = 0; n < 3; n++) steps.push(...(await reader.prune(connection)))
    await trx!.commit()
    steps.push(...(await reader.read(connection)))
    assert.sameMembers(
      steps.map((step) => step.order_id),
      [early, late]
    )
  })
})
