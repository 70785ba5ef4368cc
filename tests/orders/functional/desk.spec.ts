/*
 * The order desk without a browser: what its pages find, do, and refuse.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { confirmed, messagesAbout, mugs, placed, shopOfMugs } from '#tests/support/orders'
import { cancel, emptyShop, handleReply, patch, person, type Person } from '#tests/support/shop'
import { statementsOf } from '#tests/support/connections/statements'

const orders = () => db.connection('orders')

let clerk: PlainDesk
let admin: Person

async function openDesk() {
  await shopOfMugs()
  admin = await person('admin', 'Ada')
  clerk = await plainDeskOf(await person('clerk', 'Carl'))
}

/** From no page in particular: the page for a form that is too old brings a token that is not. */
async function send(desk: PlainDesk, path: string, fields: Record<string, string> = {}) {
  const { text } = await desk.sendAsItIs(path, {}, '')
  const [, token] = /name="_csrf" value="([^"]+)"/.exec(text)!
  return desk.sendAsItIs(path, { _csrf: token, ...fields }, '')
}

const find = (id: string) => orders().from('orders').where('id', id).firstOrFail()

/** Ids of the orders in the list, newest first. */
async function listed(query: string): Promise<string[]> {
  const { status, text } = await clerk.open(`/admin/orders?${query}`)
  if (status !== 200) throw new Error(`${query} answers ${status}`)
  return [...text.matchAll(/<a class="code" href="\/admin\/orders\/([\w-]{36})">/g)].map(
    ([, id]) => id
  )
}

