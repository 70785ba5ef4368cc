/*
 * New SKUs that a spreadsheet may have changed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ace from '@adonisjs/core/services/ace'
import { test } from '@japa/runner'
import StockImport from '#inventory/commands/stock_import'
import { plainDeskOf } from '#tests/support/desk'
import { apply, dryRun, onHand, readImport, rowsOf, runImport } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const FILE = `sku,name,price,counted
17,Coaster,2.00,12
90.75,Coaster,2.00,3
1-Mar,Mug,2.00,4
1.00E10,Sieve,2.00,5
1E5,Sieve,2.00,0
90.750,Known,2.00,7
0018,New,2.00,8
MAR-12,New,2.00,9
`
const OLD = { '0017': 1, '90.750': 1 }
const APPLIED = { ...OLD, '90.750': 7, '0018': 8, 'MAR-12': 9 }
const CONFIRMED = { ...APPLIED, '17': 12, '90.75': 3, '1-MAR': 4, '1.00E10': 5, '1E5': 0 }

test.group('A new SKU that a spreadsheet may have changed', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('0017', 1, 200)
    await product('90.750', 1, 200)
  })

  test('is a problem of its row, and is not listed', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, FILE)
    assert.containSubset(dry.counts, { rows: 8, errors: 5, suspects: 5, listed: 2, changes: 3 })
    const rows = await rowsOf(client, clerk, dry.id, '?state=error')
    assert.deepEqual(
      rows.map(({ errors }: any) => [errors[0].code, errors[0].detail.split('. ')[0]]),
      [
        ['suspect_sku', '17 is a new SKU, and you may mean 0017'],
        ['suspect_sku', '90.75 is a new SKU, and you may mean 90.750'],
        ['suspect_sku', '1-MAR is a new SKU, and a spreadsheet may have changed it'],
        ['suspect_sku', '1.00E10 is a new SKU, and a spreadsheet may have changed it'],
        ['suspect_sku', '1E5 is a new SKU, and a spreadsheet may have changed it'],
      ]
    )
    const applied = await apply(client, clerk, dry.id)
    assert.containSubset(applied.counts, { applied: 3, errors: 5 })
    assert.deepEqual(await onHand(), APPLIED)
  })

  test('is listed when a program confirms it', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, FILE)
    const told = await client
      .post(`/api/v1/stock/imports/${dry.id}/application`)
      .bearerToken(clerk.token)
      .json({ listSuspectSkus: true })
    told.assertStatus(202)
    await runImport(dry.id)
    const { status, counts } = await readImport(client, clerk, dry.id)
    assert.equal(status, 'applied')
    assert.containSubset(counts, { applied: 8, errors: 0, listed: 7, changes: 7, moved: 7, up: 47 })
    assert.deepEqual(await onHand(), CONFIRMED)
    const wrong = await client
      .post(`/api/v1/stock/imports/${dry.id}/application`)
      .bearerToken(clerk.token)
      .json({ listSuspectSkus: 'yes' })
    wrong.assertStatus(422)
  })

  test('is listed when a person confirms it on the page', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, FILE)
    const desk = await plainDeskOf(clerk)
    const page = `/admin/stock/imports/${dry.id}`
    const { text } = await desk.open(page)
    assert.include(text, 'Also list 5 SKUs that a spreadsheet may have changed')
    await desk.send(`${page}/application`, { listSuspectSkus: 'on' }, page)
    await runImport(dry.id)
    assert.deepEqual(await onHand(), CONFIRMED)
  })

  test('is listed at a terminal with --list-suspect-skus', async ({ assert, cleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'quartermaster-'))
    cleanup(() => rm(folder, { recursive: true }))
    const path = join(folder, 'count.csv')
    await writeFile(path, FILE)
    ace.ui.switchMode('raw')
    cleanup(() => ace.ui.switchMode('normal'))
    const run = async (...options: string[]) => {
      const command = await ace.create(StockImport, [path, ...options])
      command.logger.flushLogs()
      await command.exec()
      const printed = command.logger.getLogs().map(({ message }) => message)
      command.logger.flushLogs()
      return { exitCode: command.exitCode, printed: printed.join('\n') }
    }
    const dry = await run()
    assert.equal(dry.exitCode, 3)
    assert.match(dry.printed, /spreadsheet may have changed 5 new SKUs.* --list-suspect-skus/)
    assert.equal((await run('--apply', '--list-suspect-skus')).exitCode, 0)
    assert.deepEqual(await onHand(), CONFIRMED)
  })
})
