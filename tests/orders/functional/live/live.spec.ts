import { once } from 'node:events'
import { connect } from 'node:net'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { reportEnded } from '#accounts/credentials/credential_watcher'
import { SYSTEM } from '#contracts/actor'
import { openStreams } from '#http/server/event_stream'
import { stepFeed } from '#orders/live/step_feed'
import { EventReader } from '#tests/support/connections/event_reader'
import { mugs, placed } from '#tests/support/orders'
import {
  cancel,
  emptyShop,
  handleReply,
  patch,
  person,
  post,
  priced,
  type Person,
} from '#tests/support/shop'

const base = `http://${process.env.HOST}:${process.env.PORT}`
const orders = () => db.connection('orders')

let ada: Person
let clerk: Person
let readers: EventReader[] = []

async function watch(by: Person, path: string, headers: Record<string, string> = {}) {
  const bearer = { authorization: `Bearer ${by.token}` }
  const reader = await EventReader.open(`${base}/api/v1${path}`, { ...bearer, ...headers })
  readers.push(reader)
  return reader
}

async function openShop() {
  await emptyShop()
  await priced('MUG', 1_250)
}

async function people() {
  ada = await person('customer', 'Ada')
  clerk = await person('clerk', 'Carl')
}

async function everybodyGoes() {
  for (const reader of readers) reader.close()
  await Promise.all(readers.map(({ ended }) => ended))
  readers = []
  await whenStreams(0)
}

/** Resolves when the server has as many streams open. */
async function whenStreams(count: number) {
  const tooLate = AbortSignal.timeout(30_000)
  while (openStreams() !== count) {
    tooLate.throwIfAborted()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const types = (events: { data: { type: string } }[]) => events.map(({ data }) => data.type)

test.group('The stream of one order', (group) => {
  group.setup(openShop)
  group.each.setup(people)
  group.each.teardown(everybodyGoes)

  test('tells what has happened, then each step as it happens, once and in order', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    const stream = await watch(ada, `/orders/${id}/events`)
    assert.equal(stream.status, 200)
    assert.match(stream.headers.get('content-type')!, /^text\/event-stream/)
    assert.deepEqual(types(await stream.take(2)), ['placed', 'confirmed'])

    await patch(client, ada, id, '*', { lines: mugs(3) })
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    await cancel(client, ada, id)
    const live = await stream.take(3)
    assert.deepEqual(types(live), ['revised', 'change_accepted', 'cancelled'])
    assert.deepEqual(
      live.map((event) => event.id),
      ['3', '4', '5']
    )
    const timeline = await client.get(`/api/v1/orders/${id}/timeline`).bearerToken(ada.token)
    assert.deepEqual(
      live.map(({ data }) => data),
      timeline.body().data.slice(2)
    )
  })

  test('goes on after the last step that the reader has', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const first = await watch(ada, `/orders/${id}/events`)
    const [{ id: last }] = await first.take(1)
    first.close()
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    const second = await watch(ada, `/orders/${id}/events`, { 'last-event-id': last })
    assert.deepEqual(types(await second.take(1)), ['confirmed'])
    await cancel(client, ada, id)
    assert.deepEqual(types(await second.take(1)), ['cancelled'])
    assert.equal(second.waiting, 0)
  })

  test('has no gap for a reader who comes while steps commit', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const changing = (async () => {
      for (let n = 0; n < 40; n++) await patch(client, ada, id, '*', { name: `Ada ${n}` })
    })()
    const streams: EventReader[] = []
    while (streams.length < 10) streams.push(await watch(ada, `/orders/${id}/events`))
    await changing
    for (const stream of streams) {
      const events = await stream.take(41)
      assert.deepEqual(
        events.map((event) => Number(event.id)),
        Array.from({ length: 41 }, (_, n) => n + 1)
      )
    }
  })

  test('refuses a place that it never gave', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const other = await watch(clerk, '/orders/events')
    const ofAll = await other.mark()
    for (const garbage of ['2', '99', '-1', 'x', '1.5', '1e3', ofAll, '9'.repeat(40)]) {
      const refused = await watch(ada, `/orders/${id}/events`, { 'last-event-id': garbage })
      assert.equal(refused.status, 400, garbage)
    }
    assert.equal((await watch(ada, `/orders/${id}/events`, { 'last-event-id': '' })).status, 200)
  })

  test('is the owner’s and the staff’s', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const bob = await person('customer', 'Bob')
    assert.equal((await watch(bob, `/orders/${id}/events`)).status, 404)
    assert.equal((await watch(clerk, `/orders/${id}/events`)).status, 200)
    assert.equal((await watch(ada, '/orders/none/events')).status, 404)
  })

  test('hides from customers who of the staff it was, and our messages and mails', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
    await cancel(client, clerk, id, { reason: 'sold out' })
    const [, hers] = await (await watch(ada, `/orders/${id}/events`)).take(2)
    assert.containSubset(hers.data, {
      actor: { kind: 'staff', id: null, name: null },
      messageId: null,
      detail: { reason: 'sold out' },
    })
    assert.notProperty(hers.data.detail, 'mail')
    const [, theirs] = await (await watch(clerk, `/orders/${id}/events`)).take(2)
    assert.equal(theirs.data.actor.name, 'Carl')
    assert.equal(theirs.data.detail.mail, 'order_cancelled')
    assert.isString(theirs.data.messageId)
  })

  test('answers HEAD without a stream', async ({ client }) => {
    const id = await placed(client, ada)
    const head = await client.head(`/api/v1/orders/${id}/events`).bearerToken(ada.token)
    head.assertStatus(200)
    head.assertHeader('content-type', 'text/event-stream; charset=utf-8')
  })
})