test.group('The list of orders at the desk', (group) => {
  group.setup(openDesk)

  test('is narrowed by state, attention, days, and whatever is typed into its one field', async ({
    client,
    assert,
  }) => {
    const mug = await confirmed(client, admin, { email: 'Bob@example.com', reference: '4711' })
    const plate = await placed(client, admin, { lines: [{ sku: 'PLATE', quantity: 1 }] })
    const { number } = await find(mug)
    await orders().from('orders').where('id', plate).update({ attention: true })
    assert.deepEqual(await listed(''), [plate, mug])
    assert.deepEqual(await listed('status=confirmed'), [mug])
    assert.deepEqual(await listed('attention=1'), [plate])
    assert.deepEqual(await listed('mail=waiting'), [], 'its mail was queued just now')
    const mails = orders().from('notifications').where('order_id', mug)
    await mails.clone().update({ next_attempt_at: 'infinity' })
    assert.deepEqual(await listed('mail=waiting'), [mug], 'held')
    await mails.update({ next_attempt_at: new Date(), last_error: '450 busy' })
    assert.deepEqual(await listed('mail=waiting'), [mug], 'attempted without success')
    assert.match((await clerk.open('/admin/orders')).text, /mail waiting\s*<small>1</)
    for (const typed of [
      mug,
      `Q-${number}`,
      `q-${number}`,
      `${number}`,
      'bob@EXAMPLE.com',
      '4711',
    ]) {
      assert.deepEqual(await listed(`q=${typed}`), [mug], typed)
    }
    assert.deepEqual(await listed('q=plate'), [plate])
    await orders().from('orders').where('id', mug).update({ reference: 'Bestellung\u00A0Müller' })
    for (const typed of ['bestellung muller', 'BESTELLUNG MÜLLER', 'Bestellung Mu\u0308ller']) {
      assert.deepEqual(await listed(`q=${encodeURIComponent(typed)}`), [mug], typed)
    }
    const today = new Date().toISOString().slice(0, 10)
    assert.deepEqual(await listed(`from=${today}&to=${today}&status=&q=`), [plate, mug])
    assert.deepEqual(await listed('from=2100-01-01'), [])
    await orders().from('orders').where('id', mug).update({ fulfilled_at: new Date() })
    assert.deepEqual(await listed(`fulfilled=${today}`), [mug])
    assert.deepEqual(await listed('fulfilled=2001-01-01'), [])
    assert.deepEqual(await listed('to=2001-01-01'), [])
  })

  test('says what is wrong with an address, or finds nothing, and never fails', async ({
    assert,
  }) => {
    const wrong = ['status=lost', 'status=pending&status=updating', 'attention=2', 'after=zzz']
    for (const query of [...wrong, 'from=2026-02-31', 'to=yesterday', 'q=%00', 'after=WyJ4Il0']) {
      const { status, text } = await clerk.open(`/admin/orders?${query}`)
      assert.equal(status, 422, query)
      assert.include(text, 'Remove filters')
    }
    for (const q of ['Q-999999999999999', '999999999999999', "' or 1=1 --", '☃', 'x'.repeat(254)]) {
      const { status, text } = await clerk.open(`/admin/orders?q=${encodeURIComponent(q)}`)
      assert.equal(status, 200, q)
      assert.include(text, 'No results for')
    }
    const { text } = await clerk.open('/admin/orders?q=<script>alert(1)</script>')
    assert.include(text, '&lt;script&gt;')
    assert.notInclude(text, '<script>alert')
  })

  test('is walked page by page and exported as a whole, a formula in a name as text', async ({
    assert,
  }) => {
    await emptyShop()
    await openDesk()
    await manyOrders(2_105)
    const { text } = await clerk.open('/admin/orders')
    assert.include(text, '50 of 2\u202F105, newest first')
    const next = /href="(\?after=[^"]+)" rel="next"/.exec(text)![1]
    const second = await clerk.open(`/admin/orders${next}`)
    const previous = /href="(\?before=[^"]+)" rel="prev"/.exec(second.text)![1]
    assert.deepEqual(await listed(previous.slice(1)), await listed(''))
    assert.notInclude(await listed(next.slice(1)), (await listed(''))[49])

    const csv = await clerk.open('/admin/orders.csv?status=confirmed')
    const [head, first, ...more] = csv.text.trimEnd().split('\r\n')
    assert.match(head, /^number,id,reference,status,/)
    assert.lengthOf(more, 2_104)
    assert.include(first, "'=SUM(A1)")
    assert.include(first, ',2 MUG,2,25.00,EUR,')
    assert.equal(new Set(csv.text.split('\r\n')).size, 2_107)
    assert.equal((await clerk.open('/admin/orders.csv?status=lost')).status, 422)
  })

  test('costs as many statements with fifty rows as with two', async ({ client, assert }) => {
    const full = await statementsOf(() => clerk.open('/admin/orders'))
    const searched = await statementsOf(() => clerk.open('/admin/orders?q=4711'))
    await emptyShop()
    await openDesk()
    await confirmed(client, admin)
    await placed(client, admin)
    const short = await statementsOf(() => clerk.open('/admin/orders'))

    assert.lengthOf(full, short.length)
    assert.isBelow(full.length, 8, full.join('\n'))
    assert.isAtMost(searched.length, full.length + 2)
  })
})

