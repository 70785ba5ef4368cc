/*
 * Who may sign in, and who decides it. All of it at the desk, as an administrator works.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { Message } from '@adonisjs/mail'
import { test } from '@japa/runner'
import { composeInvitation } from '#accounts/mails/compose'
import Account from '#accounts/models/account'
import { linkTo, type Invitation } from '#accounts/people/invitation'
import { issueToken } from '#accounts/credentials/tokens'
import type { Notification } from '#mail/mail_rows'
import { PlainDesk, plainDeskOf } from '#tests/support/desk'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const accounts = () => db.connection('accounts')
const account = (id: string) => accounts().from('accounts').where('id', id).first()

test.group('An invitation', (group) => {
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    desk = await plainDeskOf(await person('admin', 'Ada'))
  })

  const maren = { email: 'Maren@Example.com', name: 'Maren Vogel', role: 'clerk' }
  const inviteMaren = () => desk.send('/admin/people/invitations', maren, '/admin/people')
  const invitation = (): Promise<Invitation> => accounts().from('invitations').firstOrFail()
  const pathOf = (link: string) => link.replace(/^.*(?=\/admin)/, '')
  const accept = async (link: string, password = 'her own password') => {
    const her = new PlainDesk()
    const { text } = await her.open('/admin/login')
    const csrf = /name="_csrf" value="([^"]+)"/.exec(text)![1]
    const token = new URL(link).searchParams.get('token')!
    return her.sendAsItIs('/admin/invitation', { _csrf: csrf, token, password }, pathOf(link))
  }

  test('is mailed as text and HTML, and can be accepted once', async ({ assert }) => {
    assert.equal((await inviteMaren()).location, '/admin/people')
    const invited = await invitation()
    const link = linkTo(invited)
    for (const text of await mailOf(invited)) {
      assert.include(text, 'Maren Vogel, you are invited to Quartermaster')
      assert.include(text, 'work with stock and orders')
      assert.include(text, '/admin/invitation?token=')
    }
    const opened = await new PlainDesk().open(pathOf(link))
    assert.equal(opened.status, 200)
    assert.include(opened.text, 'Welcome, Maren Vogel')
    assert.equal((await accept(link)).location, '/admin')
    const made = await accounts().from('accounts').where('email', 'maren@example.com').first()
    assert.equal(made.role, 'clerk')
    const again = await accept(link, 'another password')
    assert.equal(again.status, 410)
    const signedIn = await new PlainDesk().signIn(made, 'her own password')
    assert.equal(signedIn.location, '/admin')
  })

  test('is valid for a week, or until it is re-sent or withdrawn', async ({ assert }) => {
    await inviteMaren()
    const first = await invitation()
    await desk.send(`/admin/people/invitations/${first.id}/mail`)
    const second = await invitation()
    assert.equal((await accept(linkTo(first))).status, 410)
    assert.equal((await new PlainDesk().open(pathOf(linkTo(second)))).status, 200)
    await accounts()
      .from('invitations')
      .update({ expires_at: new Date(Date.now() - 1) })
    assert.equal((await accept(linkTo(second))).status, 410)
    await desk.send(`/admin/people/invitations/${first.id}/mail`)
    const third = await invitation()
    await desk.send(`/admin/people/invitations/${first.id}/withdrawal`)
    assert.equal((await accept(linkTo(third))).status, 410)
    assert.isNull(await accounts().from('accounts').where('email', third.email).first())
  })

  test('needs its link', async ({ assert }) => {
    const garbage = ['', 'garbage', '%00', 'a'.repeat(5_000), '../../etc', randomUUID()]
    for (const token of garbage) {
      const { status, text } = await new PlainDesk().open(`/admin/invitation?token=${token}`)
      assert.equal(status, 410, token)
      assert.include(text, 'no longer valid')
    }
    const several = await new PlainDesk().open('/admin/invitation?token[]=a&token[]=b')
    assert.equal(several.status, 410)
  })

  test('asks for a password of ten characters, and stays valid until it gets one', async ({
    assert,
  }) => {
    await inviteMaren()
    const link = linkTo(await invitation())
    const refused = await accept(link, 'short')
    assert.equal(refused.status, 303)
    assert.equal(refused.location, pathOf(link))
    assert.equal((await accept(link)).location, '/admin')
  })

  test('accepted twice at the same time creates one account', async ({ assert }) => {
    await inviteMaren()
    const link = linkTo(await invitation())
    const answers = await Promise.all([accept(link), accept(link)])
    assert.sameMembers(
      answers.map(({ status }) => status),
      [303, 410]
    )
  })

  test('is refused for an address with an account or invitation, and keeps the typed fields', async ({
    assert,
  }) => {
    const olga = await person('operator', 'Olga')
    await inviteMaren()
    for (const [email, says] of [
      [
        olga.email!.toUpperCase(),
        'Olga already has an account with this e-mail address, with the role operator',
      ],
      ['MAREN@example.com', 'This e-mail address is already invited'],
    ]) {
      await desk.send('/admin/people/invitations', { ...maren, email }, '/admin/people')
      const { text } = await desk.open('/admin/people')
      assert.include(text, says)
      assert.include(text, `value="${email}"`)
    }
    assert.lengthOf(await accounts().from('invitations'), 1)
  })

  test('is created and re-sent once per form, however often it is clicked', async ({ assert }) => {
    const twice = (path: string, fields: Record<string, string> = {}) => {
      const form = { ...fields, _key: randomUUID() }
      const send = () => desk.send(path, form, '/admin/people')
      return Promise.all([send(), send()]).then(send)
    }
    const said = async () => (await desk.open('/admin/people')).text
    await said()
    await twice('/admin/people/invitations', maren)
    assert.include(await said(), 'is invited. A mail is on its way to maren@example.com')
    const { id } = await invitation()
    await twice(`/admin/people/invitations/${id}/mail`)
    assert.include(await said(), 'gets a new link')
    assert.equal((await invitation()).revision, 2)
    await twice(`/admin/people/invitations/${id}/withdrawal`)
    assert.include(await said(), 'is no longer invited')
    await twice('/admin/people/services', { name: 'shop' })
    assert.lengthOf(await accounts().from('accounts').where('role', 'service'), 1)
  })

  test('is for staff roles only', async ({ assert }) => {
    for (const role of ['customer', 'service', 'root', '', 'Admin']) {
      await desk.send('/admin/people/invitations', { ...maren, role }, '/admin/people')
    }
    assert.isEmpty(await accounts().from('invitations'))
  })

  /** As text and as HTML. */
  async function mailOf({ id }: Invitation): Promise<string[]> {
    const row = await accounts().from('notifications').where('invitation_id', id).firstOrFail()
    const message = new Message()
    const compose = await composeInvitation({ ...row, subject: id } as Notification)
    await compose!(message)
    await message.computeContents()
    const { text, html } = message.toObject().message
    return [String(text), String(html)]
  }
})

