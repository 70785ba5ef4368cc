/*
 * The longest names that are accepted, without a space at which a line could break.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { SYSTEM } from '#contracts/actor'
import { putProduct } from '#inventory/products/put_product'
import { restock } from '#inventory/stock/restock'
import { base, deskOf, type Desk } from '#tests/support/browser/browser'
import { confirmed } from '#tests/support/orders'
import { emptyShop, person, priced } from '#tests/support/shop'
import { dryRun } from '#tests/support/stock_imports'

const long = (length: number) => 'Wg'.repeat(length / 2)
const SKU = long(64).toUpperCase()

test.group('Names of 200 letters', (group) => {
  let paths: string[]
  let desk: Desk

  group.setup(async () => {
    await emptyShop()
    const price = { amount: 999_999_999_999, currency: 'EUR' }
    await putProduct(SKU, { name: long(200), price, barcodes: ['012345678905'] }, null)
    await priced(SKU)
    await db
      .connection('inventory')
      .transaction((trx) =>
        restock(trx, { sku: SKU, quantity: 1_000_000, reference: long(64) }, SYSTEM)
      )
  })

  for (const size of ['desktop', 'phone'] as const) {
    test(`break neither a page nor leave it: ${size}`, async ({ client, assert, cleanup }) => {
      const clerk = await person('clerk', 'Carl')
      const admin = await person('admin', 'Ada')
      paths ??= await fill()
      desk = await deskOf('admin', 'Maren', { size })
      cleanup(() => desk.close())
      await db
        .connection('accounts')
        .from('accounts')
        .update({ name: long(200) })
      const { page } = desk
      const tooWide: string[] = []
      for (const path of paths) {
        await page.goto(base + path)
        const excess = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth'
        )
        if (excess) tooWide.push(`${path}: ${excess} px`)
      }
      assert.deepEqual(tooWide, [])

      async function fill() {
        const order = await confirmed(client, admin, {
          name: long(200),
          email: `${long(60)}@${long(60)}.example.com`,
          reference: long(64),
          shipTo: { name: long(200), address: [long(200), long(200)], country: 'DE' },
          lines: [{ sku: SKU, quantity: 3 }],
        })
        await db
          .connection('orders')
          .from('orders')
          .where('id', order)
          .update({ note: long(1_000) })
        const file = `sku,name,counted,${long(60)}\n${SKU},${long(200)},7\n${long(60)}X,${long(200)},x\n`
        const { id } = await dryRun(client, clerk, file)
        await db
          .connection('inventory')
          .from('stock_imports')
          .where('id', id)
          .update({ name: `${long(200)}.csv`, reference: long(64) })
        return [
          ...['/admin', '/admin/orders', `/admin/orders/${order}`],
          ...[`/admin/orders/${order}/fulfilment`, `/admin/orders/${order}/cancellation`],
          `/admin/orders/slips?orders[]=${order}`,
          `/admin/orders/fulfilment?orders[]=${order}:1`,
          ...['/admin/stock', `/admin/stock?q=${long(200)}`, '/admin/stock/movements'],
          ...[`/admin/stock/${SKU}`, `/admin/stock/${SKU}/edit`, '/admin/stock/new'],
          ...['/admin/stock/imports', `/admin/stock/imports/${id}`],
          ...['/admin/stock/imports/guide', '/admin/stock/receive'],
          `/admin/stock/receive/codes?code=${long(200)}`,
          ...['/admin/people', `/admin/people/${admin.id}`, '/admin/audit', '/admin/account'],
          ...['/admin/operations', `/admin/${long(200)}`],
        ]
      }
    })
  }
})
