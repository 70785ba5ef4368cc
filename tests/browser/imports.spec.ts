/*
 * A CSV file in the browser: tried, looked at, applied, undone.
 */
import { test } from '@japa/runner'
import { barriers, base, deskOf } from '#tests/browser'
import { onHand, settle } from '#tests/imports'
import { emptyShop, product } from '#tests/shop'
import { held } from '#tests/stock_room'

const COUNT = `Article No.;Counted;Shelf
mug-red;41;A1
TEA;5;A2
POT;12;A3
POTT;1;A4
CUP;1;A5
=1+1;3;A6
`

/** As it came, under this name. */
const csv = (name: string, text: string) => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(text),
})

const idOf = (url: string) => new URL(url).pathname.split('/').at(-1)!

test.group('The pages of imports', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG-RED', 37)
    await product('TEA', 5)
    await product('POT', 214)
    await product('CUP', 9)
    await held('CUP', 4)
  })

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', true],
    ['dark', 'desktop', false],
  ] as const) {
    test(`try a file, apply it and undo it: ${theme}, ${size}, scripts ${scripts}`, async ({
      assert,
    }) => {
      const desk = await deskOf('clerk', 'Carl', { theme, size, scripts })
      const { page } = desk
      const work = async () => {
        await settle(idOf(page.url()))
        if (!scripts) await page.getByRole('link', { name: 'Look again' }).click()
      }
      const clean = async () => scripts && assert.deepEqual(await barriers(page), [])
      await page.goto(`${base}/admin/stock/imports`)
      await page.getByText('None yet').waitFor()
      await clean()
      await page.getByLabel('CSV file').setInputFiles(csv('november-count.csv', COUNT))
      await page.getByRole('button', { name: 'Try it' }).click()
      await page.getByRole('progressbar').waitFor()
      await clean()

      await work()
      await page.getByText('would change stock').waitFor()
      assert.match(
        await page.locator('.lede').innerText(),
        /^Of 6 rows, 2 would change stock, 1 has no effect and 3 cannot be applied\. Nothing has been written\.$/
      )
      assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 37, 'POT': 214, 'TEA': 5 })
      assert.match(
        await page.locator('tbody tr').first().innerText(),
        /POT[^]*large change[^]*−94 %/
      )
      await page.getByText('“Shelf”').waitFor()
      await clean()
      await page.getByRole('link', { name: 'Problems 3' }).click()
      await page.getByText('Counted 1, but 4 are reserved for orders.').waitFor()
      await page
        .getByText('No such SKU. Did you mean')
        .or(page.getByText('No such SKU. To list'))
        .waitFor()
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Download the problems' }).click()
      assert.equal((await download).suggestedFilename(), 'errors.csv')

      await page.getByRole('button', { name: 'Apply 2 changes' }).click()
      await page.getByRole('progressbar').waitFor()
      await work()
      await page.getByText('3 rows applied, 2 of them moved stock').waitFor()
      assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 41, 'POT': 12, 'TEA': 5 })
      await page.reload()
      await clean()
      await page.getByRole('link', { name: 'Imports', exact: true }).first().click()
      await page.getByRole('link', { name: 'Undo… november-count.csv' }).click()
      await page.getByRole('button', { name: 'Undo 2 changes' }).click()
      await page.getByRole('progressbar').waitFor()
      await work()
      await page.getByText('Undone by Carl: 2 rows moved back').waitFor()
      assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 37, 'POT': 214, 'TEA': 5 })
      assert.deepEqual(desk.faults, [])
      await desk.close()
    }).timeout(30_000)
  }
})
