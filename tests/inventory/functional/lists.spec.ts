import db from '@adonisjs/lucid/services/db'
import type { ApiClient, ApiResponse } from '@japa/api-client'
import { test } from '@japa/runner'
import { contains } from '#inventory/stock/find_stock'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const LISTS = ['/api/v1/products', '/api/v1/stock']
const items = () => db.connection('inventory').from('stock_items')

test.group('The lists of products and of stock', (group) => {
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    for (const [sku, onHand] of [
      ['MUG-BLUE', 5],
      ['MUG-RED', 6],
      ['PLATE_50', 0],
      ['TEA', 9],
    ] as const) {
      await product(sku, onHand)
    }
    await items().where('sku', 'MUG-BLUE').update({ low_stock_at: 5, name: 'Blue mug, large' })
    await items().where('sku', 'PLATE_50').update({ low_stock_at: 5, name: '50% off: Plate' })
    await items().where('sku', 'TEA').update({ name: 'Grüner TEE' })
  })

  /** The SKUs that both lists give; fails when they differ. */
  async function listed(client: ApiClient, query: string): Promise<string[]> {
    const [products, stock] = await Promise.all(
      LISTS.map((path) => client.get(`${path}?${query}`).bearerToken(clerk.token))
    )
    if (products.status() !== 200) throw new Error(products.text())
    if (String(skus(products)) !== String(skus(stock))) throw new Error('the lists differ')
    return skus(products)
  }

  test('find SKUs and names by a part of them, in any case', async ({ client, assert }) => {
    assert.deepEqual(await listed(client, 'q=mug'), ['MUG-BLUE', 'MUG-RED'])
    assert.deepEqual(await listed(client, 'q=g-RED'), ['MUG-RED'])
    assert.deepEqual(await listed(client, 'q=BLUE%20m'), ['MUG-BLUE'])
    assert.deepEqual(await listed(client, `q=${encodeURIComponent('GRÜN')}`), ['TEA'])
    assert.deepEqual(await listed(client, 'q=saucer'), [])
  })

  test('find whatever the accents, the kinds of blanks and how letters are composed', async ({
    client,
    assert,
  }) => {
    const q = (text: string) => listed(client, `q=${encodeURIComponent(text)}`)
    // As earlier releases have stored what came from a Mac.
    await items()
      .where('sku', 'MUG-RED')
      .update({ name: 'Große Créme\u00A0brûlée Ø9'.normalize('NFD') })
    for (const text of [
      'creme brulee',
      'CRÈME\u202FBRU',
      'brulée',
      'grosse',
      'große',
      'o9',
      'ø9',
    ]) {
      assert.deepEqual(await q(text), ['MUG-RED'], text)
    }
    assert.deepEqual(await q('gruner\u00A0tee'), ['TEA'])
    assert.deepEqual(await q('Gru\u0308ner'), ['TEA'])
    assert.deepEqual(await q('\u200BMUG-RED\uFEFF'), ['MUG-RED'])
    assert.deepEqual(await q('5０％'), ['PLATE_50'], 'a wide percent sign is no wildcard')
    assert.deepEqual(await q('m％g'), [])
  })

  test('find by an index', async ({ assert }) => {
    const trx = await db.connection('inventory_owner').transaction()
    await trx.rawQuery(
      `insert into stock_items (sku, name, price_amount, price_currency)
       select 'ROW-' || i, 'Größe ' || i, 1, 'EUR' from generate_series(1, 5000) as i`
    )
    // Else the planner counts the rows that wait to be sorted into the index.
    await trx.rawQuery(`select gin_clean_pending_list('stock_items_search')`)
    await trx.rawQuery('analyze stock_items')
    const { rows } = await trx.rawQuery(`explain select sku from stock_items where ${contains}`, [
      'brulee',
    ])
    await trx.rollback()
    assert.include(JSON.stringify(rows), 'stock_items_search')
  })

  test('take what is looked for as it stands: it has no wildcards and is no SQL', async ({
    client,
    assert,
  }) => {
    assert.deepEqual(await listed(client, 'q=mug,%20l'), ['MUG-BLUE'])
    assert.deepEqual(await listed(client, 'q=%25'), ['PLATE_50'])
    assert.deepEqual(await listed(client, 'q=_'), ['PLATE_50'])
    for (const text of ["'", '\\', "' or 1=1 --", '?', 'm%g']) {
      assert.deepEqual(await listed(client, `q=${encodeURIComponent(text)}`), [], text)
    }
  })

  test('give the SKUs that are named, repeated or by comma', async ({ client, assert }) => {
    const both = ['MUG-RED', 'TEA']
    for (const query of ['sku=TEA&sku=MUG-RED', 'sku=tea,mug-red', 'sku=tea,NONE&sku=mug-red']) {
      assert.deepEqual(await listed(client, query), both, query)
    }
    assert.deepEqual(await listed(client, 'sku=NONE'), [])
    const hundred = Array.from({ length: 99 }, (_, n) => `NONE-${n}`).concat('TEA')
    assert.deepEqual(await listed(client, `sku=${hundred}`), ['TEA'])
    assert.deepEqual(await listed(client, hundred.map((sku) => `sku=${sku}`).join('&')), ['TEA'])
  })

  test('give what is out, low or in, as each product says of itself', async ({
    client,
    assert,
  }) => {
    assert.deepEqual(await listed(client, 'level=out'), ['PLATE_50'])
    assert.deepEqual(await listed(client, 'level=low'), ['MUG-BLUE'])
    assert.deepEqual(await listed(client, 'level=in'), ['MUG-RED', 'TEA'])
    for (const level of ['out', 'low', 'in']) {
      const { data } = (await client.get(`/api/v1/products?level=${level}`)).body()
      for (const { availability } of data) assert.equal(availability, level)
    }
  })

  test('give what has changed since, be it the product or its balance', async ({
    client,
    assert,
  }) => {
    const changes = { 'MUG-RED': '10:00:00.000Z', 'TEA': '11:00:00.000Z' }
    await items().update({ updated_at: '2026-01-01T00:00:00Z' })
    for (const [sku, time] of Object.entries(changes)) {
      await items()
        .where('sku', sku)
        .update({ updated_at: `2026-05-04T${time}` })
    }
    const since = (time: string) => listed(client, `updatedAfter=${encodeURIComponent(time)}`)
    assert.deepEqual(await since('2026-05-04T10:00:00Z'), ['MUG-RED', 'TEA'])
    assert.deepEqual(await since('2026-05-04T10:00:00.001Z'), ['TEA'])
    assert.deepEqual(await since('2026-05-04T13:00:00.5+02:00'), [])
    assert.deepEqual(await since('2026-05-04T13:00:00+02:00'), ['TEA'])

    await product('NEW', 0)
    assert.deepEqual(await since('2026-06-01T00:00:00Z'), ['NEW'])
    await client
      .post('/api/v1/stock/MUG-BLUE/restocks')
      .bearerToken(clerk.token)
      .header('idempotency-key', 'blue')
      .json({ quantity: 1 })
    assert.deepEqual(await since('2026-06-01T00:00:00Z'), ['MUG-BLUE', 'NEW'])
  })

  test('join what is asked for', async ({ client, assert }) => {
    assert.deepEqual(await listed(client, 'q=mug&level=in&sku=MUG-RED,TEA'), ['MUG-RED'])
  })

  test('refuse wrong values, and parameters that they do not have', async ({ client, assert }) => {
    const tooMany = Array.from({ length: 101 }, (_, n) => `M${n}`)
    const wrong: [string, string][] = [
      ['levle=low', '/levle'],
      ['level=empty', '/level'],
      ['level=low&level=out', '/level'],
      ['level=', '/level'],
      ['q=', '/q'],
      [`q=${'x'.repeat(101)}`, '/q'],
      ['q=a%00', '/q'],
      ['q=a&q=b', '/q'],
      ['q[a]=b', '/q'],
      ['sku=', '/sku/0'],
      ['sku=A,,B', '/sku/1'],
      ['sku=A&sku=RED%20MUG', '/sku/1'],
      [`sku=${tooMany}`, '/sku'],
      [tooMany.map((sku) => `sku=${sku}`).join('&'), '/sku'],
      ['sku[a]=B', '/sku/0'],
      ['limit=2&limit=3', '/limit'],
      ['updatedAfter=yesterday', '/updatedAfter'],
      ['updatedAfter=2026-05-04', '/updatedAfter'],
      ['updatedAfter=2026-05-04T10:00:00', '/updatedAfter'],
      ['updatedAfter=2026-02-30T10:00:00Z', '/updatedAfter'],
      ['updatedAfter=2026-05-04T25:00:00Z', '/updatedAfter'],
    ]
    for (const path of LISTS) {
      for (const [query, pointer] of wrong) {
        const refused = await client.get(`${path}?${query}`).bearerToken(clerk.token)
        assert.equal(refused.status(), 422, query)
        assert.equal(refused.body().code, 'invalid_fields')
        assert.equal(refused.body().errors[0].pointer, pointer, query)
      }
    }
  })
})