test.group('Access', (group) => {
  let ada: Person
  let carl: Person
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    ada = await person('admin', 'Ada')
    carl = await person('clerk', 'Carl')
    desk = await plainDeskOf(ada)
  })

  const of = ({ id }: Person) => `/admin/people/${id}`

  test('of a new role applies from the next request, on pages and by token', async ({
    assert,
    client,
  }) => {
    await product('MUG', 5)
    const his = await plainDeskOf(carl)
    const restock = () => his.send('/admin/stock/MUG/restocks', { quantity: '1' })
    const ask = () => client.get('/api/v1/stock/holdings').bearerToken(carl.token)
    assert.equal((await restock()).status, 303)
    assert.equal((await ask()).status(), 403)
    await desk.send(`${of(carl)}/role`, { role: 'operator' }, of(carl))
    assert.include((await desk.open(of(carl))).text, 'role changed from clerk to operator')
    await restock()
    const { on_hand: onHand } = await db.connection('inventory').from('stock_items').first()
    assert.equal(onHand, 6)
    assert.equal((await ask()).status(), 200)
  })

  test('ends immediately when an account is disabled, even during a form', async ({
    assert,
    client,
  }) => {
    await product('MUG', 5)
    const his = await plainDeskOf(carl)
    const { text } = await his.open('/admin/stock/MUG')
    const csrf = /name="_csrf" value="([^"]+)"/.exec(text)![1]
    await desk.send(`${of(carl)}/disabling`, {}, of(carl))
    const said = (await desk.open(of(carl))).text
    assert.include(said, 'is disabled; 1 session and 1 token ended')
    const late = await his.sendAsItIs('/admin/stock/MUG/restocks', { _csrf: csrf, quantity: '3' })
    assert.equal(late.status, 401)
    const again = await his.signIn(carl)
    assert.equal(again.status, 401)
    assert.include(again.text, 'The e-mail address or the password is wrong.')
    const byToken = await client.get('/api/v1/accounts/me').bearerToken(carl.token)
    byToken.assertStatus(401)
    // A token that was being issued when the account was disabled.
    const { token } = await issueToken(await Account.findOrFail(carl.id), 30)
    const byLateToken = await client.get('/api/v1/accounts/me').bearerToken(token)
    byLateToken.assertStatus(401)
    const loggedIn = await client
      .post('/api/v1/tokens')
      .json({ email: carl.email, password: 'a long password' })
    loggedIn.assertStatus(401)
    const stock = await db.connection('inventory').from('stock_items').first()
    assert.equal(stock.on_hand, 5)
    await desk.send(`${of(carl)}/enabling`, {}, of(carl))
    assert.equal((await his.signIn(carl)).status, 303)
  })

  test('cannot be removed from oneself or from the last administrator', async ({ assert }) => {
    for (const [form, fields] of [
      ['role', { role: 'clerk' }],
      ['disabling', {}],
    ] as const) {
      await desk.send(`${of(ada)}/${form}`, fields, of(ada))
      assert.include((await desk.open(of(ada))).text, 'You are the only administrator')
    }
    await person('admin', 'Bea')
    await desk.send(`${of(ada)}/disabling`, {}, of(ada))
    assert.include((await desk.open(of(ada))).text, 'Ask another administrator')
    const { role, disabled_at: disabledAt } = await account(ada.id)
    assert.deepEqual([role, disabledAt], ['admin', null])
  })

  test('is restored only for disabled accounts, and signs nobody else out', async ({
    assert,
    client,
  }) => {
    const eve = await person('customer', 'Eve')
    const his = await plainDeskOf(carl)
    const tokens = [ada, carl, eve].map(({ token }) => token)
    for (const one of [ada, carl, eve]) await desk.send(`${of(one)}/enabling`, {}, of(carl))
    for (const token of tokens) {
      ;(await client.get('/api/v1/accounts/me').bearerToken(token)).assertStatus(200)
    }
    assert.equal((await desk.open('/admin/account')).status, 200)
    assert.equal((await his.open('/admin/account')).status, 200)
    // A session that was on its way when the account was disabled.
    await desk.send(`${of(carl)}/disabling`, {}, of(carl))
    const late = {
      id: 'late',
      data: '{}',
      user_id: carl.id,
      expires_at: new Date(Date.now() + 1e6),
    }
    await accounts().table('sessions').insert(late)
    await desk.send(`${of(carl)}/enabling`, {}, of(carl))
    assert.isNull((await account(carl.id)).disabled_at)
    assert.isEmpty(await accounts().from('sessions').where('user_id', carl.id))
  })

  test('stays with one of two administrators who demote each other at the same time', async ({
    assert,
  }) => {
    const bea = await person('admin', 'Bea')
    const hers = await plainDeskOf(bea)
    for (let round = 0; round < 3; round++) {
      await accounts()
        .from('accounts')
        .whereIn('id', [ada.id, bea.id])
        .update({ role: 'admin', disabled_at: null })
      await Promise.all([
        desk.send(`${of(bea)}/role`, { role: 'clerk' }),
        hers.send(`${of(ada)}/role`, { role: 'clerk' }),
      ])
      const roles = [(await account(ada.id)).role, (await account(bea.id)).role]
      assert.sameMembers(roles, ['admin', 'clerk'])
    }
  })

  test('is checked again after waiting for another change’s lock', async ({ assert }) => {
    const bea = await person('admin', 'Bea')
    const trx = await accounts().transaction()
    await trx.from('accounts').where('id', bea.id).update({ role: 'clerk' })
    await trx.from('accounts').where('id', ada.id).update({ role: 'clerk' })
    const late = desk.send(`${of(carl)}/role`, { role: 'admin' })
    let over = false
    void late.then(() => (over = true))
    for (let waits = false; !waits && !over;) {
      const { rows } = await trx.rawQuery('select from pg_locks where not granted limit 1')
      waits = rows.length > 0
    }
    await trx.commit()
    await late
    assert.equal((await account(carl.id)).role, 'clerk')
  })

  test('has no other roles, and none for services and customers', async ({ assert }) => {
    const shop = await person('service', 'shop')
    const eve = await person('customer', 'Eve')
    for (const role of ['customer', 'service', 'root', '']) {
      await desk.send(`${of(carl)}/role`, { role }, of(carl))
    }
    await desk.send(`${of(shop)}/role`, { role: 'admin' }, of(shop))
    await desk.send(`${of(eve)}/role`, { role: 'admin' }, '/admin/people')
    const rows = await Promise.all([carl, shop, eve].map(({ id }) => account(id)))
    assert.deepEqual(
      rows.map(({ role }) => role),
      ['clerk', 'service', 'customer']
    )
    assert.equal((await desk.open(of(eve))).status, 404)
    assert.equal((await desk.open('/admin/people/nobody')).status, 404)
  })

  test('lists people found by name, ignoring accents and composition', async ({ assert }) => {
    await person('clerk', 'Zoë Müller'.normalize('NFD'))
    for (const q of ['zoe mull', 'ZOË', 'Zoe\u0308\u00A0Müller']) {
      const { text } = await desk.open(`/admin/people?q=${encodeURIComponent(q)}`)
      assert.include(text, 'Müller'.normalize('NFD'), q)
    }
    assert.notInclude((await desk.open('/admin/people?q=zoo')).text, 'Müller'.normalize('NFD'))
  })

  test('to people and audit is for administrators: others get a 404', async ({ assert }) => {
    const others = [await plainDeskOf(carl), await plainDeskOf(await person('operator', 'Olga'))]
    for (const other of others) {
      for (const path of ['/admin/people', of(ada), '/admin/audit', '/admin/audit.csv']) {
        assert.equal((await other.open(path)).status, 404)
      }
      const { text } = await other.open('/admin/account')
      assert.notMatch(text, /href="\/admin\/(people|audit)/)
      await other.send(`${of(carl)}/role`, { role: 'admin' })
    }
    assert.equal((await account(carl.id)).role, 'clerk')
  })
})

