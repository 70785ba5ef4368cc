/*
 * What people of the staff did is written down, whether it succeeded or not, and can be read.
 */
import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { labelledRoutes } from '#admin/audit_labels'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const written = () => db.connection('accounts').from('audit_entries').orderBy('id')
/** But for the sign-ins that every test begins with. */
const entries = () => written().whereNot('act', 'desk.login.store')

test.group('The audit', (group) => {
  let carl: Person
  let his: PlainDesk
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 5)
    carl = await person('clerk', 'Carl')
    his = await plainDeskOf(carl)
    desk = await plainDeskOf(await person('admin', 'Ada'))
  })

  test('has a label for every recorded act', ({ assert }) => {
    const named = labelledRoutes().flatMap(({ routes }) => routes)
    const audited = Object.values(router.toJSON())
      .flat()
      .filter(({ methods }) => !methods.includes('GET'))
      .filter(({ middleware }) => {
        const all = [...middleware.all()] as { name?: string }[]
        return all.some(({ name }) => name === 'audited')
      })
      .map(({ name }) => name!)
    assert.isAbove(audited.length, 20)
    assert.deepEqual(
      audited.filter((name) => !named.includes(name)),
      []
    )
  })

  test('lists who did what to which subject, from where, and the result', async ({ assert }) => {
    await his.send('/admin/stock/MUG/restocks', { quantity: '7', reference: 'PO-7' })
    await his.send('/admin/stock/MUG/adjustments', { delta: '-90', reason: 'loss' })
    await his.send('/admin/people/services', { name: 'a back door' })
    const rows = await entries()
    assert.deepEqual(
      rows.map(({ act, thing, status }) => [act, thing, status]),
      [
        ['stock.work.movement_forms.restock', 'MUG', 303],
        ['stock.work.movement_forms.adjust', 'MUG', 409],
        ['people.services.store', null, 403],
      ]
    )
    assert.equal(rows[0].account_id, carl.id)
    assert.equal(rows[0].address, his.address)
    assert.deepEqual(rows[0].detail, { quantity: '7', reference: 'PO-7' })
    const { text } = await desk.open('/admin/audit')
    for (const said of ['restocked', 'adjusted', 'added a service', 'rejected, 409', 'done']) {
      assert.include(text, said)
    }
    assert.include(text, 'href="/admin/stock/MUG"')
  })

  test('names subjects by their usual names, including created ones and several at a time', async ({
    assert,
  }) => {
    await product('PLATE', 5)
    await his.send('/admin/stock/mug/restocks', { quantity: '7' })
    const { id } = await db.connection('inventory').from('movements').where('sku', 'MUG').first()
    await his.send(`/admin/stock/movements/${id}/reversal`)
    const fields = { name: 'A cup', price: '7.90', currency: 'EUR' }
    await his.send('/admin/stock/products', { ...fields, sku: 'cup' })
    const several = { 'skus[0]': 'PLATE', 'skus[1]': 'MUG', 'quantity': '1' }
    await his.send('/admin/stock/restocks', several)
    const made = await desk.send('/admin/people/services', { name: 'shop' })
    const invited = { email: 'm@example.com', name: 'Maren', role: 'clerk' }
    await desk.send('/admin/people/invitations', invited)
    const { id: invitation } = await db.connection('accounts').from('invitations').first()
    await desk.send(`/admin/people/invitations/${invitation}/withdrawal`)
    assert.deepEqual(
      (await entries()).map(({ thing, also, status }) => [thing, also, status]),
      [
        ['MUG', null, 303],
        ['MUG', null, 303],
        ['CUP', null, 303],
        ['PLATE', ['MUG'], 303],
        [made.location!.split('/').at(-1), null, 303],
        ['m@example.com', null, 303],
        ['m@example.com', null, 303],
      ]
    )
    const page = await desk.open('/admin/audit')
    assert.match(page.text, /withdrew an invitation<\/b>\s*<span[^>]*>m@example.com</)
    const { text } = await desk.open('/admin/audit.csv?thing=MUG')
    assert.match(text, /restocked several SKUs,PLATE MUG/)
  })

  test('lists sign-ins and sign-outs of staff with their addresses', async ({ client, assert }) => {
    await his.send('/admin/logout', {}, '/admin/account')
    const signIn = { email: carl.email, password: 'a long password' }
    ;(await client.post('/api/v1/tokens').json(signIn)).assertStatus(201)
    const eve = await person('customer', 'Eve')
    const hers = { email: eve.email, password: 'a long password' }
    ;(await client.post('/api/v1/tokens').json(hers)).assertStatus(201)
    const rows = await written().where('account_name', 'Carl')
    assert.deepEqual(
      rows.map(({ act, address, detail, status }) => [act, address, detail, status]),
      [
        ['desk.login.store', his.address, {}, 303],
        ['desk.logout', his.address, {}, 303],
        ['tokens.store', rows[2].address, {}, 201],
      ]
    )
    assert.isEmpty(await written().where('account_id', eve.id))
    const { text } = await desk.open('/admin/audit')
    for (const said of ['signed in', 'signed out', 'signed in to the API']) {
      assert.include(text, said)
    }
  })

  test('includes staff’s API calls, and nothing of customers', async ({ client, assert }) => {
    const ada = await person('customer', 'Ada')
    await client.post('/api/v1/orders').bearerToken(ada.token).json({})
    const restocked = await client
      .post('/api/v1/stock/mug/restocks')
      .bearerToken(carl.token)
      .header('idempotency-key', 'one')
      .json({ quantity: 3 })
    restocked.assertStatus(201)
    const rows = await entries()
    assert.deepEqual(
      rows.map(({ act, thing, status }) => [act, thing, status]),
      [['inventory.restocks.store', 'MUG', 201]]
    )
  })

  test('records any input: NUL, half a character, a name of any length', async ({
    client,
    assert,
  }) => {
    const odd = { 'quantity': 'x', 'no\0te': 'a\0b\ud800 C:\\u0000' }
    const long = { quantity: 'é'.repeat(5_000) }
    for (const [sku, body, status] of [
      ['MUG', odd, 422],
      ['x'.repeat(4_000), odd, 422],
      ['%00', long, 404],
    ] as const) {
      const refused = await client
        .post(`/api/v1/stock/${sku}/restocks`)
        .bearerToken(carl.token)
        .header('idempotency-key', 'one')
        .json(body)
      refused.assertStatus(status)
    }
    assert.lengthOf(await entries(), 3)
  })

  test('is filtered by person, act, subject and day, and exported with its filter', async ({
    assert,
  }) => {
    await his.send('/admin/stock/MUG/restocks', { quantity: '7', reference: '=1+1' })
    await desk.send('/admin/stock/MUG/counts', { counted: '3', expectedOnHand: '12' })
    const acts = async (query: string) => {
      const { status, text } = await desk.open(`/admin/audit.csv?${query}`)
      assert.equal(status, 200)
      return [...text.matchAll(/(?:clerk|admin),([^,]+),/g)].map(([, words]) => words)
    }
    assert.deepEqual(await acts(''), ['counted', 'restocked', 'signed in', 'signed in'])
    assert.deepEqual(await acts(`person=${carl.id}`), ['restocked', 'signed in'])
    assert.deepEqual(await acts('act=counted'), ['counted'])
    assert.deepEqual(await acts('thing=MUG&act=restocked'), ['restocked'])
    assert.deepEqual(await acts('thing=CUP'), [])
    assert.deepEqual(await acts('from=2020-01-01&to=2020-12-31'), [])
    assert.deepEqual(await acts('from=2020-01-01&thing=MUG'), ['counted', 'restocked'])
    for (const wrong of ['from=2026-02-31', 'person=carl', 'after=garbage', 'act=%00']) {
      assert.equal((await desk.open(`/admin/audit?${wrong}`)).status, 422, wrong)
    }
  })

  test('is paged both ways without a gap', async ({ assert }) => {
    const row = { account_id: carl.id, account_name: 'Carl', role: 'clerk', act: 'an.act' }
    const many = Array.from({ length: 120 }, (_, n) => ({
      ...{ id: uuidv7(), path: `/admin/${n}`, thing: `T-${n}`, detail: '{}' },
      ...{ ...row, address: '192.0.2.1', request_id: 'r', status: 303 },
    }))
    await db.connection('accounts').table('audit_entries').multiInsert(many)
    const read = async (path: string) => {
      const { text } = await desk.open(path)
      const link = (rel: string) =>
        new RegExp(`href="([^"]+)" rel="${rel}"`).exec(text)?.[1].replaceAll('&amp;', '&')
      const things = [...text.matchAll(/title="\/admin\/(\d+)"/g)].map(([, n]) => Number(n))
      return { things, next: link('next'), previous: link('prev') }
    }
    const first = await read('/admin/audit')
    const second = await read(`/admin/audit${first.next}`)
    const third = await read(`/admin/audit${second.next}`)
    const all = [...first.things, ...second.things, ...third.things]
    assert.deepEqual(
      all,
      many.map((_, n) => 119 - n)
    )
    assert.isUndefined(third.next)
    assert.deepEqual((await read(`/admin/audit${third.previous}`)).things, second.things)
  })
})
