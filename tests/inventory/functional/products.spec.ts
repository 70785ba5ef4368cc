import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { emptyShop, person, product, type Person } from '#tests/shop'

const price = (amount: number, currency = 'EUR') => ({ amount, currency })
const mug = { name: 'Red mug', price: price(1_250) }

/** PUT /products/:sku */
function put(client: ApiClient, by: Person, sku: string, body: object, ifMatch?: string) {
  const request = client.put(`/api/v1/products/${sku}`).bearerToken(by.token).json(body)
  return ifMatch === undefined ? request : request.header('if-match', ifMatch)
}

test.group('PUT /products/:sku', (group) => {
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
  })

  test('lists a product, then replaces what is said of it', async ({ client, assert }) => {
    const whole = { ...mug, lowStockAt: 5, barcodes: ['4006381333931'], active: false }
    const listed = await put(client, clerk, 'MUG', whole)
    listed.assertStatus(201)
    assert.equal(listed.header('etag'), '"1"')
    const balance = { availability: 'out', available: 0 }
    assert.deepEqual(listed.body(), { sku: 'MUG', ...whole, ...balance, version: 1 })

    const replaced = await put(client, clerk, 'MUG', { name: 'Mug', price: price(900, 'USD') })
    replaced.assertStatus(200)
    assert.equal(replaced.header('etag'), '"2"')
    assert.deepEqual(replaced.body(), {
      sku: 'MUG',
      name: 'Mug',
      price: price(900, 'USD'),
      active: true,
      lowStockAt: null,
      barcodes: [],
      ...balance,
      version: 2,
    })
    const shown = await client.get('/api/v1/products/MUG').bearerToken(clerk.token)
    assert.deepEqual(shown.body(), replaced.body())
    assert.equal(shown.header('etag'), '"2"')
  })

  test('says so on the topic, with the version', async ({ client, assert }) => {
    await put(client, clerk, 'CUP', mug)
    await put(client, clerk, 'CUP', { ...mug, active: false })
    const messages = await db
      .connection('inventory')
      .from('outbox')
      .where('key', 'CUP')
      .orderBy('id')
      .select('topic', 'type', 'version', 'data')
    const said = { sku: 'CUP', ...mug }
    const envelope = { topic: 'inventory', version: 1 }
    assert.deepEqual(messages, [
      { ...envelope, type: 'product_listed', data: { ...said, active: true, version: 1 } },
      { ...envelope, type: 'product_changed', data: { ...said, active: false, version: 2 } },
    ])
  })

  test('leaves the balance alone', async ({ client, assert }) => {
    await product('BOWL', 7)
    const changed = await put(client, clerk, 'BOWL', { ...mug, lowStockAt: 7 })
    assert.containSubset(changed.body(), { available: 7, availability: 'low', version: 2 })
  })

  test('changes what the caller has seen and nothing newer', async ({ client, assert }) => {
    for (const seen of ['"1"', '*']) {
      const early = await put(client, clerk, 'POT', mug, seen)
      early.assertStatus(412)
      assert.isUndefined(early.header('etag'))
    }
    await put(client, clerk, 'POT', mug)
    for (const seen of ['"1"', 'W/"2"', '*']) {
      const changed = await put(client, clerk, 'POT', mug, seen)
      changed.assertStatus(200)
    }
    const late = await put(client, clerk, 'POT', { ...mug, name: 'Lost' }, '"3"')
    late.assertStatus(412)
    assert.equal(late.body().code, 'version_moved')
    assert.equal(late.header('etag'), '"4"')
    for (const wrong of ['4', '"4', 'four', '"-4"', '""']) {
      const malformed = await put(client, clerk, 'POT', mug, wrong)
      malformed.assertStatus(400)
      assert.equal(malformed.body().code, 'if_match_malformed')
    }
    const shown = await client.get('/api/v1/products/POT')
    assert.containSubset(shown.body(), { name: 'Red mug', version: 4 })
  })

  test('knows an SKU in any case, and refuses what is none', async ({ client, assert }) => {
    const listed = await put(client, clerk, 'mug-blue.2_x', mug)
    assert.equal(listed.body().sku, 'MUG-BLUE.2_X')
    const shown = await client.get('/api/v1/products/Mug-Blue.2_X')
    shown.assertStatus(200)
    const wrong = ['-MUG', '.MUG', '_MUG', 'M%20UG', 'M%2FUG', 'M%C3%9CG', 'M%00', 'M'.repeat(65)]
    for (const sku of wrong) {
      const refused = await put(client, clerk, sku, mug)
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, '/sku')
      const missing = await client.get(`/api/v1/products/${sku}`)
      missing.assertStatus(404)
    }
    const longest = await put(client, clerk, 'M'.repeat(64), mug)
    longest.assertStatus(201)
  })

  test('refuses wrong prices, names and levels', async ({ client, assert }) => {
    const wrong: [object, string][] = [
      [{ price: price(-1) }, '/price/amount'],
      [{ price: price(100_000_001) }, '/price/amount'],
      [{ price: price(12.5) }, '/price/amount'],
      [{ price: { amount: '1250', currency: 'EUR' } }, '/price/amount'],
      [{ price: price(1, 'eur') }, '/price/currency'],
      [{ price: price(1, 'QQQ') }, '/price/currency'],
      [{ price: { amount: 1 } }, '/price/currency'],
      [{ price: { ...price(1), vat: 19 } }, '/price/vat'],
      [{ price: null }, '/price'],
      [{ name: '' }, '/name'],
      [{ name: 'x'.repeat(201) }, '/name'],
      [{ lowStockAt: -1 }, '/lowStockAt'],
      [{ active: 'yes' }, '/active'],
      [{ onHand: 5 }, '/onHand'],
    ]
    for (const [more, pointer] of wrong) {
      const refused = await put(client, clerk, 'LAMP', { ...mug, ...more })
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, pointer)
    }
    for (const right of [price(0), price(100_000_000), price(500, 'JPY'), price(1, 'KWD')]) {
      const listed = await put(client, clerk, 'LAMP', { ...mug, price: right })
      assert.deepEqual(listed.body().price, right)
    }
  })

  test('is for clerks and administrators', async ({ client, assert }) => {
    for (const role of ['customer', 'operator', 'service'] as const) {
      const refused = await put(client, await person(role), 'VASE', mug)
      refused.assertStatus(403)
      assert.equal(refused.body().code, 'role_not_allowed')
    }
    const unknown = await client.put('/api/v1/products/VASE').json(mug)
    unknown.assertStatus(401)
    const listed = await put(client, await person('admin'), 'VASE', mug)
    listed.assertStatus(201)
  })
})

