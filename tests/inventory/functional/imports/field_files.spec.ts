/*
 * Files as real tools write them (tests/inventory/field), and what a dry run makes of each row.
 */
import { readFile } from 'node:fs/promises'
import { test } from '@japa/runner'
import { dryRun, rowsOf } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const folder = new URL('../../field/', import.meta.url)

/** SKU and pieces on hand afterwards, or what is wrong. */
type Outcome = [sku: string, outcome: number | RegExp]

const NO_NUMBER = /is not a whole number/
const CHANGED = /is not the original SKU/

const files: [name: string, what: string, rows: Outcome[]][] = [
  [
    '01_excel_de_windows1252',
    'of a German Excel has no SKU, barcode or price that Excel has rounded',
    [
      ['MUG-RED', /^“4,00638E\+12” was shortened[^“]*$/],
      ['TEA-GREEN', /“1\.200” can mean 1200 or 1\.2\./],
      ['TEAPOT-CLAY', 0],
      ['17', /Did you mean 0017\?/],
      ['1,00E+05', CHANGED],
      ['MRZ 12', CHANGED],
    ],
  ],
  [
    '02_google_sheets',
    'of Google Sheets passes over rows of commas, and reads the last line',
    [
      ['MUG-RED', 41],
      ['TEA-GREEN', /“1\.200” can mean 1200 or 1\.2\./],
      ['TEAPOT-CLAY', 0],
      ['TEA-BLACK', /“#REF!” is not a whole number/],
      ['TEA-BLACK-2', 41],
    ],
  ],
  [
    '03_libreoffice_quote_all',
    'of LibreOffice has four rows, one of them over two lines',
    [
      ['MUG-RED', 41],
      ['TEA-GREEN', /contains control characters or line breaks/],
      ['TEAPOT-CLAY', 0],
      ['0017', /The barcode \d+ belongs to TEA-GREEN/],
    ],
  ],
  [
    '04_shopify_inventory_export',
    'of Shopify counts what is new on hand, and nothing from “Available”',
    [
      ['MUG-RED', 41],
      ['MUG-RED', /Row 2 has the same SKU, MUG-RED\. This row is for the location “Shop”/],
      ['TEA-GREEN', 118],
      ['', /The SKU is missing/],
      ['TEAPOT-CLAY', 40],
      ['TEAPOT-CLAY', /“not stocked” is not a whole number.*the location “Shop”/],
      ['0017', 14],
    ],
  ],
  [
    '05_woocommerce_product_export',
    'of WooCommerce changes products, and no stock',
    [
      ['MUG-RED', 38],
      ['TEA', /no such SKU\. To list it, add a name and a price/],
      ['TEA-GREEN', 118],
      ['', /The SKU is missing/],
      ['90.750', 0],
      ['ID:16', /is not a valid SKU/],
    ],
  ],
  [
    '11_sep_line_bom',
    'with a line sep=; is read below it',
    [
      ['MUG-RED', 41],
      ['TEA-GREEN', 120],
    ],
  ],
  [
    '12_excel_en_damaged',
    'that an English Excel has damaged changes nothing',
    [
      ['MUG-RED', /“4\.00638E\+12” was shortened by a spreadsheet/],
      ['TEA-GREEN', /“4\.00638E\+12” was shortened by a spreadsheet/],
      ['1-MAR', /no such SKU\. A spreadsheet may have changed it/],
      ['1.00E+10', CHANGED],
      ['36000291452', /has 11 digits: a UPC has 12/],
      ['=1+1', /is not a valid SKU/],
      ['#N/A', /is not a valid SKU/],
      ['MUG-BLUE', /“1,200” can mean 1200 or 1\.2\./],
      ['MUG-GREY', /^There is no such SKU/],
    ],
  ],
  [
    '13_headings_and_spaces',
    'with look-alike SKUs and doubled headings names each of them',
    [
      ['MUG-RED', 41],
      ['TEA-GREEN', 120],
      ['TEAPOT-CLAY', 0],
      ['MUG‑RED', /Did you mean MUG-RED\? Some characters only look the same/],
      ['МUG-RED', /Did you mean MUG-RED\? Some characters only look the same/],
      ['MUG-RED', /Row 2 has the same SKU/],
    ],
  ],
  [
    '16_numbers',
    'with numbers that are no counts has a problem in each of these rows',
    [
      ['NUM-01', 1],
      ['NUM-02', /100\.50 has 2 decimals, but JPY has 0/],
      ['NUM-03', 1],
      ['NUM-04', /1\.234 has 3 decimals, but EUR has 2/],
      ['NUM-05', /1\.000 has 3 decimals, but EUR has 2\. If it means 1000, write 1000\.00\./],
      ['NUM-06', /is negative/],
      ['NUM-07', NO_NUMBER],
      ['NUM-08', /is greater than 2,000,000,000/],
      ['NUM-09', /is greater than 2,000,000,000/],
      ['NUM-10', NO_NUMBER],
      ['NUM-11', NO_NUMBER],
      ['NUM-12', NO_NUMBER],
      ['NUM-13', NO_NUMBER],
      ['NUM-14', /higher than a price can be/],
      ['NUM-15', 1_200],
      ['NUM-16', 1_200],
      ['NUM-17', 1],
      ['NUM-18', 1],
      ['NUM-19', 1],
      ['NUM-20', /is not an active currency code/],
    ],
  ],
  [
    '17_bytes',
    'with bytes that are no text has a problem in each of these rows',
    [
      ['MUG-RED', /“Red\uFFFDmug” contains control characters/],
      ['TEA-GREEN', /^“Grüner Tee \uFFFD” has a byte that is not UTF-8/],
      ['TEAPOT-CLAY', /contains control characters or line breaks/],
    ],
  ],
]

/** Files that are refused as a whole, with words that say what to change. */
const refused: [name: string, says: RegExp][] = [
  ['09_numbers_mac', /^The first line must contain the column names.*It contains: “Tabelle 1”/],
]

test.group('A file', (group) => {
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG-RED', 38)
    await product('TEA-GREEN', 118)
    await product('TEAPOT-CLAY', 40)
    await product('0017', 12)
  })

  const read = (name: string) => readFile(new URL(`${name}.csv`, folder))

  for (const [name, what, expected] of files) {
    test(what, async ({ client, assert }) => {
      const dry = await dryRun(client, clerk, await read(name))
      assert.equal(dry.status, 'ready')
      assert.equal(dry.encoding, name.startsWith('01') ? 'windows-1252' : 'utf-8')
      const rows = await rowsOf(client, clerk, dry.id)
      assert.deepEqual(
        rows.map(({ sku }: any) => sku),
        expected.map(([sku]) => sku)
      )
      for (const [place, [sku, outcome]] of expected.entries()) {
        const { errors, after } = rows[place]
        const problems = errors.map(({ detail }: any) => detail).join(' ')
        if (typeof outcome === 'number') assert.deepEqual([problems, after], ['', outcome], sku)
        else assert.match(problems, outcome, sku)
      }
    })
  }

  for (const [name, says] of refused) {
    test(`${name} is refused as a whole, and told why`, async ({ client, assert }) => {
      const dry = await dryRun(client, clerk, await read(name))
      assert.equal(dry.status, 'failed')
      assert.match(dry.error, says)
    })
  }

  test('of Numbers counts when its first line, the name of the table, is removed', async ({
    client,
    assert,
  }) => {
    const text = (await read('09_numbers_mac')).toString().replace(/^.*\r\n/, '')
    const dry = await dryRun(client, clerk, text)
    assert.deepEqual(dry.ignoredColumns, [])
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ name, after, errors }: any) => [name, errors[0]?.detail ?? after]),
      [
        ['Becher rot', 41],
        ['Grüner Tee', 120],
        ['Teekanne größer', 40],
        [null, 'The SKU is missing.'],
      ]
    )
  })

  for (const count of [501, 500, 499, 1_001]) {
    test(`of ${count} rows has ${count} rows`, async ({ client, assert }) => {
      const [heading, ...rows] = (await read('15_edge_501_rows')).toString().split('\n')
      const all = [...rows, ...rows.map((row) => row.replace('EDGE', 'MORE'))].slice(0, count)
      const dry = await dryRun(client, clerk, [heading, ...all].join('\n'))
      assert.containSubset(dry.counts, { rows: count, errors: 0, listed: count })
    })
  }
})
