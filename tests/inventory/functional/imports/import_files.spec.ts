/*
 * What people send as a CSV file.
 */
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { deflateRawSync } from 'node:zlib'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { dryRun, rowsOf, upload, type File } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'

const inventory = () => db.connection('inventory')
const api = `http://${process.env.HOST}:${process.env.PORT}/api/v1/stock/imports`
const MB = 1024 * 1024
const FORM_START =
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'

test.group('A CSV file', (group) => {
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG', 37)
    await product('TEA', 5)
  })
  group.each.setup(async () => {
    await inventory().from('stock_imports').delete()
  })

  const ascii = 'sku,name,counted\r\nMUG,Becher,41\r\n'
  const umlauts = 'sku;name;counted\nMUG;Großer Becher für Tee;41\n'
  const files: [what: string, file: File, name: string][] = [
    ['commas', ascii, 'Becher'],
    ['semicolons and UTF-8', umlauts, 'Großer Becher für Tee'],
    ['a byte order mark', `\uFEFF${umlauts}`, 'Großer Becher für Tee'],
    ['Windows-1252', Buffer.from(umlauts, 'latin1'), 'Großer Becher für Tee'],
    ['the Windows-1252 of a price', Buffer.from('sku,name,counted\nMUG,5 \x80 mug,41\n', 'latin1'), '5 € mug'], // prettier-ignore
    ['the line in which Excel names its separator', `sep=;\r\n${umlauts}`, 'Großer Becher für Tee'],
    ['tabs', umlauts.replaceAll(';', '\t'), 'Großer Becher für Tee'],
    ['old line ends', ascii.replaceAll('\r\n', '\r'), 'Becher'],
    ['no end of the last line', ascii.trimEnd(), 'Becher'],
    ['separators in quotation marks', 'sku,name,counted\nMUG,"Becher, groß; ""neu""",41\n', 'Becher, groß; "neu"'], // prettier-ignore
  ]
  for (const [what, file, name] of files) {
    test(`with ${what} is read`, async ({ client, assert }) => {
      const dry = await dryRun(client, clerk, file)
      assert.equal(dry.error, null)
      const [row] = await rowsOf(client, clerk, dry.id)
      assert.containSubset(row, { sku: 'MUG', name, counted: 41, delta: 4, errors: [] })
    })
  }

  test('from a Mac, in decomposed letters, counts as any other', async ({ client, assert }) => {
    const file = 'Artikel;Bezeichnung;Gezählt\nMUG;Größe Créme;41\n'
    const dry = await dryRun(client, clerk, file.normalize('NFD'))
    assert.deepEqual([dry.error, dry.ignoredColumns], [null, []])
    const [row] = await rowsOf(client, clerk, dry.id)
    assert.containSubset(row, { sku: 'MUG', name: 'Größe Créme', counted: 41, errors: [] })
  })

  test('may have what nobody sees around its headings and cells, but not within a name', async ({
    client,
    assert,
  }) => {
    const rows = [
      '\u200BMUG\u00A0,Mug\uFEFF,\u00A041\u2060',
      'TEA,Gr\u200Ben,1',
      'JUG,a \u202Eneerg,1',
      '\uFEFFMÜG\u200B,Mug,1',
      'POT,\u0646\u200C\u0627 \u{1F469}\u200D\u{1F373},1',
      '\u200B,\u00A0,\u2060',
    ]
    const heading = '\u200Bsku\u00A0,Product\u202F\nname\u200B,\u2060Coun\u200Bted'
    const dry = await dryRun(
      client,
      clerk,
      `"${heading.replaceAll(',', '","')}"\n${rows.join('\n')}`
    )
    assert.deepEqual([dry.error, dry.counts.rows], [null, 5])
    const read = await rowsOf(client, clerk, dry.id)
    assert.containSubset(read[0], { sku: 'MUG', name: 'Mug', counted: 41, errors: [] })
    assert.deepEqual(
      read.slice(1).map(({ errors }: any) => errors[0].detail),
      [
        '“Gr\uFFFDen” must not contain the invisible character U+200B.',
        '“a \uFFFDneerg” must not contain the invisible character U+202E.',
        '“MÜG” is not a valid SKU. Use 1 to 64 of A-Z 0-9 . _ - and start with a letter or digit.',
        'There is no such SKU. To list it, add a name and a price.',
      ]
    )
  })

  test('with a few bytes that are not UTF-8 has problems in their rows, and every other ü is right', async ({
    client,
    assert,
  }) => {
    const file = Buffer.concat([
      Buffer.from('sku,name,counted\nMUG,Becher für Tee,41\nTEA,Gr'),
      Buffer.from([0xfc]),
      Buffer.from('ner Tee,5\nPOT,Kanne\0,1\nJUG,Größe,1\n'),
    ])
    const dry = await dryRun(client, clerk, file)
    assert.deepEqual([dry.error, dry.encoding], [null, 'utf-8'])
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ name, errors }: any) => errors[0]?.detail ?? name),
      [
        'Becher für Tee',
        '“Gr\uFFFDner Tee” has a byte that is not UTF-8. Save the file as CSV UTF-8 and upload it again.',
        '“Kanne\uFFFD” contains control characters or line breaks.',
        'There is no such SKU. To list it, add a name and a price.',
      ]
    )
    const heading = Buffer.from('sku,Gr\xf6\xdfe für Tee,counted\nMUG,x für y ß,1\n', 'latin1')
    const windows = await dryRun(client, clerk, heading)
    assert.deepEqual(
      [windows.encoding, windows.ignoredColumns],
      ['windows-1252', ['Größe für Tee']]
    )
  })

  test('whose heading has a byte that is not UTF-8 says so', async ({ client, assert }) => {
    const file = Buffer.concat([
      Buffer.from('sku,Gez'),
      Buffer.from([0xe4]),
      Buffer.from('hlt,name\nMUG,41,Becher für Tee, groß\n'),
    ])
    const dry = await dryRun(client, clerk, file)
    assert.equal(dry.status, 'failed')
    assert.match(dry.error, /^The heading “Gez\uFFFDhlt” has a byte that is not UTF-8/)
  })

  test('is understood whatever the case, the order and the number of its columns', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(
      client,
      clerk,
      'Shelf, Low-Stock AT ,COUNTED,Article No.,Remarks\nA1,5,41,mug,\n'
    )
    assert.deepEqual(dry.ignoredColumns, ['Shelf', 'Remarks'])
    const [row] = await rowsOf(client, clerk, dry.id)
    assert.containSubset(row, { sku: 'MUG', lowStockAt: 5, counted: 41 })
  })

  const headers: [what: string, header: string, says: RegExp][] = [
    ['no column sku', 'name,counted', /including sku\. It contains: “name”, “counted”/],
    [
      'nothing beside sku',
      'sku,Shelf',
      /no column to import besides sku.* It contains: “sku”, “Shelf”/,
    ],
    ['a column twice', 'sku,counted,Counted', /“counted” and “Counted” both mean the column counted/], // prettier-ignore
    ['two other names of a column', 'sku,EAN,UPC', /“EAN” and “UPC” both mean the column barcode/],
    ['counted and received', 'sku,counted,received', /Keep one of them/],
    ['10,000 columns', Array(10_000).fill('a').join(','), /10000 columns/],
  ]
  for (const [what, header, says] of headers) {
    test(`whose header has ${what} says so, and does nothing`, async ({ client, assert }) => {
      const dry = await dryRun(client, clerk, `${header}\nMUG,1,1\n`)
      assert.equal(dry.status, 'failed')
      assert.match(dry.error, says)
      assert.deepEqual(await rowsOf(client, clerk, dry.id), [])
    })
  }

  test('tells for each row what is wrong with it', async ({ client, assert }) => {
    const wrong: [row: string, detail: string][] = [
      ['MUG,-3', '“-3” is negative.'],
      ['TEA,1e309', '“1e309” is not a whole number.'],
      ['TEA,1', 'Row 3 has the same SKU, TEA. Keep one of the two rows.'],
      ['POT,1', 'There is no such SKU. To list it, add a name and a price.'],
      ['MUG RED,1', '“MUG RED” is not a valid SKU. Use 1 to 64 of A-Z 0-9 . _ - and start with a letter or digit.'], // prettier-ignore
      [',1', 'The SKU is missing.'],
      [`CUP,${'9'.repeat(400)}`, `“${'9'.repeat(60)}…” is greater than 2,000,000,000.`],
      [
        `JUG,1${',x'.repeat(9_998)}`,
        'The row has 10000 cells, but the header line has 2. Check the separators and quotation marks.',
      ],
      [
        '=1+1,2',
        '“=1+1” is not a valid SKU. Use 1 to 64 of A-Z 0-9 . _ - and start with a letter or digit.',
      ],
    ]
    const file = `sku,counted\n${wrong.map(([row]) => row).join('\n')}\n`
    const dry = await dryRun(client, clerk, file)
    assert.containSubset(dry.counts, { rows: wrong.length, errors: wrong.length })
    const rows = await rowsOf(client, clerk, dry.id, '?state=error')
    assert.deepEqual(
      rows.map(({ errors }: any) => errors[0].detail),
      wrong.map(([, detail]) => detail)
    )
    const csv = await client.get(`/api/v1/stock/imports/${dry.id}/errors`).bearerToken(clerk.token)
    const lines = csv.text().split('\r\n')
    assert.equal(lines[0], 'row,sku,column,problem')
    assert.equal(lines[1], '2,MUG,counted,“-3” is negative.')
    assert.include(csv.text(), "10,'=1+1,sku,")
  })

  test('gives a price the decimals that ISO 4217 has for its currency', async ({
    client,
    assert,
  }) => {
    const prices: [price: string, currency: string, amount: number | string][] = [
      ['1000', 'HUF', 100_000],
      ['1000.50', 'HUF', 100_050],
      ['1.234', 'IQD', 1_234],
      ['1.234', 'KWD', 1_234],
      ['1000', 'JPY', 1_000],
      ['100.50', 'JPY', '100.50 has 2 decimals, but JPY has 0.'],
      ['100.00', 'JPY', 100],
      ['1.000', 'EUR', '1.000 has 3 decimals, but EUR has 2. If it means 1000, write 1000.00.'],
      ['1.200', 'JPY', '1.200 has 3 decimals, but JPY has 0. If it means 1200, write 1200.'],
      ['5', 'HRK', '“HRK” is not an active currency code. Write it like EUR.'],
    ]
    const lines = prices.map(([price, currency], n) => `P-${n},Pot ${n},${price},${currency}\n`)
    const dry = await dryRun(client, clerk, `sku,name,price,currency\n${lines.join('')}`)
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ price, errors }: any) => errors[0]?.detail ?? price.amount),
      prices.map(([, , expected]) => expected)
    )
  })

  test('gives no new price in a currency that has been withdrawn', async ({ client, assert }) => {
    await product('KUNA', 0, 1_000, 'HRK')
    const dry = await dryRun(client, clerk, 'sku,name,price\nKUNA,Kuna mug,12.50\n')
    const [row] = await rowsOf(client, clerk, dry.id)
    assert.match(row.errors[0].detail, /^HRK is no longer an active currency/)
  })

  const others: [what: string, file: Buffer, says: RegExp][] = [
    ['a zip bomb', zipOf(Buffer.alloc(20 * MB)), /ZIP file/],
    ['nothing', Buffer.alloc(0), /The file is empty/],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), /a picture/],
    ['UTF-16', Buffer.from('\uFEFFsku,counted', 'utf16le'), /UTF-16/],
    ['NUL bytes', Buffer.from('sku,counted\nMUG,41\n'.split('').join('\0')), /NUL bytes/],
  ]
  for (const [what, file, says] of others) {
    test(`that is ${what} is refused`, async ({ assert }) => {
      const { status, body } = await upload(clerk, file)
      assert.equal(status, 422)
      assert.equal(body.code, 'no_csv')
      assert.match(body.detail, says)
      assert.deepEqual(await inventory().from('stock_imports'), [])
    })
  }

  test('of one endless cell, or one endless line, is refused early', async ({ client, assert }) => {
    for (const file of [`sku,counted\n"MUG${'x'.repeat(2 * MB)}`, 'x'.repeat(2 * MB)]) {
      const dry = await dryRun(client, clerk, file)
      assert.equal(dry.status, 'failed')
      assert.match(dry.error, /longer than 64 KB/)
    }
  })

  test('of 300 MB that says so is refused before it is read', async ({ assert }) => {
    const { status, code, sent } = await sendAll(clerk, 300 * MB, true)
    assert.deepEqual([status, code], [413, 'body_too_large'])
    assert.isBelow(sent, 64 * MB)
  })

  test('of 300 MB that does not say so is refused at 64 MB, without being held in memory', async ({
    assert,
  }) => {
    const before = process.memoryUsage().rss
    const { status, code, most } = await sendAll(clerk, 300 * MB, false)
    assert.deepEqual([status, code], [413, 'body_too_large'])
    assert.isBelow(most - before, 150 * MB)
    assert.deepEqual(await inventory().from('stock_import_parts'), [])
  })

  const forms: [what: string, type: string, start: string][] = [
    ['as it is', 'text/csv', ''],
    ['in a form', 'multipart/form-data; boundary=x', FORM_START],
  ]
  for (const [what, type, start] of forms)
    test(`that breaks off on its way, sent ${what}, leaves nothing`, async ({ assert }) => {
      const sending = request(api, {
        method: 'POST',
        headers: {
          'authorization': `Bearer ${clerk.token}`,
          'content-type': type,
          'content-length': 4 * MB,
        },
      }).on('error', () => {})
      const parts = async () => (await inventory().from('stock_import_parts').select('part')).length
      sending.write(`${start}sku,counted\n${'MUG,1\n'.repeat(100_000)}`)
      await eventually('a part of it is here', async () => (await parts()) > 0)
      sending.destroy()
      await eventually('nothing of it is here', async () => {
        return (await inventory().from('stock_imports')).length === 0
      })
      assert.equal(await parts(), 0)
    })

  const halves: [what: string, form: string][] = [
    ['without its end', `${FORM_START}sku,counted\nMUG,41\n`],
    ['without a part', 'MUG,41'],
    ['cut within a field', '--x\r\nContent-Disposition: form-data; name="reference"\r\n\r\nPO'],
  ]
  for (const [what, body] of halves)
    test(`in a form ${what} is refused, and the sender is told`, async ({ assert }) => {
      const answer = await fetch(api, {
        method: 'POST',
        headers: {
          'authorization': `Bearer ${clerk.token}`,
          'content-type': 'multipart/form-data; boundary=x',
        },
        body,
      })
      assert.equal(answer.status, 422)
      assert.containSubset(await answer.json(), { code: 'no_csv' })
      assert.isEmpty(await inventory().from('stock_imports'))
    })

  for (const [what, disposition] of [
    ['a file name', 'name="file"'],
    ['an empty file name', 'name="file"; filename=""'],
    ['a name of its part', 'filename="a.csv"'],
  ]) {
    test(`in a form without ${what} is taken`, async ({ assert }) => {
      const part = `--x\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: text/csv\r\n\r\n`
      const answer = await fetch(api, {
        method: 'POST',
        headers: {
          'authorization': `Bearer ${clerk.token}`,
          'content-type': 'multipart/form-data; boundary=x',
        },
        // Longer than a field may be.
        body: `${part}sku,counted\n${'MUG,41\n'.repeat(1_000)}\r\n--x--\r\n`,
      })
      assert.equal(answer.status, 202)
      const { id } = (await answer.json()) as { id: string }
      const { bytes } = await inventory().from('stock_imports').where('id', id).first()
      assert.equal(bytes, 12 + 7_000)
    })
  }

  test('sent twice under one key is one import', async ({ assert }) => {
    const file = 'sku,counted\nMUG,41\n'
    const key = { 'idempotency-key': 'delivery-7' }
    const first = await upload(clerk, file, key)
    const again = await upload(clerk, file, key)
    assert.deepEqual([again.status, again.body.id], [202, first.body.id])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    const other = await upload(clerk, 'sku,counted\nMUG,42\n', key)
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
    assert.lengthOf(await inventory().from('stock_imports'), 1)
  })
})