test.group('A list of the stock room that has no parameters of its own', (group) => {
  group.setup(async () => {
    await emptyShop()
    await product('MUG', 5)
  })

  test('refuses those of others', async ({ client, assert }) => {
    const { token } = await person('admin')
    for (const path of ['/api/v1/stock/MUG/movements', '/api/v1/stock/holdings']) {
      const refused = await client.get(`${path}?q=x&colour=red`).bearerToken(token)
      refused.assertStatus(422)
      const pointers = refused.body().errors.map((error: { pointer: string }) => error.pointer)
      assert.sameMembers(pointers, ['/q', '/colour'])
    }
  })
})

test.group('A walk through the products', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    for (const sku of ['B', 'D', 'F', 'H', 'J']) await product(sku, 1)
  })

  test('meets each once, and the new ones that lie ahead, while products come in', async ({
    client,
    assert,
  }) => {
    const walked: string[] = []
    const newcomers = ['E', 'Z', 'A']
    let cursor = ''
    do {
      const page = await client.get(`/api/v1/products?limit=2${cursor}`)
      walked.push(...skus(page))
      cursor = page.body().next && `&cursor=${page.body().next}`
      const newcomer = newcomers.shift()
      if (newcomer) await product(newcomer, 1)
    } while (cursor)
    assert.deepEqual(walked, ['B', 'D', 'E', 'F', 'H', 'J', 'Z'])
  })

  test('keeps to its filter from page to page', async ({ client, assert }) => {
    await items().whereIn('sku', ['D', 'H', 'J']).update({ name: 'Lamp' })
    const first = await client.get('/api/v1/products?limit=2&q=lamp')
    assert.deepEqual(skus(first), ['D', 'H'])
    const second = await client.get(`/api/v1/products?limit=2&q=lamp&cursor=${first.body().next}`)
    assert.deepEqual(skus(second), ['J'])
    assert.isNull(second.body().next)
  })

  test('refuses a cursor that is no place in it', async ({ client, assert }) => {
    for (const position of [['a b'], ['-'], [''], ['A'.repeat(65)]]) {
      const cursor = Buffer.from(JSON.stringify(position)).toString('base64url')
      const refused = await client.get(`/api/v1/products?cursor=${cursor}`)
      refused.assertStatus(422)
      assert.equal(refused.body().code, 'invalid_cursor')
    }
  })
})