test.group('An order at the desk', (group) => {
  group.setup(openDesk)

  test('is found by id and by number; one that is not there is nowhere', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, admin)
    const { number } = await find(id)
    for (const name of [id, `Q-${number}`, `${number}`]) {
      assert.include((await clerk.open(`/admin/orders/${name}`)).text, `Q-${number}, Ada`)
    }
    for (const name of [randomUUID(), 'Q-1', 'lost', "'", '%00']) {
      assert.equal((await clerk.open(`/admin/orders/${name}`)).status, 404, name)
    }
    const lost = await send(clerk, `/admin/orders/${randomUUID()}/note`, { note: 'x' })
    assert.equal(lost.status, 404)
  })

  test('tells its one timeline: steps, messages and where they lie, stock, mails', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, admin)
    await orders().from('outbox').where('key', id).update({
      published_at: new Date(),
      partition: 4,
      offset: 1_881_990,
    })
    await patch(client, admin, id, '*', { lines: mugs(5) })
    const { text } = await clerk.open(`/admin/orders/${id}`)
    const rows = [...text.matchAll(/<li id="(step|message|stock|mail|wait)/g)].map(
      ([, kind]) => kind
    )
    const placing = ['step', 'message', 'stock']
    assert.deepEqual(rows, [...placing, 'step', 'message', 'mail', 'step', 'message', 'wait'])

    assert.include(text, 'orders/4@1\u202F881\u202F990')
    assert.include(text, 'not published yet')
    assert.include(text, 'MUG 2 → 5')
    const [{ message_id: message }] = await messagesAbout(id)
    assert.include(text, `id="message-${message}"`)
    assert.include(text, `/admin/stock/movements?order=${id}&amp;message=${message}`)
  })

  test('says what is waited for and what is wrong', async ({ client, assert }) => {
    const id = await placed(client, admin)
    const lede = async () =>
      /<p class="lede">(.*?)<\/p>/s.exec((await clerk.open(`/admin/orders/${id}`)).text)![1]
    assert.include(await lede(), 'Stock has not replied to revision 1 yet; nothing is held')
    await orders().from('orders').where('id', id).update({ attention: true })
    const letter = { consumer: 'orders', topic: 'inventory', key: id, headers: '{}', attempts: 5 }
    await orders()
      .table('dead_letters')
      .multiInsert([
        { ...letter, reason: 'failed', error_message: 'no such column' },
        { ...letter, reason: 'waiting' },
      ])
    await orders().table('parked_keys').insert({ key: id, outbox_id: 1, error: 'too large' })
    const sentence = await lede()
    assert.include(sentence, 'Needs attention: stock does not reply')
    assert.include(sentence, '1 message failed (no such column), 1 more blocked')
    assert.include(sentence, 'The broker has rejected its messages')
    await orders().from('dead_letters').where('reason', 'failed').delete()
    assert.include(await lede(), '1 message not handled yet')
  })

  test('costs as many statements with twenty revisions as with one', async ({ client, assert }) => {
    const id = await confirmed(client, admin)
    const one = await statementsOf(() => clerk.open(`/admin/orders/${id}`))
    for (let quantity = 3; quantity < 22; quantity++) {
      await patch(client, admin, id, '*', { lines: mugs(quantity) })
    }
    const twenty = await statementsOf(() => clerk.open(`/admin/orders/${id}`))

    assert.lengthOf(twenty, one.length)
    assert.isAtMost(twenty.length, 12, twenty.join('\n'))
  })

  test('is changed once by a form that is sent twice', async ({ client, assert }) => {
    const id = await confirmed(client, admin)
    const form = { '_key': randomUUID(), 'version': '2', 'skus[0]': 'mug', 'quantities[0]': '5' }
    const home = `/admin/orders/${id}`
    for (const time of ['once', 'again']) {
      const answer = await clerk.send(
        `${home}/lines`,
        { ...form, 'skus[1]': '', 'quantities[1]': '1' },
        home
      )
      assert.equal(answer.location, home, time)
    }
    const { text } = await clerk.open(home)
    assert.include(text, 'requests revision 2: MUG 2 → 5')
    assert.notInclude(text, 'Someone has changed')
    assert.equal((await find(id)).revision, 2)
    const cancelling = { _key: randomUUID(), version: '3', reason: 'twice' }
    await clerk.send(`${home}/cancellation`, cancelling, home)
    await clerk.send(`${home}/cancellation`, cancelling, home)
    assert.equal((await find(id)).revision, 3)
    const types = (await messagesAbout(id)).map(({ type }) => type)
    assert.deepEqual(types, ['order_placed', 'order_confirmed', 'order_revised', 'order_cancelled'])
  })

  test('is fulfilled with its carrier once, and what follows the page takes no word of it', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, admin)
    const home = `/admin/orders/${id}`
    const parcel = { carrier: 'DHL', trackingNumber: 'JJD 1', trackingUrl: 'https://example.com/1' }
    const form = { _key: randomUUID(), revision: '1', ...parcel }
    for (const time of ['once', 'again']) {
      const { location } = await clerk.send(`${home}/fulfilment`, form, home)
      assert.equal(location, home, time)
    }
    await clerk.open(home, { 'hx-request': 'true' })
    assert.include((await clerk.open(home)).text, 'fulfilled: 2 units of revision 1 with DHL')
    assert.notInclude((await clerk.open(home)).text, 'fulfilled: 2 units')
    assert.containSubset(await find(id), {
      status: 'fulfilled',
      tracking_number: 'JJD 1',
      revision: 2,
    })
  })

  test('keeps one note for the staff, and nobody writes over another’s', async ({
    client,
    assert,
  }) => {
    const id = await placed(client, admin)
    const home = `/admin/orders/${id}`
    await clerk.send(`${home}/note`, { note: 'Ring twice\r\nat the back', before: '' }, home)
    assert.equal((await find(id)).note, 'Ring twice\nat the back')
    assert.equal((await find(id)).version, 1)
    await clerk.send(`${home}/note`, { note: 'Mine', before: '' }, home)
    const { text } = await clerk.open(home)
    assert.include(text, 'Someone has changed the note')
    assert.include(text, '>Mine</textarea>')
    assert.equal((await find(id)).note, 'Ring twice\nat the back')
    const now = { note: '', before: 'Ring twice\r\nat the back' }
    await clerk.send(`${home}/note`, now, home)
    assert.isNull((await find(id)).note)
    const answer = await client.get(`/api/v1/orders/${id}`).bearerToken(admin.token)
    assert.notProperty(answer.body(), 'note')
  })

  test('sends a mail again under its id, to the address of now, and writes that down', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, admin)
    const home = `/admin/orders/${id}`
    const mails = () => orders().from('notifications').where('order_id', id)
    const [mail] = await mails()
    await mails().update({ status: 'given_up', attempts: 40, last_error: 'mailbox full' })
    assert.include((await clerk.open(home)).text, 'mailbox full')
    await clerk.send(
      `${home}/contact`,
      { version: '2', email: 'new@example.com', name: 'Ada' },
      home
    )
    const sent = await clerk.send(`${home}/mails/${mail.id}`, {}, home)
    assert.equal(sent.location, home)
    assert.include((await clerk.open(home)).text, 'will be sent again to new@example.com')
    const [again] = await mails()
    assert.containSubset(again, { id: mail.id, status: 'pending', attempts: 0 })
    const act = await db.connection('accounts').from('audit_entries').orderBy('id', 'desc').first()
    assert.containSubset(act, {
      path: `${home}/mails/${mail.id}`,
      account_name: 'Carl',
      status: 303,
    })
    const other = await confirmed(client, admin)
    const wrong = await send(clerk, `/admin/orders/${other}/mails/${mail.id}`)
    assert.equal(wrong.status, 404)
  })

  test('loses nothing typed when the session has ended meanwhile', async ({ client, assert }) => {
    const id = await placed(client, admin)
    const gone = await plainDeskOf(await person('clerk', 'Cleo'))
    await gone.open('/admin')
    gone.session = 'ended'
    const { status, text } = await gone.sendAsItIs(`/admin/orders/${id}/note`, {
      note: 'Ring twice',
    })
    assert.equal(status, 401)
    assert.include(text, 'Ring twice')
    assert.isNull((await find(id)).note)
  })

  test('is only read by an operator: no button, and no form that does anything', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, admin)
    const operator = await plainDeskOf(await person('operator', 'Olga'))
    for (const path of ['/admin/orders', `/admin/orders/${id}`]) {
      const { status, text } = await operator.open(path)
      assert.equal(status, 200)
      assert.notMatch(
        text,
        /method="post" action="\/admin\/orders|data-dialog|type="checkbox" form|id="bulk"/
      )
    }
    const forms = [
      'lines',
      'contact',
      'note',
      'cancellation',
      'fulfilment',
      `mails/${randomUUID()}`,
    ]
    for (const form of forms) {
      const { status } = await send(operator, `/admin/orders/${id}/${form}`, { revision: '1' })
      assert.equal(status, 404, form)
    }
    for (const path of [`${id}/cancellation`, `${id}/fulfilment`, `fulfilment?orders[]=${id}:1`]) {
      assert.equal((await operator.open(`/admin/orders/${path}`)).status, 404, path)
    }
    const bulk = await send(operator, '/admin/orders/fulfilment', { 'orders[0]': `${id}:1` })
    assert.equal(bulk.status, 404)
    assert.equal((await find(id)).status, 'confirmed')
  })
})

