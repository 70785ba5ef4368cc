import edge from 'edge.js'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { PlainDesk, plainDeskOf } from '#tests/support/desk'
import { emptyShop, person } from '#tests/support/shop'

test.group('An error page', () => {
  const form = { action: '/admin/orders/fulfilment', csrf: '', fields: [] }

  for (const status of [500, 503]) {
    test(`does not claim that a form had no effect if it may have had one, ${status}`, async ({
      assert,
    }) => {
      const page = (begun: boolean) =>
        edge.render('admin::unavailable', {
          ...{ problem: { status }, form, begun, requestId: 'r', address: '/admin' },
        })
      assert.include(await page(false), 'Your form was not saved')
      const begun = await page(true)
      assert.include(begun, 'may have been saved: check before you submit it again')
      assert.notInclude(begun, 'not saved')
    })
  }

  test('for an unknown path has the navigation, and keeps visitors out of the database', async ({
    assert,
  }) => {
    await emptyShop()
    const desk = await plainDeskOf(await person('clerk', 'Carl'))
    for (const path of ['/admin/nothing', '/admin/orders/one/two', '/admin/stock/UNKNOWN']) {
      const page = await desk.open(path)
      assert.equal(page.status, 404, path)
      assert.include(page.text, '<h1>Page not found</h1>')
      assert.include(page.text, '<nav aria-label="Main">')
      assert.include(page.text, 'Check the address')
    }
    const program = await desk.open('/admin/nothing', { accept: 'application/json' })
    assert.equal(JSON.parse(program.text).code, 'no_such_address')
    const posted = await desk.sendAsItIs('/admin/nothing', {})
    assert.equal(posted.status, 404)

    const sessions = () => db.connection('accounts').from('sessions')
    const before = await sessions()
    const visitor = new PlainDesk()
    const page = await visitor.open('/admin/nothing')
    assert.equal(page.status, 404)
    assert.notInclude(page.text, '<nav')
    assert.isUndefined(visitor.session)
    assert.lengthOf(await sessions(), before.length)
  })
})
