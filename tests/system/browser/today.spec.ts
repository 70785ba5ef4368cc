/*
 * The page of the day.
 */
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { putProduct } from '#inventory/products/put_product'
import { barriers, base, deskOf } from '#tests/support/browser/browser'
import { emptyShop, handleReply, person, post, priced, product } from '#tests/support/shop'

test.group('The Today page', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG-RED')
    await product('MUG-RED', 3)
    const price = { amount: 790, currency: 'EUR' }
    await putProduct('TEA-GREEN', { name: 'Green tea', price, lowStockAt: 5 }, null)
  })

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', true],
    ['dark', 'desktop', false],
  ] as const) {
    test(`lists what needs work, with links: ${theme}, ${size}, scripts ${scripts}`, async ({
      client,
      assert,
    }) => {
      const shop = await person('service')
      const order = {
        lines: [{ sku: 'MUG-RED', quantity: 1 }],
        name: 'Ada',
        email: 'ada@example.com',
      }
      for (let n = 0; n < 2; n++) await post(client, shop, order)
      const { id } = (await post(client, shop, order)).body()
      await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
      const desk = await deskOf('clerk', 'Carl', { theme, size, scripts })
      const { page } = desk
      await page.getByText('3 orders placed').waitFor()
      const figure = (name: string) =>
        page.locator('.stats div', { hasText: name }).getByRole('link')
      assert.equal(await figure('To fulfil').innerText(), '1')
      assert.equal(await page.getByRole('row', { name: 'pending' }).innerText(), 'pending\t2\t2')
      if (scripts) {
        assert.deepEqual(await barriers(page), [])
      }
      if (scripts && theme === 'light') {
        // The page goes on by itself.
        await handleReply((await post(client, shop, order)).body().id, 'reserved', {
          revision: 1,
          heldRevision: 1,
        })
        await figure('To fulfil').getByText('2').waitFor()
      }
      await figure('Out').click()
      await page.waitForURL(`${base}/admin/stock?level=out`)
      await page.getByRole('link', { name: 'TEA-GREEN' }).waitFor()
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }

  test('redirects to the sign-in when the session has ended', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    await page.getByText('orders placed').waitFor()
    await db.connection('accounts').from('sessions').delete()
    await page.waitForURL(/\/admin\/login\?next=/)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('shows stuck messages to an operator', async ({ assert }) => {
    await db
      .connection('orders')
      .table('dead_letters')
      .insert({ consumer: 'orders', reason: 'junk', topic: 'inventory', headers: {}, attempts: 1 })
    const desk = await deskOf('operator', 'Olga', { theme: 'dark' })
    await desk.page.getByText('1 dead letter needs attention').waitFor()
    assert.deepEqual(await barriers(desk.page), [])
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})