test.group('A barcode', (group) => {
  let clerk: Person

  group.setup(emptyShop)
  group.setup(async () => {
    clerk = await person('clerk', 'Grace')
  })

  const withCodes = (...barcodes: unknown[]) => ({ ...mug, barcodes })

  test('keeps its leading zeros, and a UPC-A is the EAN-13 with a 0 before it', async ({
    client,
    assert,
  }) => {
    const listed = await put(client, clerk, 'A', withCodes('036000291452', '00012345'))
    assert.deepEqual(listed.body().barcodes, ['00012345', '0036000291452'])
    const both = await put(client, clerk, 'A', withCodes('036000291452', '0036000291452'))
    assert.deepEqual(both.body().barcodes, ['0036000291452'])
  })

  test('belongs to one product', async ({ client, assert }) => {
    await put(client, clerk, 'B', withCodes('0036000291469'))
    const taken = await put(client, clerk, 'C', withCodes('4006381333931', '036000291469'))
    taken.assertStatus(409)
    assert.equal(taken.body().code, 'barcode_taken')
    assert.include(taken.body().detail, '0036000291469 belongs to B')
    assert.equal(taken.body().errors[0].pointer, '/barcodes/1')
    const notListed = await client.get('/api/v1/products/C')
    notListed.assertStatus(404)
    await put(client, clerk, 'B', mug)
    const free = await put(client, clerk, 'C', withCodes('036000291469'))
    free.assertStatus(201)
  })

  test('goes to one of two products that ask for it at the same moment', async ({
    client,
    assert,
  }) => {
    for (let n = 0; n < 5; n++) {
      const code = withCodes(`400638133393${n}`)
      const skus = ['D', 'E', 'F', 'G'].map((sku) => `${sku}${n}`)
      const answers = await Promise.all(skus.map((sku) => put(client, clerk, sku, code)))
      const statuses = answers.map((answer) => answer.status()).sort()
      assert.deepEqual(statuses, [201, 409, 409, 409])
    }
  })

  test('is of 8, 12, 13 or 14 digits, and a product has ten at most', async ({
    client,
    assert,
  }) => {
    const wrong = [['40063813339'], ['400638133393X'], [''], [4_006_381_333_931], [null]]
    for (const codes of wrong) {
      const refused = await put(client, clerk, 'H', withCodes(...codes))
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, '/barcodes/0')
    }
    const codes = Array.from({ length: 11 }, (_, n) => String(50_000_000 + n))
    const eleven = await put(client, clerk, 'H', withCodes(...codes))
    eleven.assertStatus(422)
    const ten = await put(client, clerk, 'H', withCodes(...codes.slice(1)))
    ten.assertStatus(201)
  })
})

test.group('The catalogue', (group) => {
  group.setup(async () => {
    await emptyShop()
    await product('ANVIL', 3)
    await product('BELL', 0)
    await product('CLAMP', 9)
  })

  test('shows everybody what there is, and staff and services how many', async ({
    client,
    assert,
  }) => {
    const seen = {
      sku: 'ANVIL',
      name: 'Product ANVIL',
      price: price(1_000),
      availability: 'in',
      active: true,
      version: 1,
    }
    const anonymous = await client.get('/api/v1/products')
    assert.deepEqual(anonymous.body().data[0], seen)
    assert.equal(anonymous.body().data[1].availability, 'out')
    for (const role of ['customer', 'clerk', 'operator', 'admin', 'service'] as const) {
      const { token } = await person(role)
      const shown = await client.get('/api/v1/products/ANVIL').bearerToken(token)
      const inside = { available: 3, lowStockAt: null, barcodes: [] }
      assert.deepEqual(shown.body(), role === 'customer' ? seen : { ...seen, ...inside }, role)
    }
    const wrong = await client.get('/api/v1/products').bearerToken('qm_wrong')
    wrong.assertStatus(401)
  })

  test('is read in pages, in SKU order', async ({ client, assert }) => {
    const first = await client.get('/api/v1/products').qs({ limit: 2 })
    const second = await client.get('/api/v1/products').qs({ limit: 2, cursor: first.body().next })
    const skus = [first, second].map((page) =>
      page.body().data.map(({ sku }: { sku: string }) => sku)
    )
    assert.deepEqual(skus, [['ANVIL', 'BELL'], ['CLAMP']])
    assert.isNull(second.body().next)
  })
})