/** A ZIP file with one entry, which becomes a thousand times as long. */
function zipOf(content: Buffer) {
  const packed = deflateRawSync(content)
  const header = Buffer.alloc(30)
  header.write('504b0304', 'hex')
  header.writeUInt16LE(8, 8)
  header.writeUInt32LE(packed.length, 18)
  header.writeUInt32LE(content.length, 22)
  return Buffer.concat([header, packed])
}

/** Sends so many bytes as fast as they are taken, until there is an answer. */
async function sendAll(by: Person, bytes: number, says: boolean) {
  const piece = Buffer.from('MUG,1\n'.repeat(10_000))
  let sent = 0
  let most = 0
  const source = new Readable({
    read() {
      most = Math.max(most, process.memoryUsage().rss)
      sent += piece.length
      this.push(sent > bytes ? null : piece)
    },
  })
  const answer = await new Promise<{ status: number; code: string }>((resolve, reject) => {
    const sending = request(api, {
      method: 'POST',
      headers: {
        'authorization': `Bearer ${by.token}`,
        'content-type': 'text/csv',
        ...(says ? { 'content-length': bytes } : {}),
      },
    })
    sending.on('error', reject).on('response', async (response) => {
      source.unpipe()
      const body = JSON.parse(Buffer.concat(await response.toArray()).toString())
      sending.destroy()
      resolve({ status: response.statusCode!, code: body.code })
    })
    source.pipe(sending)
  })
  return { ...answer, sent, most }
}