test.group('Orders selected in the list', (group) => {
  group.setup(openDesk)

  test('are fulfilled one by one: those that moved meanwhile say so and stop nobody', async ({
    client,
    assert,
  }) => {
    const [ready, moved, ended] = [
      await confirmed(client, admin),
      await confirmed(client, admin),
      await confirmed(client, admin),
    ]
    const rows = [`${ended}:1`, `${moved}:1`, `${ready}:1`]
    const address = `/admin/orders/fulfilment?${rows.map((row) => `orders[]=${row}`).join('&')}`
    const asked = await clerk.open(address)
    assert.include(asked.text, 'Fulfil 3 orders, 6 units')
    assert.include(asked.text, 'sends 3 mails')

    await cancel(client, admin, ended)
    await patch(client, admin, moved, '*', { lines: mugs(4) })
    await handleReply(moved, 'reserved', { revision: 2, heldRevision: 2 })
    const form = {
      'carrier': 'DHL',
      'orders[0]': rows[0],
      'orders[1]': rows[1],
      'orders[2]': rows[2],
    }
    for (const time of ['once', 'again']) {
      const done = await send(clerk, '/admin/orders/fulfilment', form)
      assert.equal(done.status, 303, time)
      const { text } = await clerk.open(done.location!)
      assert.match(text, /1 order.*fulfilled, 2 others not/s)
      assert.include(text, 'The order is cancelled.')
      assert.include(text, 'You selected revision 1, but revision 2 is in force')
    }
    assert.containSubset(await find(ready), { status: 'fulfilled', carrier: 'DHL' })
    assert.equal((await find(moved)).status, 'confirmed')
    const types = (await messagesAbout(ready)).map(({ type }) => type)
    assert.equal(types.filter((type) => type === 'order_fulfilled').length, 1)
  })

  test('are printed as slips; what is not confirmed says why it is not to be packed', async ({
    client,
    assert,
  }) => {
    const shipTo = { name: 'Ada L.', address: ['12 St James’s Square'], country: 'GB' }
    const [ready, pending] = [
      await confirmed(client, admin, { shipTo }),
      await placed(client, admin),
    ]
    await patch(client, admin, ready, '*', { reference: 'R-7' })
    const query = `orders[]=${ready}:1&orders[]=${pending}:0&orders[]=${randomUUID()}`
    const { text } = await clerk.open(`/admin/orders/slips?${query}`)
    const [, first, second] = text.split('<article')
    const { number } = await find(ready)
    assert.include(first, `Barcode of Q-${number}`)
    assert.match(first, /Revision <b>1<\/b>/)
    assert.include(first, '12 St James’s Square')
    assert.include(first, 'R-7')
    assert.notInclude(first, 'DO NOT PACK')
    assert.include(second, 'DO NOT PACK</b> Waiting for stock.')
    assert.equal((await clerk.open('/admin/orders/slips?orders[]=x')).status, 422)
  })
})

/** Held ones of two mugs, one each second, the newest with a name that a spreadsheet would run. */
async function manyOrders(count: number) {
  await orders().rawQuery(
    `with placed as (
       insert into orders (id, status, revision, held_revision, email, name, currency, placed_at, updated_at)
       select uuidv7(age), 'confirmed', 1, 1, 'ada@example.com', case when n = 0 then '=SUM(A1)' else 'Ada' end,
         'EUR', now() + age, now() + age
       from (select n, -n * interval '1 second' as age from generate_series(0, ?::int - 1) as n) as each
       returning id
     )
     insert into order_lines (order_id, revision, position, sku, name, quantity, unit_price)
     select id, 1, 1, 'MUG', 'Mug', 2, 1250 from placed`,
    [count]
  )
}
