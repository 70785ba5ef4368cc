/*
 * The operators' pages, as their forms are sent: what each does to messages, and what it refuses.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { deadLetterGroups } from '#messaging/recovery/dead_letter_queries'
import { discardDeadLetters } from '#messaging/recovery/discard'
import { operatorActions } from '#messaging/recovery/operator_actions'
import { replays } from '#messaging/recovery/replay'
import * as notices from '#operations/pages/operator_notices'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import {
  invalidOrder,
  malformedRecord,
  blockedOrders,
} from '#tests/messaging/support/dead_letter_samples'
import { countOf, deadLetters } from '#tests/messaging/support/recording_consumer'
import { commit, message, orders } from '#tests/messaging/support/orders_outbox'
import { emptyShop, handleReply, person, post, priced, product } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'

const HOME = '/admin/operations'
const inventory = () => db.connection('inventory')

test.group('An operator at the page', (group) => {
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 10)
    desk = await plainDeskOf(await person('operator', 'Olga'))
  })

  const send = (path: string, fields: Record<string, string>, from = HOME) =>
    desk.send(`${HOME}/${path}`, fields, from)
  const said = async (path = HOME) => {
    const { text } = await desk.open(path)
    return text.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ')
  }

  test('finds the failures by their cause, and redrives one cause in the order of its keys', async ({
    assert,
  }) => {
    const [a, b, c] = [uuidv7(), uuidv7(), uuidv7()]
    await blockedOrders(a, b)
    await invalidOrder(c)
    const page = await said()
    assert.include(page, '5 dead letters in 2 groups')
    assert.include(page, 'division by zero')
    const [{ id: cause }] = await deadLetterGroups(inventory(), 'inventory')
    await send('letters/redrive', { module: 'inventory', group: cause })
    assert.include(await said(), '4 messages handled, 2 keys unblocked.')
    assert.deepEqual(
      (await deadLetters()).map(({ key }) => key),
      [c]
    )
    assert.containSubset(await operatorActions(inventory()), [
      { act: 'redrive', filter: { group: cause }, outcome: { handled: 4, finished: true } },
    ])
    assert.match((await operatorActions(inventory()))[0].who, /^Olga <.+@.+>$/)
  })

  test('who redrives while the cause still stands is told so, and nothing is lost', async ({
    assert,
  }) => {
    await invalidOrder(uuidv7())
    await malformedRecord()
    await send('letters/redrive', {})
    assert.include(await said(), '1 key failed again and stays blocked. 1 still malformed.')
    assert.deepEqual(
      (await deadLetters()).map(({ attempts }) => attempts),
      [2, 2]
    )
  })

  test('sees how many dead letters there are, counted up to 10,000', async ({ assert }) => {
    await blockedOrders(uuidv7())
    await inventory().rawQuery(
      `insert into dead_letters (consumer, reason, topic, partition, "offset", headers, attempts)
       select 'inventory', 'junk', 'orders', 0, n, '{}', 1 from generate_series(1, 10002) as n`
    )
    const page = await said(`${HOME}/letters?module=inventory`)
    assert.include(page, '1 key is blocked; 10 000+ malformed messages.')
  })

  test('sees on Today how long a key has been blocked, and "none" without one', async ({
    assert,
  }) => {
    assert.match(await said('/admin'), /Oldest blocked key none/)
    await blockedOrders(uuidv7())
    assert.match(await said('/admin'), /Oldest blocked key [\d.]+ s of inventory; 1 key behind/)
  })

  test('may do the same as another at the same time: each letter is handled once', async ({
    assert,
  }) => {
    await blockedOrders(uuidv7(), uuidv7(), uuidv7())
    const other = await plainDeskOf(await person('admin', 'Ada'))
    await Promise.all([
      send('letters/redrive', { module: 'inventory' }),
      other.send(`${HOME}/letters/redrive`, { module: 'inventory' }, HOME),
    ])
    assert.isEmpty(await deadLetters())
    assert.equal(await countOf('waiting_keys'), 0)
    const moved = await inventory().from('movements').whereNotNull('order_id')
    assert.lengthOf(moved, 6)
  })

  test('reads what a letter says only by asking, and that is on record', async ({ assert }) => {
    await blockedOrders(uuidv7())
    const [{ id }] = (await deadLetters()) as unknown as { id: number }[]
    const path = `${HOME}/letters/inventory/${id}`
    assert.notInclude(await said(path), 'MUG')
    assert.include(await said(path), '•••••')
    assert.isEmpty(await operatorActions(inventory()))
    const asked = await send(`letters/inventory/${id}/payload`, {}, path)
    assert.equal(asked.location, path)
    assert.include(await said(path), '&quot;sku&quot;:&quot;MUG&quot;')
    assert.containSubset(await operatorActions(inventory()), [{ act: 'read', filter: { id } }])
    assert.notInclude(await said(path), 'MUG', 'hidden again by a reload')
    const audited = await db
      .connection('accounts')
      .from('audit_entries')
      .where('act', 'operations.letters.unmask')
    assert.lengthOf(audited, 1)
  })

  test('reads the payload as it is in the topic: numbers, doubled members and all', async ({
    assert,
  }) => {
    await malformedRecord()
    const value = '{ "total": 9007199254740993.10, "a":1,"a" : "second \\" one",\n"e":1E400 }'
    const [{ id }] = await inventory().from('dead_letters').update({ value }).returning('id')
    const path = `${HOME}/letters/inventory/${id}`
    const payload = async () => /Payload[^>]*">([^<]*)</.exec((await desk.open(path)).text)?.[1]
    const shown = (text: string) => text.replaceAll('"', '&quot;')
    assert.equal(await payload(), shown(value.replace('second \\" one', '•••••')))
    await send(`letters/inventory/${id}/payload`, {}, path)
    assert.equal(await payload(), shown(value))
  })

  test('sees escape sequences and bidirectional controls of a topic as escapes', async ({
    assert,
  }) => {
    await malformedRecord()
    const hostile = 'a\u202eb\u001b[2J'
    const [{ id }] = await inventory()
      .from('dead_letters')
      .update({ value: hostile, key: hostile, type: hostile, error_message: hostile })
      .returning('id')
    await send(`letters/inventory/${id}/payload`, {}, `${HOME}/letters/inventory/${id}`)
    const pages = [`letters/inventory/${id}`, 'letters?module=inventory', '']
    for (const page of [...pages, `letters/discard?module=inventory&id=${id}`]) {
      const { text } = await desk.open(`${HOME}/${page}`)
      const withoutForms = text.replace(/<input[^>]*>/g, '')
      assert.notMatch(withoutForms, /(?!\s)[\p{Cc}\u202e]/u, page)
      assert.include(withoutForms, 'a\\u202eb\\u001b[2J', page)
    }
  })

  test('discards what was shown, and nothing that came later', async ({ assert }) => {
    const [shown, later] = [uuidv7(), uuidv7()]
    await blockedOrders(shown)
    for (let n = 0; n < 3; n++) await malformedRecord(null)
    const path = `${HOME}/letters/discard?module=inventory`
    const { text } = await desk.open(path)
    const fields = [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)]
    const form = Object.fromEntries(fields.map(([, name, value]) => [name, value]))
    await blockedOrders(later)
    await malformedRecord(null)
    await send('letters/discard', { ...form, why: 'a test order' }, path)
    assert.deepEqual(
      (await deadLetters()).map(({ key, reason }) => [key, reason]),
      [
        [later, 'failed'],
        [later, 'waiting'],
        [null, 'junk'],
      ]
    )
    assert.include(await said(`${HOME}/record`), '3 dead letters')
  })

  test('discards with a reason, having been told whose state stays behind and what comes next', async ({
    assert,
  }) => {
    const order = uuidv7()
    await blockedOrders(order)
    const [first, second] = (await deadLetters()) as unknown as { id: number }[]
    const path = `${HOME}/letters/discard?module=inventory&id=${first.id}`
    const asked = await said(path)
    assert.include(asked, 'Discard 1 dead letter of inventory?')
    assert.include(asked, order)
    assert.include(asked, `A redrive starts with order_cancelled, dead letter ${second.id}`)
    assert.lengthOf(await deadLetters(), 2)

    const which = { module: 'inventory', id: String(first.id), _from: path }
    const refused = await send('letters/discard', { ...which, why: '  ' }, path)
    assert.equal(refused.location, path)
    assert.include(await said(path), 'Not discarded. Why')
    assert.lengthOf(await deadLetters(), 2)

    await send('letters/discard', { ...which, why: 'a test order' }, path)
    assert.include(await said(), '1 key is still blocked: redrive the rest.')
    assert.lengthOf(await deadLetters(), 1)
    assert.containSubset(await operatorActions(inventory()), [
      { act: 'discard', why: 'a test order' },
    ])
    // Sent once more, there is nothing to discard.
    await send('letters/discard', { ...which, why: 'a test order' }, path)
    assert.include(await said(), 'No dead letter matches any more')
    assert.lengthOf(await deadLetters(), 1)
  })

  test('a discard that is stopped keeps what it did, and continues when it is called again', async ({
    assert,
  }) => {
    const keys = [uuidv7(), uuidv7(), uuidv7()]
    for (const key of keys) await invalidOrder(key)
    const by = { who: 'Olga', why: 'from the old importer' }
    const stopping = new AbortController()
    const counted: number[] = []
    const first = await discardDeadLetters(inventory(), 'inventory', {}, by, {
      signal: stopping.signal,
      onProgress: (discarded) => {
        counted.push(discarded)
        if (counted.length === 2) stopping.abort()
      },
    })
    assert.deepEqual(
      [first.finished, first.keys.map(({ key }) => key), counted],
      [false, keys.slice(0, 2), [1, 2]]
    )
    assert.deepEqual(
      (await deadLetters()).map(({ key }) => key),
      keys.slice(2)
    )
    const second = await discardDeadLetters(inventory(), 'inventory', {}, by)
    assert.deepEqual([second.finished, second.keys.length], [true, 1])
    assert.isEmpty(await deadLetters())
    assert.include(
      notices.discarded(first).text,
      'Confirm the rest below. 2 dead letters of 2 keys'
    )
  })

  test('lets a key be tried again that the broker refused', async ({ assert }) => {
    const key = uuidv7()
    await orders().table('parked_keys').insert({ key, outbox_id: 1, error: 'too large' })
    assert.include(await said(), 'The broker refuses a message: too large')
    await send('parked/retry', { module: 'orders', key })
    assert.isEmpty(await orders().from('parked_keys'))
    await send('parked/retry', { module: 'orders', key })
    assert.include(await said(), 'The key is not parked any more')
  })

  test('sends a mail again that was given up', async ({ client, assert }) => {
    await priced('MUG')
    const order = { lines: [{ sku: 'MUG', quantity: 1 }], name: 'Ada', email: 'ada@example.com' }
    const placed = await post(client, await person('service'), order)
    await handleReply(placed.body().id, 'reserved', { revision: 1, heldRevision: 1 })
    const givenUp = { status: 'given_up', attempts: 40, last_error: 'mailbox is full' }
    const [{ id }] = await orders().from('notifications').update(givenUp, ['id'])
    assert.include(await said(), 'mailbox is full')
    await send(`mails/orders/${id}`, {})
    assert.include(await said(), 'is attempted for a day')
    const [mail] = await orders().from('notifications')
    assert.deepEqual([mail.status, mail.attempts], ['pending', 0])
  })

  test('sees a mail that waits with order, address, error and tries, sends it now, holds it, gives it up', async ({
    client,
    assert,
  }) => {
    await priced('MUG')
    const order = { lines: [{ sku: 'MUG', quantity: 1 }], name: 'Ada', email: 'ada@example.com' }
    const placed = await post(client, await person('service'), order)
    await handleReply(placed.body().id, 'reserved', { revision: 1, heldRevision: 1 })
    assert.include(await said(), 'No mail waits.', 'one that was just queued does not wait')
    const retried = {
      ...{ attempts: 4, last_error: '450 mailbox busy' },
      next_attempt_at: new Date(Date.now() + 600_000),
    }
    const [{ id }] = await orders().from('notifications').update(retried, ['id'])
    const row = () => orders().from('notifications').where('id', id).firstOrFail()
    const seen = new RegExp(
      `orders ${placed.body().number} “order confirmed” ?to ada@example.com 450 mailbox busy 4 `
    )
    assert.match(await said(), seen)

    await send(`mails/orders/${id}/hold`, {})
    const page = await said()
    assert.include(page, 'Held. The mail “order confirmed” and later mails')
    assert.include(page, 'held 450 mailbox busy')
    await send(`mails/orders/${id}/now`, { attempts: '4', held: 'false' })
    assert.include(await said(), 'Nothing changed. The mail “order confirmed” is held by another')
    assert.equal((await row()).next_attempt_at, Infinity)
    await send(`mails/orders/${id}/now`, { attempts: '4', held: 'true' })
    assert.include(await said(), 'Sending now.')
    assert.isAtMost(Number((await row()).next_attempt_at), Date.now())

    await send(`mails/orders/${id}/give-up`, {})
    assert.include(await said(), 'Given up.')
    assert.match((await row()).last_error, /^given up by Olga <.+>; last error: 450 mailbox busy$/)
    await send(`mails/orders/${id}/hold`, {})
    assert.include(await said(), 'was given up already')
    assert.equal((await row()).status, 'given_up')
    const audited = await db.connection('accounts').from('audit_entries').orderBy('id')
    assert.deepEqual(
      audited.filter(({ thing }) => thing === id).map(({ act }) => act.split('.').at(-1)),
      ['hold', 'send_now', 'send_now', 'give_up', 'hold']
    )

    await orders().from('notifications').update(retried)
    const clerk = await plainDeskOf(await person('clerk', 'Carl'))
    for (const path of [`orders/${uuidv7()}/hold`, `nobody/${id}/hold`, `orders/${id}/now`]) {
      await send(`mails/${path}`, {})
      assert.notMatch(await said(), /Held\.|Sending now\./, path)
    }
    await clerk.send(`${HOME}/mails/orders/${id}/hold`)
    assert.isAbove(Number((await row()).next_attempt_at), Date.now(), 'nothing has changed')
  })

  test('replays what the dry run has shown, once, and it is on record with the reason', async ({
    assert,
  }) => {
    await marked(message(), message())
    const page = `${HOME}/replay?module=orders&type=order_placed`
    const { text } = await desk.open(page)
    const fields = fieldsOf(text)
    assert.equal(fields.count, '2')
    await marked(message())
    const why = 'the ERP lost its disk'
    await send('replays', { ...fields, why: ' ' }, page)
    assert.include(await said(page), 'Not replayed. Why')
    for (const again of [1, 2]) {
      const { location } = await send('replays', { ...fields, why }, page)
      assert.equal(location, `${HOME}#record`, `time ${again}`)
    }
    await eventually('replayed', async () =>
      (await replays(orders())).every(({ finishedAt }) => finishedAt)
    )
    assert.containSubset(await replays(orders()), [{ why, matched: 2, replayed: 2 }])
    assert.lengthOf(await replays(orders()), 1)
    const rows = await orders().from('outbox').whereRaw(`headers ->> 'ce_replayof' is not null`)
    assert.lengthOf(rows, 2)
    assert.include(await said(), '2 messages published again')
    assert.include(await said(`${HOME}/record`), why)
  })

  test('is told when there is less to replay than the dry run has shown', async ({ assert }) => {
    await marked(message(), message())
    const page = `${HOME}/replay?module=orders`
    const fields = fieldsOf((await desk.open(page)).text)
    await orders().rawQuery('delete from outbox where id = (select min(id) from outbox)')
    await send('replays', { ...fields, why: 'lost' }, page)
    assert.include(await said(page), 'The dry run showed 2 messages, now there are 1')
    assert.isEmpty(await replays(orders()))
  })

  test('resumes a replay that its process did not finish', async ({ assert }) => {
    await marked(message(), message())
    const { rows } = await orders().rawQuery('select max(id) as last from outbox')
    const id = uuidv7()
    await orders()
      .table('replays')
      .insert({
        ...{ id, who: 'Ada', why: 'lost', filter: {}, position: 0 },
        ...{ up_to: rows[0].last, matched: 2 },
      })
    assert.include(await said(), '0 of 2 messages published again unfinished')
    await send(`replays/orders/${id}`, {})
    await eventually('replayed', async () => (await replays(orders()))[0].finishedAt !== null)
    assert.containSubset(await replays(orders()), [{ replayed: 2 }])
  })

  const wrong: [path: string, status: number, says: RegExp][] = [
    ['letters', 200, /No dead letters left/],
    ['letters?module=mail', 422, /Module must be one of orders,inventory/],
    ['letters?module=inventory&group=x', 422, /Group/],
    ['letters?module=inventory&group=time_limit', 200, /No dead letters left/],
    ['letters/inventory/4711', 404, /page does not exist/],
    ['replay?module=orders&type=order_palced', 422, /Type must be one of .*order_placed/],
    ['replay?module=orders&from=yesterday', 422, /From must be a time such as/],
    ['replay?module=orders&id=17', 422, /Id must be a UUID/],
    ['replay?module=orders&key=nobody', 200, /No published message matches/],
    ['record?before=17', 422, /Before/],
  ]
  test('{0} is answered with {1} and words')
    .with(wrong)
    .run(async ({ assert }, [path, status, says]) => {
      const { status: told, text } = await desk.open(`${HOME}/${path}`)
      assert.equal(told, status)
      assert.match(text.replaceAll('&quot;', ''), says)
    })

  test('is one: a clerk finds no such page, and no link to it', async ({ assert }) => {
    const clerk = await plainDeskOf(await person('clerk', 'Carl'))
    assert.equal((await clerk.open(HOME)).status, 404)
    assert.notInclude((await clerk.open('/admin')).text, `href="${HOME}`)
    await blockedOrders(uuidv7())
    await clerk.send(`${HOME}/letters/redrive`, {})
    assert.lengthOf(await deadLetters(), 2)
  })

  test('and a clerk both learn on the order’s page that it is blocked in inventory', async ({
    assert,
  }) => {
    const order = uuidv7()
    await blockedOrders(order)
    const clerk = await plainDeskOf(await person('clerk', 'Carl'))
    const { text } = await clerk.open(`/admin/stock/held-up/${order}`)
    assert.include(text, '2 messages about this order cannot be processed')
    assert.include(text, 'An operator can redrive the messages.')
    const told = await said(`/admin/stock/held-up/${order}`)
    assert.match(
      told,
      /blocked in inventory since \d.* · 2 messages about this order .* division by zero. Redrive the messages/
    )
    assert.include(await said(`/admin/stock/held-up/${uuidv7()}`), 'not blocked in inventory')
    assert.equal((await desk.open('/admin/stock/held-up/17')).status, 404)
  })
})

/** Said, and published. */
async function marked(...messages: ReturnType<typeof message>[]) {
  await commit(...messages)
  await orders().from('outbox').whereNull('published_at').update({ published_at: new Date() })
}

/** Those of the form that starts the replay. */
function fieldsOf(text: string): Record<string, string> {
  const form = text.slice(text.indexOf(`action="${HOME}/replays"`))
  const found = form.matchAll(/<input type="hidden" name="([a-z]\w*)" value="([^"]*)"/gi)
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]))
}
