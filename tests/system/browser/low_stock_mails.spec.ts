/*
 * The choice whether to be told by mail what runs low, and the mail itself.
 */
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { SYSTEM } from '#contracts/actor'
import { adjustStock } from '#inventory/stock/adjust_stock'
import { putProduct } from '#inventory/products/put_product'
import { digestComposer } from '#inventory/low_stock/compose_digest'
import { barriers, base, deskOf } from '#tests/support/browser/browser'
import { emptyShop, product } from '#tests/support/shop'

test.group('Low-stock mails', (group) => {
  group.each.setup(emptyShop)

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', false],
  ] as const) {
    test(`can be subscribed to and read: ${theme}, ${size}, scripts ${scripts}`, async ({
      assert,
    }) => {
      await product('MUG-RED', 9)
      const price = { amount: 1_250, currency: 'EUR' }
      await putProduct('MUG-RED', { name: 'Red mug', price, lowStockAt: 5 }, '*')
      const desk = await deskOf('clerk', 'Carla', { theme, size, scripts })
      const { page } = desk
      await page.goto(`${base}/admin/account/low-stock`)
      await page.getByLabel('Send mails').selectOption('daily')
      await page.getByLabel('Hour of the day').selectOption('7')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('never → daily at 7:00').waitFor()
      assert.equal(await page.getByLabel('Hour of the day').inputValue(), '7')
      if (scripts) assert.deepEqual(await barriers(page), [])
      const loss = { sku: 'MUG-RED', delta: -4, reason: 'loss' as const, note: null }
      await db.connection('inventory').transaction((trx) => adjustStock(trx, loss, SYSTEM))
      assert.deepEqual(desk.faults, [])
      await page.goto('about:blank')
      await page.setContent(await mailFor(desk.person.id, ['MUG-RED']))
      await page.getByRole('heading', { name: '1 SKU running low' }).waitFor()
      const link = page.getByRole('link', { name: 'Red mug' })
      assert.match((await link.getAttribute('href'))!, /\/admin\/stock\/MUG-RED$/)
      if (scripts) assert.deepEqual(await barriers(page), [])
      await desk.close()
    })
  }
})

async function mailFor(subject: string, skus: string[]): Promise<string> {
  const compose = digestComposer(await app.container.make('staffDirectory'))
  const said = await compose({ subject, detail: { skus } } as never)
  const { Message } = await import('@adonisjs/mail')
  const message = new Message()
  await said!(message)
  await message.computeContents()
  return message.toObject().message.html as string
}
