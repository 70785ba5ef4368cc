/*
 * A CSV file in the browser: tried, looked at, applied, undone.
 */
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import type { Locator } from 'playwright-core'
import { barriers, base, deskOf } from '#tests/support/browser/browser'
import { onHand, runImport } from '#tests/support/stock_imports'
import { emptyShop, product } from '#tests/support/shop'
import { held } from '#tests/support/reservations'

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

  for (const [theme, size] of [
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const) {
    test(`link to the guide, which is docs/importing.md as a page: ${theme}, ${size}`, async ({
      assert,
      cleanup,
    }) => {
      const desk = await deskOf('clerk', 'Carl', { theme, size })
      cleanup(() => desk.close())
      const { page } = desk
      await page.goto(`${base}/admin/stock/imports`)
      await page.getByRole('link', { name: 'Import guide' }).click()
      await page.getByRole('heading', { name: 'Importing products and stock from CSV' }).waitFor()
      assert.isTrue(await page.getByRole('navigation', { name: 'Main' }).isVisible())
      const markdown = await readFile(
        new URL('../../../docs/importing.md', import.meta.url),
        'utf8'
      )
      const headings = [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
      assert.deepEqual(await page.locator('.prose h2').allInnerTexts(), headings)
      assert.equal(await page.locator('.prose td', { hasText: 'low_stock_at' }).count(), 1)
      assert.deepEqual(await barriers(page), [])
      assert.deepEqual(desk.faults, [])
    })
  }

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', true],
    ['dark', 'desktop', false],
  ] as const) {
    test(`try, apply and undo a file: ${theme}, ${size}, scripts ${scripts}`, async ({
      assert,
    }) => {
      const desk = await deskOf('clerk', 'Carl', { theme, size, scripts })
      const { page } = desk
      const work = async () => {
        await runImport(idOf(page.url()))
        if (!scripts) await page.getByRole('link', { name: 'Refresh' }).click()
      }
      const clean = async () => scripts && assert.deepEqual(await barriers(page), [])
      await page.goto(`${base}/admin/stock/imports`)
      await page.getByText('No imports yet').waitFor()
      await clean()
      await page.getByLabel('CSV file').setInputFiles(csv('november-count.csv', COUNT))
      await page.getByRole('button', { name: 'Start dry run' }).click()
      await page.getByRole('progressbar').waitFor()
      await clean()

      await work()
      await page.getByText('will change stock').waitFor()
      assert.match(
        await page.locator('.lede').innerText(),
        /^Of 6 rows, 2 will change stock, 1 is a count that agrees with the books, 0 have no effect, and 3 cannot be applied\. Nothing has changed yet\.$/
      )
      assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 37, 'POT': 214, 'TEA': 5 })
      assert.match(
        await page.locator('tbody tr').first().innerText(),
        /POT[^]*large change[^]*−94 %/
      )
      await page.getByText('“Shelf”').waitFor()
      await clean()
      await page.getByRole('link', { name: 'Problems 3' }).click()
      await page.getByText('You counted 1, but orders reserve 4.').waitFor()
      await page
        .getByText('There is no such SKU. Did you mean')
        .or(page.getByText('There is no such SKU. To list'))
        .waitFor()
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Download problems' }).click()
      assert.equal((await download).suggestedFilename(), 'errors.csv')
      const problems = await readFile(await (await download).path(), 'utf8')
      assert.match(problems, /^\uFEFFArticle No\.;Counted;Shelf;problem\r\n/)
      assert.match(problems, /^'=1\+1;.*Row 7: “=1\+1” is not a valid SKU/m)

      await page.getByRole('button', { name: 'Apply 2 changes and 1 count' }).click()
      await page.getByRole('progressbar').waitFor()
      await work()
      await page.getByText('Applied 3 rows: 2 moved stock · 1 recorded a count').waitFor()
      assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 41, 'POT': 12, 'TEA': 5 })
      await page.reload()
      await clean()
      await page.getByRole('link', { name: 'Imports', exact: true }).first().click()
      await page.getByRole('link', { name: 'Undo… november-count.csv' }).click()
      await page.getByRole('button', { name: 'Undo 2 changes and 1 count' }).click()
      await page.getByRole('progressbar').waitFor()
      await work()
      await page.getByText('Undone by Carl: 2 rows moved back · 1 count').waitFor()
      assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 37, 'POT': 214, 'TEA': 5 })
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }

  test('accept a file once if its form is sent twice, and apply it once if clicked twice', async ({
    assert,
  }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    await page.goto(`${base}/admin/stock/imports`)
    const hidden = (name: string) => page.locator(`form [name=${name}]`).last().inputValue()
    const multipart = {
      ...{ _csrf: await hidden('_csrf'), _key: await hidden('_key') },
      file: csv('count.csv', COUNT),
    }
    const answers = []
    for (let times = 0; times < 2; times++) {
      answers.push(await page.request.post(page.url(), { multipart, maxRedirects: 0 }))
    }
    assert.deepEqual(
      answers.map((answer) => answer.status()),
      [303, 303]
    )
    assert.equal(answers[0].headers().location, answers[1].headers().location)
    await page.goto(base + answers[0].headers().location)
    await runImport(idOf(page.url()))
    await page.getByRole('button', { name: 'Apply 2 changes' }).dblclick()
    await page.getByRole('progressbar').waitFor()
    await page.reload()
    await runImport(idOf(page.url()))
    await page.getByText('Applied 3 rows').waitFor()
    await page.goto(`${base}/admin/stock/imports`)
    assert.equal(await page.locator('tbody tr').count(), 1)
    assert.deepEqual(await onHand(), { 'CUP': 9, 'MUG-RED': 41, 'POT': 12, 'TEA': 5 })
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('explain why a file is refused, and keep the other fields', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    const refused = async (file: Parameters<Locator['setInputFiles']>[0], says: string) => {
      await page.getByLabel('CSV file').setInputFiles(file)
      await page.getByLabel('Reference').fill('PO-7')
      await page.getByRole('button', { name: 'Start dry run' }).click()
      await page.getByRole('alert').getByText(says).waitFor()
      assert.equal(new URL(page.url()).pathname, '/admin/stock/imports')
    }
    await page.goto(`${base}/admin/stock/imports`)
    await refused(csv('count.csv', 'PK\x03\x04'), 'ZIP file')
    assert.equal(await page.getByLabel('Reference').inputValue(), 'PO-7')
    const large = join(tmpdir(), `large-${process.pid}.csv`)
    await writeFile(large, '')
    await truncate(large, 300 * 1024 * 1024)
    await refused(large, 'larger than 64 MB')
    await rm(large)
    assert.deepEqual(await db.connection('inventory').from('stock_imports'), [])
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('return to the form after a sign-in required by the upload', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    await page.goto(`${base}/admin/stock/imports`)
    await page.getByLabel('Reference').fill('DN-4711')
    await page.getByLabel('CSV file').setInputFiles(csv('count.csv', COUNT))
    await db.connection('accounts').from('sessions').delete()
    await page.getByRole('button', { name: 'Start dry run' }).click()
    await page.getByLabel('E-mail').fill(desk.person.email!)
    await page.getByLabel('Password').fill('a long password')
    await page.getByRole('button').click()
    await page.getByRole('alert').getByText('Choose the file again').waitFor()
    assert.equal(await page.getByLabel('Reference').inputValue(), 'DN-4711')
    // Another window signed in again: the form of this one is too old.
    await page.getByLabel('CSV file').setInputFiles(csv('count.csv', COUNT))
    await page
      .locator('form [name=_csrf]')
      .last()
      .evaluate((field) => field.setAttribute('value', 'old'))
    await page.getByRole('button', { name: 'Start dry run' }).click()
    await page.getByRole('alert').getByText('Choose the file again').waitFor()
    assert.equal(await page.getByLabel('Reference').inputValue(), 'DN-4711')
    assert.deepEqual(await db.connection('inventory').from('stock_imports'), [])
    await desk.close()
  })

  test('are hidden from other roles, and page through many rows', async ({ assert }) => {
    const operator = await deskOf('operator', 'Olga')
    const answer = await operator.page.goto(`${base}/admin/stock/imports`)
    assert.equal(answer!.status(), 404)
    assert.equal(await operator.page.getByRole('link', { name: 'Imports' }).count(), 0)
    await operator.close()

    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    const rows = Array.from({ length: 120 }, (_, row) => `NEW-${row},New ${row},1.00,${row}\n`)
    await page.goto(`${base}/admin/stock/imports`)
    const file = csv('new.csv', `sku,name,price,counted\n${rows.join('')}`)
    await page.getByLabel('CSV file').setInputFiles(file)
    await page.getByRole('button', { name: 'Start dry run' }).click()
    await page.getByRole('progressbar').waitFor()
    await runImport(idOf(page.url()))
    const seen: string[] = []
    await page.getByRole('link', { name: 'All 120' }).click()
    for (let pages = 1; ; pages++) {
      await page.locator(`tbody tr:first-child td:has-text("${(pages - 1) * 50 + 2}")`).waitFor()
      seen.push(...(await page.locator('tbody tr th .code').allInnerTexts()))
      const next = page.getByRole('link', { name: 'Next' })
      if ((await next.count()) === 0) break
      await next.click()
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 120 }, (_, row) => `NEW-${row}`)
    )
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})