test.group('Sessions, tokens and the password', (group) => {
  let carl: Person

  group.each.setup(async () => {
    await emptyShop()
    carl = await person('clerk', 'Carl')
  })

  const isIn = async (desk: PlainDesk) => (await desk.open('/admin/account')).status === 200

  test('end one by one, or all others together', async ({ assert }) => {
    const [here, there, elsewhere] = [
      await plainDeskOf(carl),
      await plainDeskOf(carl),
      await plainDeskOf(carl),
    ]
    const { text } = await here.open('/admin/account')
    assert.include(text, 'Sign out of 2 other sessions')
    const [, ended] = /sessions\/([\w-]{16})\/end/.exec(text)!
    await here.send(`/admin/account/sessions/${ended}/end`)
    const left = [await isIn(there), await isIn(elsewhere)]
    assert.sameMembers(left, [true, false])
    await here.send('/admin/account/sessions/end')
    assert.deepEqual(
      [await isIn(here), await isIn(there), await isIn(elsewhere)],
      [true, false, false]
    )
  })

  test('cannot be ended by other staff, and no page shows a secret', async ({ assert }) => {
    const his = await plainDeskOf(carl)
    const olga = await plainDeskOf(await person('operator', 'Olga'))
    const { text } = await his.open('/admin/account')
    const [session] = await accounts().from('sessions').where('user_id', carl.id)
    assert.notInclude(text, session.id)
    const ada = await plainDeskOf(await person('admin', 'Ada'))
    const page = (await ada.open(`/admin/people/${carl.id}`)).text
    const [, handle] = /sessions\/([\w-]{16})\/end/.exec(page)!
    await olga.send(`/admin/account/sessions/${handle}/end`)
    assert.isTrue(await isIn(his))
    await ada.send(`/admin/people/${carl.id}/sessions/${handle}/end`)
    assert.isFalse(await isIn(his))
  })

  test('end when the password is changed, which needs the old one', async ({ assert, client }) => {
    const [here, there] = [await plainDeskOf(carl), await plainDeskOf(carl)]
    const change = (currentPassword: string) =>
      here.send('/admin/account/password', { currentPassword, newPassword: 'a better password' })
    await change('not the password')
    const refused = (await here.open('/admin/account')).text
    assert.include(refused, 'The current password is wrong.')
    assert.notInclude(refused, 'not the password')
    assert.isTrue(await isIn(there))
    await change('a long password')
    assert.include((await here.open('/admin/account')).text, '1 other session and 1 token ended')
    assert.deepEqual([await isIn(here), await isIn(there)], [true, false])
    const byToken = await client.get('/api/v1/accounts/me').bearerToken(carl.token)
    byToken.assertStatus(401)
    assert.equal((await there.signIn(carl)).status, 401)
    assert.equal((await there.signIn(carl, 'a better password')).status, 303)
    const kept = JSON.stringify(await accounts().from('audit_entries'))
    assert.notMatch(kept, /a better password|a long password|not the password/)
  })

  test('of a service are shown once, and end immediately when revoked', async ({
    assert,
    client,
  }) => {
    const desk = await plainDeskOf(await person('admin', 'Ada'))
    const added = await desk.send('/admin/people/services', { name: 'shop' }, '/admin/people')
    const page = added.location!
    const form = { name: 'production', _key: randomUUID() }
    await desk.send(`${page}/tokens`, form, page)
    await desk.send(`${page}/tokens`, form, '/admin/account')
    const tables = ['sessions', 'idempotency_keys']
    const kept = JSON.stringify(await Promise.all(tables.map((name) => accounts().from(name))))
    const { text } = await desk.open(page)
    const token = /id="new-token">([^<]+)</.exec(text)![1]
    assert.notInclude(kept, token)
    assert.notInclude((await desk.open(page)).text, token)
    assert.match(text, /<td data-label="Expires">\s*never\s*<\/td>/)
    const me = () => client.get('/api/v1/accounts/me').bearerToken(token)
    assert.equal((await me()).body().role, 'service')
    await desk.send(`${page}/tokens`, { name: 'production' }, page)
    assert.include((await desk.open(page)).text, 'already has a token “production”')
    const [row] = await accounts().from('access_tokens').where('name', 'production')
    await desk.send(`${page}/tokens/${row.id}/revocation`, {}, page)
    ;(await me()).assertStatus(401)
  })

  test('accept only existing time zones', async ({ assert }) => {
    const desk = await plainDeskOf(carl)
    const zoneOf = async () => (await account(carl.id)).time_zone
    await desk.send('/admin/account/time-zone', { timeZone: 'Asia/Tokyo' })
    assert.equal(await zoneOf(), 'Asia/Tokyo')
    assert.include((await desk.open('/admin/account')).text, 'to Asia/Tokyo')
    for (const timeZone of ['Mars/Olympus', '../etc', '+99:99']) {
      await desk.send('/admin/account/time-zone', { timeZone })
    }
    assert.equal(await zoneOf(), 'Asia/Tokyo')
    await desk.send('/admin/account/time-zone', { timeZone: '' })
    assert.isNull(await zoneOf())
  })
})
