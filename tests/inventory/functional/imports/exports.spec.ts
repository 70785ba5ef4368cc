/*
 * Files that leave the stock room and come back: the export of the stock list, and the rows with problems.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { prices } from '#config/app'
import { putProduct } from '#inventory/products/put_product'
import { plainDeskOf } from '#tests/support/desk'
import { apply, dryRun, onHand, rowsOf } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

test.group('An export', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
  })

  async function list(sku: string, name: string, amount: number, currency: string, more = {}) {
    await putProduct(sku, { name, price: { amount, currency }, ...more }, null)
  }

  const download = async (path: string) => (await (await plainDeskOf(clerk)).open(path)).text

  test('of the stock list has no effect when it is imported unchanged', async ({
    client,
    assert,
  }) => {
    await product('0017', 12)
    await list('MUG', '=1+1 "Mug"; große, rot', 490, 'EUR', { lowStockAt: 5, active: false })
    await list('TEA', "'=quoted", 1_234, 'KWD', { barcodes: ['4006381333931', '036000291452'] })
    await list('POT', 'Yen pot', 1_000_000_000_000, 'JPY')
    await list('KUNA', 'Withdrawn currency', 1_000, 'HRK')
    await list('1E5', 'Looks changed', 1_000, 'UYW')
    const csv = await download('/admin/stock.csv')
    assert.include(csv, '\r\nMUG,"\'=1+1 ""Mug""; große, rot",4.90,EUR,5,,no,0,0,0,\r\n')
    const dry = await dryRun(client, clerk, csv)
    assert.containSubset(dry.counts, { rows: 6, errors: 0, unchanged: 6, agreed: 0, suspects: 0 })
    const before = await inventory().from('stock_items').orderBy('sku')
    await apply(client, clerk, dry.id)
    assert.deepEqual(await inventory().from('stock_items').orderBy('sku'), before)
  })

  test('of the stock list has the rows of the filter, in its order, and a byte order mark', async ({
    assert,
  }) => {
    await product('MUG-RED', 12)
    await product('MUG-BLUE', 30)
    await product('TEA', 40)
    const csv = await download('/admin/stock.csv?q=mug&sort=-onHand')
    assert.deepEqual(
      csv.split('\r\n').map((line) => line.split(',')[0]),
      ['sku', 'MUG-BLUE', 'MUG-RED', '']
    )
    const desk = await plainDeskOf(clerk)
    const { bytes } = await desk.open('/admin/stock.csv')
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
    assert.include((await desk.open('/admin/stock?q=mug')).text, '/admin/stock.csv?q=mug')
  })

  test('of problems has the rows as they are in the file, which can be corrected and sent back', async ({
    client,
    assert,
  }) => {
    await product('MUG', 37)
    await product('TEA', 5)
    const file =
      'Regal;SKU;Bezeichnung;Inventur\nA1;MUG;;41\n\nA2;TEA;"Tee; ""grün""";1.200\nA3;POT;;=7\n'
    const dry = await dryRun(client, clerk, file)
    const csv = await download(`/admin/stock/imports/${dry.id}/errors.csv`)
    assert.deepEqual(csv.split('\r\n'), [
      'Regal;SKU;Bezeichnung;Inventur;problem',
      'A2;TEA;"Tee; ""grün""";1.200;Row 4: “1.200” can mean 1200 or 1.2. Write the number without a separator.',
      `A3;POT;;'=7;"Row 5: “=7” is not a whole number. There is no such SKU. To list it, add a name and a price."`,
      '',
    ])
    const again = await dryRun(client, clerk, csv.replace('1.200', '1200'))
    assert.deepEqual(again.ignoredColumns, ['Regal'])
    const [tea] = await rowsOf(client, clerk, again.id)
    assert.containSubset(tea, { sku: 'TEA', name: 'Tee; "grün"', counted: 1_200, errors: [] })
    const rest = await download(`/admin/stock/imports/${again.id}/errors.csv`)
    assert.match(rest, /^Regal;SKU;Bezeichnung;Inventur;problem\r\nA3;POT;;'=7;"Row 3: [^\r]*\r\n$/)
  })

  test('of problems has the rows that were refused when the import was applied', async ({
    client,
    assert,
  }) => {
    await product('MUG', 37)
    const dry = await dryRun(client, clerk, 'shelf,sku,counted\nA1,MUG,41\n')
    await inventory().from('stock_items').where('sku', 'MUG').update({ on_hand: 36 })
    await apply(client, clerk, dry.id)
    const csv = await download(`/admin/stock/imports/${dry.id}/errors.csv`)
    assert.match(csv, /^shelf,sku,counted,problem\r\nA1,MUG,41,"?Row 2: [^\r]+\r\n$/)
    assert.deepEqual(await onHand(), { MUG: 36 })
  })
})

test.group('A price without a currency', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 0)
    await product('OUD', 0, 1_234, 'KWD')
  })

  const FILE = 'sku,name,price\nNEW,New,12.50\nOUD,,1.500\n'

  test('is in the currency of the shop, whatever other products have', async ({
    client,
    assert,
    cleanup,
  }) => {
    prices.currency = 'EUR'
    cleanup(() => void (prices.currency = null))
    const clerk = await person('clerk')
    const dry = await dryRun(client, clerk, FILE)
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ price, errors }: any) => errors[0]?.detail ?? price),
      [
        { amount: 1_250, currency: 'EUR' },
        { amount: 1_500, currency: 'KWD' },
      ]
    )
    const { text } = await (await plainDeskOf(clerk)).open('/admin/stock/new')
    assert.match(text, /name="currency"[^>]*value="EUR"/)
  })

  test('is a problem of its row without a setting, if products have several', async ({
    client,
    assert,
  }) => {
    const clerk = await person('clerk')
    const dry = await dryRun(client, clerk, FILE)
    const rows = await rowsOf(client, clerk, dry.id)
    assert.equal(
      rows[0].errors[0].detail,
      'The price has no currency. Add a column “currency”, or set SHOP_CURRENCY.'
    )
    assert.deepEqual(rows[1].errors, [])
  })
})
