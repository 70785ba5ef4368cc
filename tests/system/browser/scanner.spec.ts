/*
 * A barcode scanned into a quantity field books nothing; a number that a person types is booked.
 */
import { test } from '@japa/runner'
import type { Page } from 'playwright-core'
import { barriers, base, deskOf, type Desk } from '#tests/support/browser/browser'
import { onHand } from '#tests/support/stock_imports'
import { typeKeys } from '#tests/support/browser/scanner'
import { emptyShop, product } from '#tests/support/shop'

const CODE = '100200'
const PERSON = { every: 120 }

const ITEM = '/admin/stock/MUG-RED'
const STOCK = '/admin/stock'

/** Field, page, and what the field holds before. */
const fields: [label: string, path: string, held: string][] = [
  ['Received', ITEM, '4'],
  ['By', ITEM, '4'],
  ['Counted', ITEM, ''],
  ['Restock MUG-RED by', STOCK, ''],
  ['Restock each by', STOCK, '7'],
  ['Low at', `${ITEM}/edit`, '5'],
  ['Price', `${ITEM}/edit`, '12.50'],
]

test.group('A quantity field', (group) => {
  let desk: Desk
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG-RED', 10)
    return () => desk.close()
  })

  async function at(path: string, look = {}) {
    desk = await deskOf('clerk', 'Carl', look)
    await desk.page.goto(base + path)
    return desk.page
  }

  const said = (page: Page) =>
    page.locator('.toasts[aria-live]', { hasText: 'That was a scan' }).waitFor()

  for (const every of [5, 35]) {
    test(`refuses a scan at ${every} ms per key, and keeps its value`, async ({ assert }) => {
      const page = await at(STOCK)
      for (const [label, path, held] of fields) {
        await page.goto(base + path)
        if (label === 'Restock each by') await page.getByLabel('Select MUG-RED').check()
        const field = page.getByLabel(label, { exact: true })
        await field.fill(held)
        await typeKeys(page, CODE, { every })
        await said(page)
        assert.equal(await field.inputValue(), held, label)
      }
      // A form sent by mistake would be handled before this one.
      await page.goto(base + ITEM)
      await page.getByLabel('Received').focus()
      await typeKeys(page, '40', PERSON)
      await page.getByText('restocked by +40: 10 → 50').waitFor()
      assert.deepEqual(await onHand(), { 'MUG-RED': 50 })
      assert.deepEqual(desk.faults, [])
    })
  }

  test('refuses a scan that ends with Tab, and one into a row added later', async ({ assert }) => {
    const page = await at(STOCK, { size: 'phone' })
    const field = page.getByLabel('Restock MUG-RED by')
    await field.focus()
    await typeKeys(page, '40', PERSON)
    await page.getByText('restocked by +40: 10 → 50').waitFor()
    await field.focus()
    await typeKeys(page, CODE, { every: 5, end: 'Tab' })
    await said(page)
    assert.equal(await field.inputValue(), '')
    assert.equal(await page.evaluate('document.activeElement.id'), 'r-MUG-RED')
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(await onHand(), { 'MUG-RED': 50 })
    assert.deepEqual(desk.faults, [])
  })

  for (const scripts of [true, false]) {
    test(`asks before it books an unusual quantity, ${scripts ? 'with' : 'without'} scripts`, async ({
      assert,
    }) => {
      const page = await at(ITEM, { scripts })
      await page.getByLabel('Received').fill(CODE)
      await page.getByLabel('Reference').fill('LS-118902')
      await page.getByRole('button', { name: 'Restock', exact: true }).click()
      await page.getByText(/MUG-RED would change by 100.200 units/).waitFor()
      assert.equal(await page.getByLabel('Received').inputValue(), CODE)
      assert.equal(await page.getByLabel('Reference').inputValue(), 'LS-118902')
      if (scripts) assert.deepEqual(await barriers(page), [])
      assert.deepEqual(await onHand(), { 'MUG-RED': 10 })

      await page.getByRole('button', { name: /Yes, restock 100.200/ }).click()
      await page.getByText(/restocked by \+100.200/).waitFor()
      assert.deepEqual(await onHand(), { 'MUG-RED': 100_210 })
      assert.deepEqual(desk.faults, [])
    })
  }

  test('asks for a row and for a selection too', async ({ assert }) => {
    const page = await at(STOCK, { size: 'phone' })
    await page.getByLabel('Restock MUG-RED by').fill('5000')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /Yes, restock 5.000/ }).click()
    await page.getByText(/restocked by \+5.000/).waitFor()
    await page.getByLabel('Select MUG-RED').check()
    await page.getByLabel('Restock each by').fill('6000')
    await page.getByRole('button', { name: 'Restock selected' }).click()
    await page.getByRole('button', { name: /Yes, 6.000 each/ }).click()
    await page.getByText(/restocked by 6.000 each/).waitFor()
    assert.deepEqual(await onHand(), { 'MUG-RED': 11_010 })
    assert.deepEqual(desk.faults, [])
  })

  test('does not multiply a scan after MUG-RED* on the receiving page', async ({ assert }) => {
    await product(CODE, 0)
    const page = await at('/admin/stock/receive')
    const field = page.locator('#scan')
    await field.fill('MUG-RED*')
    await typeKeys(page, CODE, { every: 5 })
    await page.locator('#last', { hasText: '1 scanned; on hand 0 → 1' }).waitFor()
    assert.equal(await field.inputValue(), 'MUG-RED*')
    await typeKeys(page, '12', PERSON)
    await page.locator('#last', { hasText: '12 scanned; on hand 10 → 22' }).waitFor()
    assert.deepEqual(desk.faults, [])
  })
})
