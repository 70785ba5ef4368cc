import { test } from '@japa/runner'
import { barriers, base, deskOf } from '#tests/support/browser/browser'
import { emptyShop, product } from '#tests/support/shop'

test.group('The stock list', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG-RED', 37)
    await product('TEA-GREEN', 0)
  })

  for (const theme of ['light', 'dark'] as const) {
    test(`restocks a row and offers to undo, ${theme}`, async ({ assert }) => {
      const desk = await deskOf('clerk', 'Carl', { theme })
      const { page } = desk
      await page.goto(`${base}/admin/stock`)
      await page.getByLabel('Restock TEA-GREEN by').fill('40')
      await page.keyboard.press('Enter')
      await page.getByText('restocked by +40: 0 → 40').waitFor()
      const typed = await page.getByLabel('Restock TEA-GREEN by').inputValue()
      assert.equal(typed, '', 'one more Enter would be one more restock')
      assert.deepEqual(await barriers(page), [])
      assert.equal(new URL(page.url()).pathname, '/admin/stock')
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }

  test('restocks all selected rows or none of them', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl', { theme: 'dark' })
    const { page } = desk
    await page.goto(`${base}/admin/stock?sort=-onHand`)
    for (const sku of ['MUG-RED', 'TEA-GREEN']) await page.getByLabel(`Select ${sku}`).check()
    await page.getByLabel('Restock each by').fill('5')
    assert.deepEqual(await barriers(page), [])
    await page.getByRole('button', { name: 'Restock selected' }).click()
    await page.getByText('restocked by 5 each, 10 units in total').waitFor()
    const onHand = await page.locator('td[data-label="On hand"]').allInnerTexts()
    assert.deepEqual(onHand, ['42', '5'])
    assert.equal(await page.locator('.pick input:checked').count(), 0)
    assert.equal(new URL(page.url()).search, '?sort=-onHand')

    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('restored to the stock before the restock').waitFor()
    const before = await page.locator('td[data-label="On hand"]').allInnerTexts()
    assert.deepEqual(before, ['37', '0'])
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})
