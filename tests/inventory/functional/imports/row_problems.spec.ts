/*
 * What a dry run says about quotation marks, headings, and cells that cannot be read.
 */
import { test } from '@japa/runner'
import { plainDeskOf } from '#tests/support/desk'
import { dryRun, rowsOf } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

test.group('A dry run', (group) => {
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG', 37)
    await product('TEA', 5)
    await product('POT', 1, 5_000, 'USD')
  })

  const problems = async (client: any, file: string) => {
    const dry = await dryRun(client, clerk, file)
    const rows = await rowsOf(client, clerk, dry.id)
    return rows.map(({ errors }: any) => errors.map(({ detail }: any) => detail).join(' '))
  }

  const MANY = 'TEA,tea,5\n'.repeat(8_000)
  const open: [what: string, file: string, row: number][] = [
    ['before 64 KB of rows', `sku,name,counted\nMUG,mug,1\nTEA,"tea,2\n${MANY}`, 3],
    ['before the end of the file', 'sku,name,counted\nMUG,mug,1\n\nTEA,"tea,2\nPOT,pot,3\n', 4],
    ['in the header line', 'sku,"name,counted\nMUG,mug,1\n', 1],
    ['before another one', 'sku,Notes,counted\nMUG,"open,1\nTEA,tea,2\nPOT,"pot",3\n', 2],
  ]
  for (const [where, file, row] of open) {
    test(`names the row of a quotation mark that is never closed ${where}`, async ({
      client,
      assert,
    }) => {
      const { status, error } = await dryRun(client, clerk, file)
      assert.equal(status, 'failed')
      assert.match(
        error,
        new RegExp(`^The quotation mark that opens in row ${row} is never closed`)
      )
    })
  }

  test('reads a cell of several lines that begins with a quotation', async ({ client, assert }) => {
    const file = 'sku,Notes,counted\nMUG,"""Best"" mug,\nsays Grace",41\nTEA,12" tin,5\n'
    const dry = await dryRun(client, clerk, file)
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ sku, counted }: any) => [sku, counted]),
      [
        ['MUG', 41],
        ['TEA', 5],
      ]
    )
  })

  test('reads quotation marks in a file with tabs as characters, as a spreadsheet writes them', async ({
    client,
    assert,
  }) => {
    const names = ['"Best" mug', '"12"" mug"', '"open mug', 'mug "closed"']
    const file = `sku\tname\n${names.map((name) => `MUG\t${name}\n`).join('')}`
    const dry = await dryRun(client, clerk, file)
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ name }: any) => name),
      ['"Best" mug', '12" mug', '"open mug', 'mug "closed"']
    )
  })

  test('says of a cell that cannot be read only that', async ({ client, assert }) => {
    const file =
      'sku,name,price,currency\nNEW-1,New,abc,EUR\nNEW-2,New,1.005,E\nNEW-3,,abc,EUR\nNEW-4,N\u202Eew,5,EUR\n'
    assert.deepEqual(await problems(client, file), [
      '“abc” is not a price. Write it like 12.50.',
      '“E” is not a currency code. Write it like EUR.',
      '“abc” is not a price. Write it like 12.50. There is no such SKU. To list it, add a name and a price.',
      '“N\uFFFDew” must not contain the invisible character U+202E.',
    ])
  })

  test('takes the currency from the price if it has a symbol, and compares it with the others', async ({
    client,
    assert,
  }) => {
    const file =
      'sku,name,price,currency\nN-1,New,"4,90 €",\nN-2,New,$5,\nN-3,New,$5,CAD\nN-4,New,£5,EUR\nPOT,,$50.00,\nMUG,,$5,\n'
    const dry = await dryRun(client, clerk, file)
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ price, errors }: any) => errors[0]?.detail.slice(0, 39) ?? price),
      [
        { amount: 490, currency: 'EUR' },
        'The symbol of the price can mean severa',
        { amount: 500, currency: 'CAD' },
        'The symbol of the price does not mean E',
        { amount: 5_000, currency: 'USD' },
        'The symbol of the price can mean severa',
      ]
    )
  })

  test('prefers the name of a column to its other names, and lists those as ignored', async ({
    client,
    assert,
  }) => {
    const file = 'Article,Description,SKU,Name,Problem\nA1,Long text,MUG,Mug,\n'
    const dry = await dryRun(client, clerk, file)
    assert.deepEqual(dry.ignoredColumns, ['Article', 'Description'])
    const [row] = await rowsOf(client, clerk, dry.id)
    assert.containSubset(row, { sku: 'MUG', name: 'Mug', errors: [] })
  })

  test('warns before it is applied of an ignored column that looks like a quantity', async ({
    client,
    assert,
  }) => {
    const more = Array.from({ length: 30 }, (_, index) => `Extra ${index}`)
    const file = `sku,name,${more.join(',')},Stock quantity,In stock?\nMUG,Mug\n`
    const dry = await dryRun(client, clerk, file)
    assert.equal(dry.ignoredColumns[0], 'Stock quantity')
    const desk = await plainDeskOf(clerk)
    const { text } = await desk.open(`/admin/stock/imports/${dry.id}`)
    assert.match(text, /No quantity is read from “Stock quantity”\./)
  })

  test('that failed offers nothing to apply or discard', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, 'sku,Shelf\nMUG,A1\n')
    const desk = await plainDeskOf(clerk)
    const { text } = await desk.open(`/admin/stock/imports/${dry.id}`)
    assert.include(text, 'The file has no column to import besides sku')
    assert.notMatch(text, /Discard|Apply|Record|Close without/)
  })
})