test.group('The stream of all orders', (group) => {
  group.setup(openShop)
  group.each.setup(people)
  group.each.teardown(everybodyGoes)

  test('tells a customer of their own orders, and staff of all, from now on', async ({
    client,
    assert,
  }) => {
    const before = await watch(clerk, '/orders/events')
    await before.mark()
    await placed(client, ada)
    await before.take(1)
    const [hers, all] = [await watch(ada, '/orders/events'), await watch(clerk, '/orders/events')]
    await Promise.all([hers.mark(), all.mark()])
    const bob = await person('customer', 'Bob')
    const theirs = (await post(client, bob, { lines: mugs(1) })).body().id
    const own = await placed(client, ada)
    assert.deepEqual(
      (await all.take(2)).map(({ data }) => [data.orderId, data.type, data.sequence]),
      [
        [theirs, 'placed', 1],
        [own, 'placed', 1],
      ]
    )
    const [{ data }] = await hers.take(1)
    assert.deepEqual([data.orderId, hers.waiting], [own, 0])
  })

  test('has no gap over a resume, whatever commits meanwhile', async ({ client, assert }) => {
    const first = await watch(clerk, '/orders/events')
    let place = await first.mark()
    const id = await placed(client, ada)
    const seen = new Set<string>()
    const changing = (async () => {
      for (let n = 0; n < 60; n++) await patch(client, ada, id, '*', { name: `Ada ${n}` })
    })()
    first.close()
    while (seen.size < 61) {
      const again = await watch(clerk, '/orders/events', { 'last-event-id': place })
      for (const event of await again.take(1)) {
        const { sequence } = event.data
        assert.isTrue(sequence === 1 || seen.has(String(sequence - 1)), 'in order of the order')
        seen.add(String(sequence))
        place = event.id
      }
      again.close()
    }
    await changing
  })

  test('waits for a step that drew its place early and commits late', async ({
    client,
    assert,
  }) => {
    const late = await placed(client, ada)
    const all = await watch(clerk, '/orders/events')
    const before = await all.mark()
    const trx = await orders().transaction()
    await trx.from('orders').where('id', late).forUpdate()
    const step = { order_id: late, at: new Date(), type: 'attention', status: 'pending' }
    await trx
      .table('timeline_steps')
      .insert({ ...step, sequence: 2, revision: 1, actor: JSON.stringify(SYSTEM) })
    const overtaking = await placed(client, ada)
    const [event] = await all.take(1)
    assert.equal(event.data.orderId, overtaking)
    // A reader that leaves now and returns must not miss steps that are still to commit.
    const leaving = await watch(clerk, '/orders/events', { 'last-event-id': event.id })
    await trx.commit()
    assert.containSubset((await all.take(1))[0].data, { orderId: late, sequence: 2 })
    const told = await leaving.take(2)
    assert.sameMembers(
      told.map(({ data }) => data.orderId),
      [late, overtaking]
    )
    assert.equal(event.id, before, 'the place waits for what is still to commit')
  })

  test('gives up a place whose transaction was rolled back', async ({ client, assert }) => {
    const all = await watch(clerk, '/orders/events')
    await all.mark()
    const id = await placed(client, ada)
    const trx = await orders().transaction()
    const step = { order_id: id, at: new Date(), type: 'attention', status: 'pending' }
    await trx
      .table('timeline_steps')
      .insert({ ...step, sequence: 2, revision: 1, actor: JSON.stringify(SYSTEM) })
    await trx.rollback()
    // Each second the feed asks which transactions are over; until then the place stays behind. Meanwhile a
    // customer would come to the end of what one may ask in a minute.
    let places: string[] = []
    do {
      await patch(client, clerk, id, '*', { name: `Ada ${places.length}` })
      places = [...places, (await all.take(1))[0].id]
    } while (placeNumber(places.at(-1)!) - placeNumber(places[0]) < 2)
    assert.isAbove(places.length, 1)
  })

  test('refuses a place that it never gave', async ({ assert }) => {
    const future = Buffer.from('steps 999999999').toString('base64url')
    for (const garbage of ['1', 'x', future, Buffer.from('steps -1').toString('base64url')]) {
      const refused = await watch(clerk, '/orders/events', { 'last-event-id': garbage })
      assert.equal(refused.status, 400, garbage)
    }
  })
})

