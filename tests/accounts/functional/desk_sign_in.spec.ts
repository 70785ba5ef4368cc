/*
 * Signing in at the admin pages, and who tries to without being let in.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { reportEnded, watchSession } from '#accounts/credentials/credential_watcher'
import { PlainDesk, plainDeskOf } from '#tests/support/desk'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const base = `http://${process.env.HOST}:${process.env.PORT}`
const accounts = () => db.connection('accounts')

test.group('Signing in at a desk', (group) => {
  let carl: Person

  group.each.setup(async () => {
    await emptyShop()
    carl = await person('clerk', 'Carl')
  })

  test('leads to the requested page with its filters', async ({ assert }) => {
    const desk = new PlainDesk()
    const asked = await desk.open('/admin/stock?level=low')
    assert.equal(asked.status, 303)
    assert.equal(asked.location, '/admin/login?next=%2Fadmin%2Fstock%3Flevel%3Dlow')
    const signedIn = await desk.signIn(carl, undefined, { next: '/admin/stock?level=low' })
    assert.equal(signedIn.location, '/admin/stock?level=low')
    assert.equal((await desk.open('/admin/login?next=/admin/stock')).location, '/admin/stock')
  })

  test('never redirects to another site', async ({ assert }) => {
    const traps = [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/admin\\@evil.example',
      '/admin/\\evil.example',
      '/administration',
      '/admin/\r\nset-cookie: a=b',
      'javascript:alert(1)',
    ]
    for (const next of traps) {
      const { status, location } = await new PlainDesk().signIn(carl, undefined, { next })
      assert.equal(status, 303, next)
      assert.equal(location, '/admin', next)
    }
  })

  test('gives the session a new id and secret, against session fixation', async ({ assert }) => {
    const desk = new PlainDesk()
    const { text } = await desk.open('/admin/login')
    const planted = desk.session
    const secret = /name="_csrf" value="([^"]+)"/.exec(text)![1]
    await desk.signIn(carl)
    assert.notEqual(desk.session, planted)
    const forged = await desk.sendAsItIs('/admin/account/sessions/end', { _csrf: secret })
    assert.equal(forged.status, 403)
    const attacker = new PlainDesk()
    attacker.session = planted
    assert.match((await attacker.open('/admin/account')).location!, /^\/admin\/login/)
  })

  test('gives the same message for a wrong password, an unknown and a disabled person', async ({
    assert,
  }) => {
    const gone = await person('clerk', 'Gina')
    await accounts().from('accounts').where('id', gone.id).update({ disabled_at: new Date() })
    const stranger = { ...carl, email: 'nobody@example.com' }
    const answers = [
      await new PlainDesk().signIn(carl, 'not the password'),
      await new PlainDesk().signIn(stranger),
      await new PlainDesk().signIn(gone),
    ]
    for (const { status, text } of answers) {
      assert.equal(status, 401)
      assert.include(text, 'The e-mail address or the password is wrong.')
      assert.notInclude(text, 'not the password')
    }
  })

  test('is slowed after ten wrong passwords, and the correct one still works', async ({
    assert,
  }) => {
    const desk = new PlainDesk()
    for (let n = 0; n < 10; n++) {
      assert.equal((await desk.signIn(carl, 'not the password')).status, 401)
    }
    const began = performance.now()
    assert.equal((await desk.signIn(carl)).status, 303)
    assert.isAtLeast(performance.now() - began, 240)
  })

  test('accepts no form without its token, however its path is written', async ({ assert }) => {
    const fields = { email: carl.email!, password: 'a long password', token: 'any' }
    for (const door of ['login', 'login/', 'invitation', 'invitation/']) {
      const desk = new PlainDesk()
      const { status, location } = await desk.sendAsItIs(`/admin/${door}`, fields, '/admin/login')
      assert.deepEqual([status, location], [303, '/admin/login'], door)
      assert.match((await desk.open('/admin')).location!, /^\/admin\/login/, door)
    }
  })

  test('refuses customers', async ({ assert }) => {
    const desk = new PlainDesk()
    const { status, text } = await desk.signIn(await person('customer', 'Ada'))
    assert.equal(status, 403)
    assert.include(text, 'cannot use the admin pages')
    assert.match((await desk.open('/admin')).location!, /^\/admin\/login/)
  })

  test('on an expired page keeps the e-mail but no password', async ({ assert }) => {
    const desk = new PlainDesk()
    const fields = { email: carl.email!, password: 'a long password', next: '/admin/stock' }
    const { status, location } = await desk.sendAsItIs('/admin/login', fields, '/admin/login')
    assert.deepEqual([status, location], [303, '/admin/login'])
    const { text } = await desk.open('/admin/login')
    assert.include(text, 'was open for too long')
    assert.include(text, carl.email!)
    assert.include(text, 'value="/admin/stock"')
    assert.notInclude(text, 'a long password')
    const sessions = await accounts().from('sessions')
    assert.notInclude(JSON.stringify(sessions), 'a long password')
  })
})

test.group('A form at a desk', (group) => {
  let carl: Person

  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 5)
    carl = await person('clerk', 'Carl')
  })

  const onHand = async () =>
    (await db.connection('inventory').from('stock_items').where('sku', 'MUG').first()).on_hand

  test('without its token has no effect, and can be sent again', async ({ assert }) => {
    const desk = await plainDeskOf(carl)
    const { status, text } = await desk.sendAsItIs('/admin/stock/MUG/restocks', { quantity: '7' })
    assert.equal(status, 403)
    assert.include(text, 'Submit now')
    assert.equal(await onHand(), 5)
  })

  test('of an ended session is kept and sent after the sign-in', async ({ assert }) => {
    const desk = await plainDeskOf(carl)
    await accounts().from('sessions').delete()
    const refused = await desk.sendAsItIs('/admin/stock/MUG/restocks', { quantity: '7' })
    assert.equal(refused.status, 401)
    assert.include(refused.text, 'Your session has expired')
    assert.equal(await onHand(), 5)
    const resume = JSON.stringify({
      action: '/admin/stock/MUG/restocks',
      fields: [{ name: 'quantity', value: '7' }],
    })
    const csrf = /name="_csrf" value="([^"]+)"/.exec(refused.text)![1]
    const fields = { _csrf: csrf, email: carl.email!, password: 'a long password', resume }
    assert.equal((await desk.sendAsItIs('/admin/login', fields)).location, '/admin/resume')
    const { text } = await desk.open('/admin/resume')
    assert.match(text, /restocked<\/b>\s+<a class="code" href="\/admin\/stock\/MUG">MUG/)
    const own = /name="_csrf" value="([^"]+)"/.exec(text)![1]
    const form = { _csrf: own, quantity: '7' }
    assert.equal((await desk.sendAsItIs('/admin/stock/MUG/restocks', form)).status, 303)
    assert.equal(await onHand(), 12)
  })

  test('of a foreign site is not kept, and does not affect the session', async ({ assert }) => {
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'origin': base, 'sec-fetch-site': 'cross-site' },
      { 'origin': base, 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
      {},
    ]
    for (const headers of foreign) {
      for (const path of ['stock/MUG/restocks', 'logout', 'login', 'stock/imports']) {
        // Another site's form comes without the cookie.
        const desk = new PlainDesk()
        const fields = { quantity: '7' }
        const answer = await desk.sendAsItIs(`/admin/${path}`, fields, '', headers)
        assert.deepEqual([answer.status, answer.location], [303, '/admin/login'], path)
        assert.isUndefined(desk.session)
      }
    }
    assert.equal(await onHand(), 5)
  })

  test('is kept once: further submissions are ignored', async ({ assert }) => {
    const wrong = [
      '{"action":"/admin","fields":[1]}',
      '{"action":"/admin","fields":[{"name":"a"}]}',
      '{"action":"/admin","fields":[{"name":"a","value":{"b":1}}]}',
      '{"action":"//evil.example","fields":[]}',
      'null',
      'garbage',
    ]
    for (const resume of wrong) {
      const desk = new PlainDesk()
      const { location } = await desk.signIn(carl, undefined, { resume })
      assert.equal(location, '/admin', resume)
      assert.equal((await desk.open('/admin/resume')).status, 303)
    }
  })

  test('extends the session, which is stored once a minute', async ({ assert }) => {
    const desk = await plainDeskOf(carl)
    const ends = async () => {
      const session = await accounts().from('sessions').where('user_id', carl.id).firstOrFail()
      return session.expires_at as Date
    }
    // The first page puts its own things into the session.
    await desk.open('/admin/account')
    const used = await ends()
    const soon = new Date(used.getTime() - 9 * 60 * 60 * 1_000)
    await accounts().from('sessions').update({ expires_at: soon })
    await desk.open('/admin/account')
    assert.isAtLeast((await ends()).getTime(), used.getTime())
    await accounts().from('sessions').update({ expires_at: soon })
    await desk.open('/admin/account')
    assert.deepEqual(await ends(), soon)
  })

  test('that a page repeats by itself does not extend the session', async ({ assert }) => {
    const desk = await plainDeskOf(carl)
    await desk.open('/admin/account')
    const soon = new Date(Date.now() + 60 * 60 * 1_000)
    await accounts().from('sessions').update({ expires_at: soon })
    const ends = async () => (await accounts().from('sessions').firstOrFail()).expires_at as Date
    await desk.open('/admin', { 'hx-request': 'true', 'x-poll': 'true' })
    assert.deepEqual(await ends(), soon)
    await desk.open('/admin', { 'hx-request': 'true' })
    assert.isAbove((await ends()).getTime(), soon.getTime())
  })

  test('is not accepted 12 hours after the sign-in, however often the session was used', async ({
    assert,
  }) => {
    const desk = await plainDeskOf(carl)
    await desk.open('/admin/account')
    const signedIn = (ago: string) =>
      accounts().rawQuery(
        `update sessions set data = jsonb_set(data::jsonb, '{message,signedIn,at}', to_jsonb(now() - ?::interval))::text`,
        [ago]
      )
    await signedIn('11 hours 59 minutes')
    assert.equal((await desk.open('/admin/account')).status, 200)
    let ended = 0
    const { id } = await accounts().from('sessions').firstOrFail()
    const stop = watchSession(id, () => ended++)
    await reportEnded()
    assert.equal(ended, 0)
    await signedIn('12 hours 1 minute')
    await reportEnded()
    stop()
    assert.equal(ended, 1)
    assert.match((await desk.open('/admin/account')).location!, /^\/admin\/login/)
    const poll = await desk.open('/admin', { 'hx-request': 'true', 'x-poll': 'true' })
    assert.equal(poll.text, '')
    await desk.signIn(carl)
    assert.equal((await desk.open('/admin/account')).status, 200)
  })

  test('in progress when its session is ended does not reopen it', async ({ assert }) => {
    const desk = await plainDeskOf(carl)
    const [session] = await accounts().from('sessions').where('user_id', carl.id)
    await accounts().from('sessions').delete()
    // What the request writes at its end, as the session store does.
    await accounts()
      .table('sessions')
      .insert({ id: session.id, data: session.data, expires_at: session.expires_at })
    assert.match((await desk.open('/admin/account')).location!, /^\/admin\/login/)
  })
})
