import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import { SYSTEM } from '#contracts/actor'
import { workOn } from '#inventory/imports/import_worker'
import { putProduct } from '#inventory/put_product'
import { restock } from '#inventory/restock'
import { apply, dryRun, onHand, readImport, rowsOf, settle, tell, undo } from '#tests/imports'
import { eventually } from '#tests/processes/app_process'
import { emptyShop, person, product, type Person } from '#tests/shop'
import { held, released } from '#tests/stock_room'

const inventory = () => db.connection('inventory')

test.group('An import', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG', 37)
    await product('TEA', 5)
    await product('POT', 8)
  })

  test('of a count is tried dry, applied, and undone as a whole', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, 'sku,counted\nMUG,41\nTEA,5\nPOT,6\n')
    assert.containSubset(dry, {
      ...{ status: 'ready', source: 'csv', progress: null, error: null },
      actor: { kind: 'staff', id: clerk.id, name: 'Grace' },
      counts: { rows: 3, errors: 0, changes: 2, unchanged: 1, up: 4, down: 2 },
    })
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ row, sku, before, after, delta }: any) => [row, sku, before, after, delta]),
      [
        [2, 'MUG', 37, 41, 4],
        [3, 'TEA', 5, 5, 0],
        [4, 'POT', 8, 6, -2],
      ]
    )
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })

    const applied = await apply(client, clerk, dry.id)
    assert.containSubset(applied, {
      status: 'applied',
      counts: { applied: 3, moved: 2, refused: 0 },
    })
    assert.deepEqual(await onHand(), { MUG: 41, POT: 6, TEA: 5 })

    const undone = await undo(client, clerk, dry.id)
    assert.containSubset(undone, { status: 'reversed', counts: { reversed: 2, stays: 0 } })
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })
    const ledger = await inventory()
      .from('movements')
      .where('sku', 'MUG')
      .where('import_id', dry.id)
      .orderBy('id')
    assert.containSubset(ledger, [
      { kind: 'import', on_hand_delta: 4, on_hand: 41, actor: { id: clerk.id } },
      { kind: 'reversal', on_hand_delta: -4, on_hand: 37, reversal_of: ledger[0].id },
    ])
  })

  test('lists products and changes them; what a row does not say stays', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(
      client,
      clerk,
      'sku,name,price,barcode,low_stock_at,active,received\nMUG,,"12,5",,,,3\nTEA,Green tea,,4006381333931,5,no,\nCUP,Cup,4,,,,10\n'
    )
    assert.containSubset(dry.counts, { listed: 1, products: 2, changes: 2, errors: 0 })
    await apply(client, clerk, dry.id)
    const items = await inventory().from('stock_items').orderBy('sku').select('*')
    assert.containSubset(items, [
      { sku: 'CUP', name: 'Cup', price_amount: 400, price_currency: 'EUR', on_hand: 10 },
      { sku: 'MUG', name: 'Product MUG', price_amount: 1250, on_hand: 40, version: 2 },
      { sku: 'POT', version: 1, on_hand: 8 },
      { sku: 'TEA', name: 'Green tea', price_amount: 1000, active: false, low_stock_at: 5 },
    ])
    const said = await inventory().from('outbox').orderBy('id').select('type', 'key')
    const types = said.map(({ type, key }) => `${type.split('.')[2] ?? type} ${key}`)
    for (const one of ['product_listed CUP', 'product_changed MUG', 'product_changed TEA']) {
      assert.include(types, one)
    }
    assert.notInclude(types, 'product_changed POT')
  })

  test('says once that stock has become low, also where only the mark was moved', async ({
    client,
    assert,
  }) => {
    await low('MUG', 10)
    const dry = await dryRun(client, clerk, 'sku,counted,low_stock_at\nMUG,9,\nPOT,,8\nTEA,4,2\n')
    await apply(client, clerk, dry.id)
    const again = await dryRun(client, clerk, 'sku,counted\nMUG,8\n')
    await apply(client, clerk, again.id)
    const lows = await inventory().from('outbox').whereILike('type', '%stock_low%').select('key')
    assert.sameMembers(
      lows.map(({ key }) => key),
      ['MUG', 'POT']
    )
  })

  test('refuses the rows that have moved since the dry run, and applies the others', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(
      client,
      clerk,
      'sku,name,price,counted\nMUG,,,41\nTEA,,7.90,5\nPOT,Teapot,,6\nCUP,Cup,4.00,1\nJUG,Jug,4.00,2\n'
    )
    await inventory().transaction((trx) => restock(trx, { sku: 'MUG', quantity: 2 }, SYSTEM))
    await putProduct('TEA', { name: 'Tea', price: { amount: 800, currency: 'EUR' } }, '*')
    await product('CUP', 0, 500)
    const applied = await apply(client, clerk, dry.id)
    assert.containSubset(applied, { status: 'applied', counts: { applied: 2, refused: 3 } })
    const refused = await rowsOf(client, clerk, dry.id, '?state=refused')
    assert.deepEqual(
      refused.map(({ sku, errors }: any) => [sku, errors[0].code, errors[0].detail]),
      [
        ['MUG', 'stock_moved', 'On hand was 37 at the dry run and is 39 now.'],
        ['TEA', 'product_moved', 'The product was changed after the dry run.'],
        ['CUP', 'product_moved', 'CUP was listed by somebody else after the dry run.'],
      ]
    )
    assert.deepEqual(await onHand(), { CUP: 0, JUG: 2, MUG: 39, POT: 6, TEA: 5 })
  })

  test('counts nothing below what orders hold by then', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, 'sku,counted\nMUG,30\n')
    await held('MUG', 35)
    const applied = await apply(client, clerk, dry.id)
    assert.equal(applied.counts.refused, 1)
    const [row] = await rowsOf(client, clerk, dry.id, '?state=refused')
    assert.equal(row.errors[0].detail, 'Counted 30, but 35 are reserved for orders by now.')
  })

  test('leaves a row as it is whose pieces orders hold, until it is undone once more', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\nTEA,10\n')
    await apply(client, clerk, dry.id)
    const order = await held('TEA', 9)
    const undone = await undo(client, clerk, dry.id)
    assert.containSubset(undone, { status: 'reversed', counts: { reversed: 1, stays: 1 } })
    const [stays] = await rowsOf(client, clerk, dry.id, '?state=stays')
    assert.equal(
      stays.errors[0].detail,
      '10 were added, but only 6 are available: 9 are reserved for orders.'
    )
    await released(order)
    const again = await undo(client, clerk, dry.id)
    assert.containSubset(again.counts, { reversed: 2, stays: 0 })
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })
    const over = await undo(client, clerk, dry.id)
    assert.deepEqual(over.counts, again.counts)
  })

  test('that two people apply at once is applied once, and so is one applied twice', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\n')
    const other = await person('admin', 'Ada')
    const told = await Promise.all([clerk, other].map((by) => tell(client, by, dry.id)))
    for (const answer of told) answer.assertStatus(202)
    await Promise.all([settle(dry.id), settle(dry.id)])
    await apply(client, clerk, dry.id)
    assert.deepEqual(await onHand(), { MUG: 47, POT: 8, TEA: 5 })
    await Promise.all([clerk, other].map((by) => tell(client, by, dry.id, 'reversal')))
    await Promise.all([settle(dry.id), settle(dry.id)])
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })
  })

  test('whose worker is frozen past its lease is applied by another, each row once', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\nTEA,1\n')
    await tell(client, clerk, dry.id)
    const work = () => workOn(dry.id, randomUUID(), new AbortController().signal)
    const waiting = (trx: TransactionClientContract, count: number) =>
      eventually(`${count} wait for the mug`, async () => {
        const { rows } = await trx.rawQuery('select from pg_locks where not granted')
        return rows.length >= count
      })
    const both = await inventory().transaction(async (trx) => {
      await trx.from('stock_items').where('sku', 'MUG').forUpdate()
      const frozen = work()
      await waiting(trx, 1)
      await inventory()
        .from('stock_imports')
        .update({ lease_until: new Date(0) })
      const other = work()
      await waiting(trx, 2)
      return { frozen, other }
    })
    assert.deepEqual([await both.frozen, await both.other], [false, true])
    assert.deepEqual(await onHand(), { MUG: 47, POT: 8, TEA: 6 })
    assert.containSubset(await readImport(client, clerk, dry.id), {
      ...{ status: 'applied', counts: { applied: 2, moved: 2 } },
    })
  })

  test('is applied only when it is ready, and undone only when it was applied', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\n')
    const early = await tell(client, clerk, dry.id, 'reversal')
    early.assertStatus(409)
    assert.equal(early.body().code, 'import_not_applied')
    await apply(client, clerk, dry.id)
    await undo(client, clerk, dry.id)
    const failed = await dryRun(client, clerk, 'a,b\n1,2\n')
    for (const id of [dry.id, failed.id]) {
      const late = await tell(client, clerk, id)
      late.assertStatus(409)
      assert.equal(late.body().code, 'import_not_ready')
    }
    const unknown = await tell(client, clerk, '0199f3b1-0a1b-7c2d-8e3f-405162738495')
    unknown.assertStatus(404)
    assert.equal((await readImport(client, clerk, dry.id)).status, 'reversed')
  })
})

async function low(sku: string, lowStockAt: number) {
  const price = { amount: 1_000, currency: 'EUR' }
  await putProduct(sku, { name: sku, price, lowStockAt }, '*')
}
