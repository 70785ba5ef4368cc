/*
 * The pages of the stock room without a browser: what they find, and what they refuse.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { DateTime } from 'luxon'
import type { Slice } from '#admin/pagination'
import { SYSTEM } from '#contracts/actor'
import { orderPlaced } from '#contracts/messages/orders'
import { handleWithin } from '#messaging/inbox/subscription'
import { applyTargets } from '#inventory/reservations/apply_targets'
import { availableByDay } from '#inventory/pages/stock/available_by_day'
import {
  listStock,
  positionOf,
  SORTS,
  type StockFilter,
  type StockRow,
} from '#inventory/pages/stock/list_stock'
import { firstIdAt } from '#postgres/run'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { onHand as stockOnHand } from '#tests/support/stock_imports'
import { emptyShop, person, product } from '#tests/support/shop'
import { held, released } from '#tests/support/reservations'

const inventory = () => db.connection('inventory')

test.group('The pages of the stock room', (group) => {
  let clerk: PlainDesk

  group.setup(async () => {
    await emptyShop()
    clerk = await plainDeskOf(await person('clerk', 'Carl'))
  })

  test('tell an order’s timeline of every line that it holds', async ({ assert }) => {
    const lines = Array.from({ length: 100 }, (_, n) => ({ sku: `TEA-${n}`, quantity: 1 }))
    for (const { sku } of lines) await product(sku, 3)
    const placed = orderPlaced.about(randomUUID(), { revision: 1, lines })
    await inventory().transaction((trx) => handleWithin(trx, applyTargets, [placed]))
    const query = `order=${placed.key}&message=${placed.id}&fragment=timeline`
    const { text } = await clerk.open(`/admin/stock/movements?${query}`)
    assert.lengthOf([...text.matchAll(/leaves 3 on hand/g)], 100)
  })

  test('find a product by its barcode in each of its forms, and then count no others', async ({
    assert,
  }) => {
    await product('CUP', 3)
    await inventory().table('barcodes').insert({ sku: 'CUP', barcode: '0036000291452' })
    for (const form of ['036000291452', '0036000291452', '00036000291452']) {
      const { text } = await clerk.open(`/admin/stock?q=${form}`)
      assert.include(text, 'href="/admin/stock/CUP"', form)
      assert.include(text, '1 shown')
      assert.notMatch(text, /In stock\s*<small>/)
    }
  })

  test('list a product whose barcode went to an older one, until its barcodes are saved', async ({
    assert,
  }) => {
    await product('OLD', 3)
    await product('NEW', 3)
    const [barcode, gtin] = ['4006381333931', '04006381333931']
    await inventory().table('barcodes').insert({ sku: 'OLD', barcode })
    const clash = { sku: 'NEW', barcode: gtin, gtin }
    await inventory().table('barcode_clashes').insert(clash)
    const today = (await clerk.open('/admin')).text
    assert.include(today, 'One barcode, two products')
    for (const sku of ['OLD', 'NEW']) assert.include(today, `href="/admin/stock/${sku}/edit"`)
    const edit = (await clerk.open('/admin/stock/NEW/edit')).text
    assert.match(edit, /has lost the barcode <span class="code">04006381333931<\/span>/)

    const form = { name: 'New', price: '1', currency: 'EUR', version: '1' }
    await clerk.send('/admin/stock/NEW/product', { ...form, barcodes: gtin })
    assert.include((await clerk.open('/admin')).text, 'One barcode, two products', 'still taken')
    await clerk.send('/admin/stock/NEW/product', { ...form, barcodes: '036000291469' })
    assert.notInclude((await clerk.open('/admin')).text, 'One barcode, two products')
  })

  test('name the orders that hold what an undo would take away', async ({ assert }) => {
    await product('MUG', 0)
    await clerk.send('/admin/stock/MUG/restocks', { quantity: '5' })
    const { id } = await inventory().from('movements').where('sku', 'MUG').firstOrFail()
    const order = await held('MUG', 5)
    const from = '/admin/stock/MUG'
    await clerk.send(`/admin/stock/movements/${id}/reversal`, {}, from)
    const { text } = await clerk.open(from)
    assert.include(text, `href="/admin/orders/${order}"`)
    assert.match(text, /Nothing was saved/)
  })

  test('undo a restock of a selection as a whole, or not at all, and say what stands against it', async ({
    assert,
  }) => {
    const from = '/admin/stock?q=bowl'
    for (const sku of ['BOWL-1', 'BOWL-2']) await product(sku, 0)
    const selected = { 'skus[0]': 'BOWL-1', 'skus[1]': 'BOWL-2', 'quantity': '4' }
    await clerk.send('/admin/stock/restocks', selected, from)
    const { text: restocked } = await clerk.open(from)
    const undone = [...restocked.matchAll(/name="undone\[\]" value="([^"]+)"/g)]
    const form = Object.fromEntries(undone.map(([, id], n) => [`undone[${n}]`, id]))
    assert.lengthOf(Object.keys(form), 2)

    const order = await held('BOWL-2', 1)
    const undo = () => clerk.send('/admin/stock/restocks/reversal', form, from)
    await undo()
    const { text: refused } = await clerk.open(from)
    assert.match(refused, /leave 0 of BOWL-2 on hand, but 1 order holds 1/)
    assert.include(refused, `href="/admin/orders/${order}"`)
    assert.containSubset(await stockOnHand(), { 'BOWL-1': 4, 'BOWL-2': 4 })

    await released(order)
    for (const time of ['once', 'again']) {
      await undo()
      const told = (await clerk.open(from)).text
      assert.match(
        told,
        time === 'once' ? /restored to the stock before the restock/ : /of BOWL-1 was undone at/
      )
      assert.containSubset(await stockOnHand(), { 'BOWL-1': 0, 'BOWL-2': 0 })
    }
  })

  test('lead from an undo to what it undid, and back', async ({ assert }) => {
    await product('VASE', 0)
    for (const quantity of ['5', '7']) await clerk.send('/admin/stock/VASE/restocks', { quantity })
    const { id } = await inventory().from('movements').where('on_hand_delta', 7).firstOrFail()
    await clerk.send(`/admin/stock/movements/${id}/reversal`)
    const { text } = await clerk.open('/admin/stock/VASE')
    const address = `/admin/stock/movements?undo=${id}`
    assert.match(text, new RegExp(`<a href="${address.replace('?', '\\?')}">undone</a>`))
    const both = (await clerk.open(address)).text
    assert.deepEqual(
      both.match(/data-label="On hand"><span class="">[^<]+/g)?.map((cell) => cell.slice(-2)),
      ['−7', '+7']
    )
  })

  test('tell who moved stock without an account', async ({ assert }) => {
    await product('POT', 3)
    await inventory()
      .table('movements')
      .insert({
        ...{ id: randomUUID(), sku: 'POT', kind: 'import', on_hand_delta: 0, reserved_delta: 0 },
        ...{ at: new Date(), on_hand: 3, reserved: 0, actor: { ...SYSTEM, name: 'stock:import' } },
      })
    assert.match((await clerk.open('/admin/stock/POT')).text, />\s*stock:import\s*</)
  })

  test('refuse a place in the list that no balance can have', async ({ assert }) => {
    for (const onHand of ['9999999999', '2147483648', '1e3', '']) {
      const after = Buffer.from(JSON.stringify([onHand, 'TEA-1'])).toString('base64url')
      const { status } = await clerk.open(`/admin/stock?sort=onHand&after=${after}`)
      assert.equal(status, 422, onHand)
    }
  })
})

const MANY = 12_000

test.group('The stock list of a large shop', (group) => {
  group.setup(async () => {
    await emptyShop()
    await inventory().rawQuery(
      `insert into stock_items (sku, name, price_amount, price_currency, on_hand, reserved, low_stock_at)
       select 'SKU-' || lpad(n::text, 5, '0'), 'Product ' || n, 100, 'EUR', n * 7 % 97, least(n / 2000, n * 7 % 97), 5
       from generate_series(1, ?) as n`,
      [MANY]
    )
  })

  for (const sort of SORTS.flatMap((by) => [by, `-${by}`] as const)) {
    test('has every product once and in order, there and back: {sort}')
      .with([{ sort }])
      .run(async ({ assert }) => {
        const there = await walk({ sort }, { limit: 7_000, from: null, backwards: false })
        assert.lengthOf(there, MANY)
        assert.deepEqual(skus(there), skus([...there].sort(compare(sort))))

        const from = positionOf(there.at(-1)!, { sort })
        const back = await walk({ sort }, { limit: 450, from, backwards: true })
        assert.deepEqual(skus(back), skus(there.slice(0, -1).reverse()))
      })
  }

  test('finds and filters in any order', async ({ assert }) => {
    const filter = { q: 'product 11', level: 'in', sort: '-available' } as const
    const found = await walk(filter, { limit: 50, from: null, backwards: false })
    const all = await walk({ sort: '-available' }, { limit: 450, from: null, backwards: false })
    const fits = ({ name, level }: StockRow) => name.startsWith('Product 11') && level === 'in'
    assert.isAbove(found.length, 500)
    assert.deepEqual(skus(found), skus(all.filter(fits)))
  })
})

/** Page by page to the end. */
async function walk(filter: StockFilter, slice: Slice): Promise<StockRow[]> {
  const rows = await listStock(filter, slice)
  if (rows.length <= slice.limit) return rows
  const page = rows.slice(0, slice.limit)
  const from = positionOf(page.at(-1)!, filter)
  return [...page, ...(await walk(filter, { ...slice, from }))]
}