function skus(response: ApiResponse): string[] {
  return response.body().data.map(({ sku }: { sku: string }) => sku)
}

test.group('A product that is not for sale', (group) => {
  let clerk: Person
  let ada: Person

  group.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    ada = await person('customer', 'Ada')
    await product('MUG', 5)
    await product('SECRET', 5)
    await items().where('sku', 'SECRET').update({ active: false })
  })

  test('is shown to staff and services, and to nobody else', async ({ client, assert }) => {
    const service = await person('service')
    const readers: [Person | null, string[], number][] = [
      [null, ['MUG'], 404],
      [ada, ['MUG'], 404],
      [clerk, ['MUG', 'SECRET'], 200],
      [service, ['MUG', 'SECRET'], 200],
    ]
    for (const [reader, shown, status] of readers) {
      const get = (path: string) => {
        const request = client.get(`/api/v1/products${path}`)
        return reader ? request.bearerToken(reader.token) : request
      }
      assert.deepEqual(skus(await get('')), shown)
      assert.deepEqual(skus(await get('?sku=SECRET,MUG&q=product')), shown)
      assert.deepEqual(skus(await get('?sku=SECRET')), shown.slice(1))
      assert.equal((await get('/SECRET')).status(), status)
      assert.equal((await get('/MUG')).status(), 200)
    }
  })
})
