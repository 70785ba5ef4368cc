/*
 * One SKU: what is done with it, and what is told when it cannot be.
 */
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { SYSTEM } from '#contracts/actor'
import { restock } from '#inventory/stock/restock'
import { barriers, base, deskOf } from '#tests/support/browser/browser'
import { emptyShop, product } from '#tests/support/shop'
import { held } from '#tests/support/reservations'

const MUG = `${base}/admin/stock/MUG-RED`

test.group('The page of an SKU', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG-RED', 40)
  })

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', true],
    ['light', 'phone', false],
  ] as const) {
    test(`restocks, adjusts, counts, and undoes each: ${theme}, ${size}, scripts ${scripts}`, async ({
      assert,
    }) => {
      const desk = await deskOf('clerk', 'Carl', { theme, size, scripts })
      const { page } = desk
      await page.goto(MUG)
      await page.getByLabel('Received').fill('5')
      await page.getByLabel('Reference').fill('PO-7')
      await page.getByRole('button', { name: 'Restock', exact: true }).click()
      await page.getByText('restocked by +5: 40 → 45').waitFor()
      await page.getByLabel('By', { exact: true }).fill('-3')
      await page.getByLabel('Reason').selectOption('damaged')
      await page.getByRole('button', { name: 'Adjust' }).click()
      await page.getByText('adjusted by −3: 45 → 42').waitFor()
      await page.getByLabel('Counted').fill('44')
      await page.getByRole('button', { name: 'Set on hand' }).click()
      await page.getByText('counted by +2: 42 → 44').waitFor()
      if (scripts) assert.deepEqual(await barriers(page), [])
      await page.locator('.toasts').getByRole('button', { name: 'Undo' }).click()
      await page.getByText('undone by −2: 44 → 42').waitFor()
      assert.equal(await page.locator('#balance dd').first().innerText(), '42')
      assert.equal(await page.locator('td', { hasText: 'undone' }).count(), 1)
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }

  test('keeps the typed count when it is stale, and shows the movements since', async ({
    assert,
  }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    await page.goto(MUG)
    await db
      .connection('inventory')
      .transaction((trx) => restock(trx, { sku: 'MUG-RED', quantity: 7 }, SYSTEM))
    await page.getByLabel('Counted').fill('39')
    await page.getByRole('button', { name: 'Set on hand' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('On hand was 40 when you opened this page and is now 47').waitFor()
    assert.match(await alert.innerText(), /restock of \+7/)
    assert.equal(await page.getByLabel('Counted').inputValue(), '39')
    assert.deepEqual(await barriers(page), [])
    await page.getByRole('button', { name: 'Set on hand' }).click()
    await page.getByText('counted by −8: 47 → 39').waitFor()
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('names the count that prevents an undo, and undoes that count', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    await page.goto(MUG)
    await page.getByLabel('Received').fill('10')
    await page.getByRole('button', { name: 'Restock', exact: true }).click()
    await page.getByText('restocked by +10: 40 → 50').waitFor()
    await page.getByLabel('Counted').fill('50')
    await page.getByRole('button', { name: 'Set on hand' }).click()
    await page.getByText('counted: 50, which agrees with the books').waitFor()
    await page.getByText('no difference').waitFor()
    await page.getByRole('button', { name: 'Undo restock of +10' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('was counted since').waitFor()
    assert.match(await alert.innerText(), /Carl counted 50 at/)
    assert.deepEqual(await barriers(page), [])
    await alert.getByRole('link', { name: 'it', exact: true }).click()
    await page.getByRole('button', { name: 'Undo count' }).click()
    await page.getByText('undone: 50 on hand, as before').waitFor()
    await page.goto(MUG)
    await page.getByRole('button', { name: 'Undo restock of +10' }).click()
    await page.getByText('undone by −10: 50 → 40').waitFor()
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('links the orders that hold the pieces to be taken', async ({ assert }) => {
    const order = await held('MUG-RED', 38)
    const desk = await deskOf('clerk', 'Carl', { theme: 'dark' })
    const { page } = desk
    await page.goto(MUG)
    await page.getByLabel('By', { exact: true }).fill('-3')
    await page.getByLabel('Reason').selectOption('loss')
    await page.getByLabel('Note').fill('Gone since Friday')
    await page.getByRole('button', { name: 'Adjust' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('1 order holds 38').waitFor()
    assert.equal(await alert.getByRole('link').getAttribute('href'), `/admin/orders/${order}`)
    assert.equal(await page.getByLabel('Note').inputValue(), 'Gone since Friday')
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('works with the keyboard alone', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    await page.goto(MUG)
    const received = page.getByLabel('Received')
    while (!(await received.evaluate((field) => field.matches(':focus')))) {
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type('5')
    await page.keyboard.press('Enter')
    await page.getByText('restocked by +5: 40 → 45').waitFor()
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})

test.group('A product', (group) => {
  group.each.setup(emptyShop)

  for (const theme of ['light', 'dark'] as const) {
    test(`is listed and changed with input as people type it: ${theme}`, async ({ assert }) => {
      const desk = await deskOf('clerk', 'Carl', { theme })
      const { page } = desk
      await page.goto(`${base}/admin/stock`)
      await page.getByText('No products yet').waitFor()
      assert.deepEqual(await barriers(page), [])
      await page.getByRole('link', { name: 'List a product' }).last().click()
      await page.getByText('The product is for sale at once').waitFor()
      await page.getByLabel('SKU').fill('tea-1')
      await page.getByLabel('Name').fill('Green tea')
      await page.getByLabel('Price').fill('7,9')
      await page.getByLabel('Barcodes').fill('4006381333931')
      assert.deepEqual(await barriers(page), [])
      await page.getByRole('button', { name: 'List product' }).click()
      await page.getByText('listed at').waitFor()
      assert.equal(new URL(page.url()).pathname, '/admin/stock/TEA-1')
      await page.getByText('4006381333931').waitFor()
      await page.getByRole('link', { name: 'Edit' }).click()
      assert.equal(await page.getByLabel('Price').inputValue(), '7.90')
      await page.getByLabel('On sale').uncheck()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('off sale').waitFor()
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }

  test('keeps the typed values when its SKU or barcode is taken', async ({ assert }) => {
    await product('TEA-1', 0)
    const desk = await deskOf('clerk', 'Carl', { scripts: false })
    const { page } = desk
    await page.goto(`${base}/admin/stock/new`)
    await page.getByLabel('SKU').fill('tea-1')
    await page.getByLabel('Name').fill('Another tea')
    await page.getByLabel('Price').fill('7.905')
    await page.getByRole('button', { name: 'List product' }).click()
    await page.getByText('has too many decimals: EUR').first().waitFor()
    await page.getByLabel('Price').fill('7.90')
    await page.getByRole('button', { name: 'List product' }).click()
    await page.getByText('TEA-1 already exists').first().waitFor()
    assert.equal(await page.getByLabel('Name').inputValue(), 'Another tea')
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})

test.group('The ledger of all SKUs', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG-RED', 40)
    await product('CUP', 3)
    await held('MUG-RED', 2)
  })

  for (const [theme, size] of [
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const) {
    test(`is filtered and exported: ${theme}, ${size}`, async ({ assert }) => {
      const desk = await deskOf('operator', 'Olga', { theme, size })
      const { page } = desk
      await page.goto(`${base}/admin/stock/movements`)
      assert.equal(await page.locator('tbody tr:not(.day)').count(), 3)
      await page.getByLabel('Kind').selectOption('reserve')
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('1 shown').waitFor()
      assert.deepEqual(await barriers(page), [])
      assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0)
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Export CSV' }).click()
      assert.equal((await download).suggestedFilename(), 'movements.csv')
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }
})