function compare(sort: NonNullable<StockFilter['sort']>) {
  const by = sort.replace('-', '')
  const direction = sort.startsWith('-') ? -1 : 1
  return (a: StockRow, b: StockRow) => {
    if (a[by] === b[by]) return (a.sku < b.sku ? -1 : 1) * direction
    return (a[by]! < b[by]! ? -1 : 1) * direction
  }
}

function skus(rows: StockRow[]) {
  return rows.map(({ sku }) => sku)
}

test.group('What was available by day', (group) => {
  group.setup(emptyShop)

  test('is the balance after the last movement of each day, in the time zone of the reader', async ({
    assert,
  }) => {
    const zone = 'Pacific/Auckland'
    const midnight = DateTime.now().setZone(zone).startOf('day')
    const moves: [daysAgo: number, hour: number, onHand: number][] = [
      [40, 12, 3],
      [29, 0, 5],
      [10, 9, 8],
      [10, 23, 12],
      [9, 0, 20],
      [0, 0, 21],
    ]
    for (const sku of ['TEA-1', 'TEA-2', 'TEA-3']) await product(sku, 0)
    for (const [daysAgo, hour, onHand] of moves) {
      const at = midnight.minus({ days: daysAgo }).set({ hour })
      await inventory().rawQuery(
        `insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, at)
         values (?, 'TEA-1', 'restock', 1, 0, ?, 0, '{"kind": "system", "id": null, "name": null}', ?)`,
        [firstIdAt(at.toMillis()), onHand, at.toJSDate()]
      )
    }
    const days = await availableByDay(
      [
        { sku: 'TEA-1', available: 22 },
        { sku: 'TEA-2', available: 4 },
      ],
      zone
    )
    const ofTea = [...Array(1).fill(3), ...Array(19).fill(5), 12, ...Array(9).fill(20), 22]
    assert.deepEqual(days.get('TEA-1'), ofTea)
    assert.deepEqual(days.get('TEA-2'), [...Array(30).fill(0), 4])
  })

  test('counts the first hour of a day to that day, even if the midnight of today is skipped', async ({
    assert,
  }) => {
    await product('POT-1', 0)
    const at = new Date('2027-09-04T00:30:00-04:00')
    await inventory().rawQuery(
      `insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, at)
       values (?, 'POT-1', 'restock', 5, 0, 5, 0, '{"kind": "system", "id": null, "name": null}', ?)`,
      [firstIdAt(at.getTime()), at]
    )
    const now = new Date('2027-09-05T12:00:00-03:00')
    const days = await availableByDay([{ sku: 'POT-1', available: 5 }], 'America/Santiago', now)
    assert.deepEqual(days.get('POT-1')!.slice(-3), [0, 5, 5])
  })
})
