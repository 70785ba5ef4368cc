import edge from 'edge.js'
import { test } from '@japa/runner'

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
})
