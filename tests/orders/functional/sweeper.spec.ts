import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { test } from '@japa/runner'
import { Sweeper } from '#orders/stock_replies/sweeper'
import { messagesAbout, mugs, placed } from '#tests/support/orders'
import {
  cancel,
  emptyShop,
  fulfil,
  handleReply,
  patch,
  person,
  priced,
  read,
  type Person,
} from '#tests/support/shop'

const orders = () => db.connection('orders')
const HALF_A_MINUTE = 30_000

const sweeper = (replyTimeout = HALF_A_MINUTE, client: () => QueryClientContract = orders) =>
  new Sweeper({ client, leads: () => true, replyTimeout, logger })

test.group('An order that waits too long for a stock reply', (group) => {
  let admin: Person

  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    admin = await person('admin')
  })

  test('is told to inventory again, as a message of its own that names the first', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, admin)
    await sweeper().tick()
    assert.lengthOf(await messagesAbout(id), 1, 'its time has not come')

    await timeHasCome(id)
    await sweeper().tick()
    const [first, second] = await messagesAbout(id)
    assert.deepEqual([second.type, second.data], [first.type, first.data])
    assert.notEqual(second.message_id, first.message_id)
    assert.equal(second.headers.ce_resendof, first.message_id)
  })

  test('is told its current revision, whatever that is', async ({ client, assert }) => {
    const changed = await placed(client, admin)
    await patch(client, admin, changed, '*', { lines: mugs(3) })
    const cancelled = await placed(client, admin)
    await cancel(client, admin, cancelled, { reason: 'late' })
    const fulfilled = await placed(client, admin)
    await handleReply(fulfilled, 'reserved', { revision: 1, heldRevision: 1 })
    await fulfil(client, admin, fulfilled, { revision: 1 })
    await timeHasCome(changed, cancelled, fulfilled)
    await sweeper().tick()
    for (const id of [changed, cancelled, fulfilled]) {
      const messages = (await messagesAbout(id)).filter(({ type }) => type !== 'order_confirmed')
      const [first, again] = messages.slice(-2)
      assert.deepEqual([again.type, again.data], [first.type, first.data])
      assert.equal(again.headers.ce_resendof, first.message_id)
    }
  })

  test('waits longer from time to time, then needs attention; a reply ends that', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, admin)
    const waits: number[] = []
    for (let n = 0; n < 5; n++) {
      await timeHasCome(id)
      await sweeper().tick()
      const { resend_at: next } = await orders().from('orders').where('id', id).firstOrFail()
      waits.push(Math.round((next.getTime() - Date.now()) / HALF_A_MINUTE))
    }
    assert.deepEqual(waits, [2, 4, 8, 16, 1])
    assert.lengthOf(await messagesAbout(id), 6)
    assert.isFalse((await read(client, admin, id)).body().attention)

    await timeHasCome(id)
    await sweeper().tick()
    const flagged = (await read(client, admin, id)).body()
    assert.containSubset(flagged, { attention: true, status: 'pending', version: 2 })
    await timeHasCome(id)
    await sweeper().tick()
    assert.lengthOf(await messagesAbout(id), 6, 'it is not told any more')

    // What the customer read before still holds: no caller has changed it.
    ;(await patch(client, admin, id, '"1"', { name: 'Ada' })).assertStatus(200)
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    const replied = (await read(client, admin, id)).body()
    assert.containSubset(replied, { attention: false, status: 'confirmed' })
    const steps = await client.get(`/api/v1/orders/${id}/timeline`).bearerToken(admin.token)
    assert.deepEqual(
      steps.body().data.map(({ type }: { type: string }) => type),
      ['placed', 'attention', 'details_changed', 'confirmed']
    )
  })

  test('is left alone once inventory has replied, or while its message is still in the outbox', async ({
    client,
    assert,
  }) => {
    const replied = await placed(client, admin)
    await handleReply(replied, 'reserved', { revision: 1, heldRevision: 1 })
    const untold = await placed(client, admin)
    await timeHasCome(replied, untold)
    await orders().from('outbox').where('key', untold).update({ published_at: null })
    await sweeper().tick()
    assert.lengthOf(await messagesAbout(untold), 1)
    assert.deepEqual(
      (await messagesAbout(replied)).map(({ type }) => type),
      ['order_placed', 'order_confirmed']
    )
  })

  test('is re-sent with a limit while inventory is silent', async ({ client, assert }) => {
    const ids: string[] = []
    for (let n = 0; n < 60; n++) ids.push(await placed(client, admin))
    await timeHasCome(...ids)
    // Silence counts at once.
    const sweeping = sweeper(0)
    await sweeping.tick()
    assert.equal(sweeping.counts.resent, 50, 'the limit per poll')
    await timeHasCome(...ids)
    await sweeping.tick()
    await sweeping.tick()
    assert.equal(sweeping.counts.resent, 52, 'one at a time from now on')
    assert.isNotEmpty(sweeping.warnings())
    const untried = await orders().from('orders').where('resends', 0)
    assert.isAtLeast(untried.length, 8, 'the others use up no try')

    await handleReply(ids[0], 'reserved', { revision: 1, heldRevision: 1 })
    await timeHasCome(...ids)
    await sweeping.tick()
    assert.equal(sweeping.counts.resent, 102, 'any reply lifts the limit')
  })

  test('lets the others wait, however often one request is re-sent', async ({ client, assert }) => {
    let now = Date.now()
    const id = await placed(client, admin)
    const timing = { replyTimeout: HALF_A_MINUTE, now: () => now }
    const sweeping = new Sweeper({ client: orders, leads: () => true, logger, ...timing })
    for (const [passed, quiet] of [
      [0, false],
      [20_000, false],
      [15_000, true],
      [40_000, true],
    ] as const) {
      now += passed
      await timeHasCome(id)
      await sweeping.tick()
      assert.equal(sweeping.warnings().length > 0, quiet, `${passed} later`)
    }
    assert.equal(sweeping.counts.resent, 4)
  })

  test('troubles the process no longer once a person has to look', async ({ client, assert }) => {
    const id = await placed(client, admin)
    const sweeping = sweeper(0)
    await timeHasCome(id)
    await sweeping.tick()
    assert.isNotEmpty(sweeping.warnings())
    await orders().from('orders').where('id', id).update({ resends: 5 })
    await timeHasCome(id)
    await sweeping.tick()
    assert.equal(sweeping.counts.flagged, 1)
    assert.isEmpty(sweeping.warnings())
  })

  test('waits quietly with thousands of others while nothing can be published', async ({
    client,
    assert,
    cleanup,
  }) => {
    const id = await placed(client, admin)
    await timeHasCome(id)
    await multiply(id, 6_000)
    await orders().from('outbox').update({ published_at: null })
    const trx = await orders().transaction()
    cleanup(() => trx.rollback())
    const sweeping = sweeper(HALF_A_MINUTE, () => trx)
    await sweeping.tick()
    const [{ rows }] = await trx
      .from('pg_stat_xact_user_tables')
      .whereRaw(`relid in (select relid from pg_partition_tree('outbox'))`)
      .select(db.raw('sum(seq_tup_read + idx_tup_fetch)::int as rows'))
    assert.isBelow(rows, 10 * 6_000, 'messages of others are not read for each order')
    assert.deepEqual(sweeping.counts, { resent: 0, flagged: 0 }, 'none was told the first time')
  })
})

/** As if the wait were over, and what was said before published. */
async function timeHasCome(...ids: string[]) {
  await orders().from('outbox').whereIn('key', ids).update({ published_at: new Date() })
  await orders()
    .from('orders')
    .whereIn('id', ids)
    .whereNotNull('resend_at')
    .update({ resend_at: new Date(Date.now() - 1_000) })
}

/** So many copies of the order and of what was said of it; every other one has used up its tries. */
async function multiply(id: string, count: number) {
  await orders().transaction(async (trx) => {
    await trx.rawQuery(
      `create temp table copies on commit drop as
       select gen_random_uuid() as id, n from generate_series(1, ?::int) as n`,
      [count]
    )
    await trx.rawQuery(
      `insert into orders select (jsonb_populate_record(orders, jsonb_build_object(
         'id', copies.id, 'number', orders.number + n, 'resends', 5 * (n % 2)))).*
       from orders, copies where orders.id = ?`,
      [id]
    )
    await trx.rawQuery(
      `insert into outbox (message_id, topic, key, key_hash, type, version, data)
       select gen_random_uuid(), topic, copies.id, key_hash, type, version, data
       from outbox, copies where key = ?`,
      [id]
    )
  })
}