test.group('A stream ends', (group) => {
  group.setup(openShop)
  group.each.setup(people)
  group.each.teardown(everybodyGoes)

  test('when its token is revoked, here at once', async ({ client }) => {
    const stream = await watch(ada, '/orders/events')
    await stream.mark()
    await client.delete('/api/v1/tokens/current').bearerToken(ada.token)
    await stream.ended
  })

  test('when its token expires, or is gone from the database', async ({ assert }) => {
    const stream = await watch(ada, '/orders/events')
    const other = await watch(clerk, '/orders/events')
    await Promise.all([stream.mark(), other.mark()])
    await db
      .connection('accounts')
      .from('access_tokens')
      .where('tokenable_id', ada.id)
      .update({ expires_at: new Date(Date.now() - 1) })
    await reportEnded()
    await stream.ended
    assert.equal(other.waiting, 0)
  })

  test('when its reader takes nothing any more, and those of others go on', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, ada)
    const slow = connect(Number(process.env.PORT), process.env.HOST!)
    slow.write(
      `GET /api/v1/orders/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`
    )
    await once(slow, 'readable')
    slow.pause()
    const good = await watch(ada, `/orders/${id}/events`)
    await good.take(1)
    // More than the kernel keeps for a reader: ten long steps at a time.
    for (let sequence = 2; openStreams() > 1; sequence += 10) {
      assert.isBelow(sequence, 2_000)
      await longSteps(id, sequence, 10)
      await good.take(10)
    }
    slow.destroy()
  })
})

test.group('A browser', (group) => {
  group.setup(openShop)
  group.each.setup(people)
  group.each.teardown(everybodyGoes)

  test('follows an order with a ticket, for that order alone', async ({ client, assert }) => {
    const [id, other] = [await placed(client, ada), await placed(client, ada)]
    const issued = await client.post(`/api/v1/orders/${id}/stream-tickets`).bearerToken(ada.token)
    issued.assertStatus(201)
    const { url, expiresAt } = issued.body()
    assert.closeTo(new Date(expiresAt).getTime(), Date.now() + 15 * 60_000, 60_000)
    for (let n = 0; n < 2; n++) {
      const stream = await EventReader.open(url)
      readers.push(stream)
      assert.deepEqual(types(await stream.take(1)), ['placed'])
    }
    for (const wrong of [
      url.replace(id, other),
      `${url}x`,
      url.replace('/events?', '/timeline?'),
      `${base}/api/v1/orders/${id}/events?ticket=`,
      `${base}/api/v1/orders/${id}/events?ticket[]=x`,
    ]) {
      assert.equal((await EventReader.open(wrong)).status, 401, wrong)
    }
    const stranger = await client
      .post(`/api/v1/orders/${id}/stream-tickets`)
      .bearerToken((await person('customer', 'Bob')).token)
    stranger.assertStatus(404)
  })

  test('loses it with the token that it was made with', async ({ client, assert }) => {
    const id = await placed(client, ada)
    const issued = await client.post(`/api/v1/orders/${id}/stream-tickets`).bearerToken(ada.token)
    const stream = await EventReader.open(issued.body().url)
    readers.push(stream)
    await stream.take(1)
    await client.delete('/api/v1/tokens/current').bearerToken(ada.token)
    await stream.ended
    assert.equal((await EventReader.open(issued.body().url)).status, 401)
  })

  test('must not put an access token into an address', async ({ client, assert }) => {
    const id = await placed(client, ada)
    for (const name of ['access_token', 'token']) {
      const refused = await client.get(`/api/v1/orders/${id}/events`).qs({ [name]: ada.token })
      refused.assertStatus(400)
      assert.equal(refused.body().code, 'token_in_query')
      assert.notInclude(JSON.stringify(refused.body()), ada.token)
    }
  })
})

/** Steps of 20 KB each, past the use cases. */
async function longSteps(id: string, from: number, count: number) {
  await orders().rawQuery(
    `insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, detail)
     select ?, n, now(), 'details_changed', 'pending', 1, '{"kind":"system","id":null,"name":null}',
       jsonb_build_object('changed', repeat('x', 20000)) from generate_series(?::int, ?::int) as n`,
    [id, from, from + count - 1]
  )
  stepFeed.committed()
}

function placeNumber(id: string) {
  return Number(Buffer.from(id, 'base64url').toString().split(' ')[1])
}
