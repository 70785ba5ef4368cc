import edge from 'edge.js'
import { test } from '@japa/runner'

test.group('A page that says that something failed', () => {
  const form = { action: '/admin/orders/fulfilment', csrf: '', fields: [] }

  for (const status of [500, 503]) {
    test(`does not say that nothing was done of a form where some may be, ${status}`, async ({
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
})
