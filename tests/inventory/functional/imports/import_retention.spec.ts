import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { importRetention } from '#config/app'
import { forgetImports } from '#inventory/receipts/forget_imports'
import { countScan } from '#inventory/receipts/count_scan'
import { plainDeskOf } from '#tests/support/desk'
import { apply, dryRun, requestImport } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const inventory = () => db.connection('inventory')
const DAY = 86_400_000

async function rowsOf(table: string, importId: string): Promise<number> {
  const [{ total }] = await inventory().from(table).where('import_id', importId).count('* as total')
  return Number(total)
}

test.group('Old imports and receipts', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 37)
    clerk = await person('clerk', 'Grace')
  })

  test('lose their rows and keep their counts; newer ones keep both', async ({
    client,
    assert,
  }) => {
    const { id } = await dryRun(client, clerk, 'sku,received\nMUG,3\n')
    const applied = await apply(client, clerk, id)
    assert.equal(await forgetImports(inventory(), DAY), 0)
    assert.equal(await rowsOf('stock_import_rows', id), 1)
    assert.isAbove(await forgetImports(inventory(), -DAY), 0)
    assert.equal(await rowsOf('stock_import_rows', id), 0)
    const shown = await client.get(`/api/v1/stock/imports/${id}`).bearerToken(clerk.token)
    assert.deepEqual(shown.body(), applied)
  })

  test('cannot be undone once they are older than the retention', async ({ client, assert }) => {
    const { id } = await dryRun(client, clerk, 'sku,received\nMUG,3\n')
    await apply(client, clerk, id)
    const at = (age: number) =>
      inventory()
        .from('stock_imports')
        .where({ id })
        .update({ applied_at: new Date(Date.now() - age) })
    await at(importRetention + DAY)
    const refused = await requestImport(client, clerk, id, 'reversal')
    assert.deepEqual([refused.status(), refused.body().code], [409, 'import_not_applied'])
    assert.include(refused.body().detail, 'IMPORT_RETENTION')
    await at(importRetention - DAY)
    ;(await requestImport(client, clerk, id, 'reversal')).assertStatus(202)
  })

  test('say why their page has no rows, and offer no undo', async ({ client, assert }) => {
    const { id } = await dryRun(client, clerk, 'sku,received\nMUG,3\n')
    await apply(client, clerk, id)
    const desk = await plainDeskOf(clerk)
    const page = async () => (await desk.open(`/admin/stock/imports/${id}`)).text
    assert.include(await page(), 'Undo 1 change')
    const old = new Date(Date.now() - importRetention - DAY)
    await inventory().from('stock_imports').where({ id }).update({ applied_at: old })
    await forgetImports(inventory(), -DAY)
    const text = await page()
    assert.match(text, /Rows deleted.*kept for 365 days after it ends.*IMPORT_RETENTION/)
    for (const gone of ['No rows', 'Undo 1 change', 'Export CSV']) assert.notInclude(text, gone)
    assert.notInclude((await desk.open('/admin/stock/imports')).text, 'Undo…<span')
  })

  test('that nobody applied are discarded', async ({ client, assert }) => {
    const { id } = await dryRun(client, clerk, 'sku,received\nMUG,3\n')
    await forgetImports(inventory(), -DAY)
    const refused = await requestImport(client, clerk, id)
    assert.deepEqual([refused.status(), refused.body().code], [409, 'import_not_ready'])
    assert.equal(await rowsOf('stock_import_rows', id), 0)
  })

  test('keep what a person has yet to do: an open receipt, and unknown codes', async ({
    assert,
  }) => {
    const scan = (code: string) =>
      countScan(
        { ...clerk, role: 'clerk', name: 'Grace' },
        { key: randomUUID(), code, quantity: 1 }
      )
    for (const code of ['MUG', 'UNKNOWN']) await scan(code)
    const [{ id }] = await inventory().from('stock_imports').select('id')
    await forgetImports(inventory(), -DAY)
    assert.equal(await rowsOf('receipt_scans', id), 2)
    await inventory().from('stock_imports').where({ id }).update({ status: 'applied' })
    await forgetImports(inventory(), -DAY)
    assert.equal(await rowsOf('stock_import_rows', id), 0)
    const left = await inventory().from('receipt_scans').select('code')
    assert.deepEqual(left, [{ code: 'UNKNOWN' }])
  })
})
