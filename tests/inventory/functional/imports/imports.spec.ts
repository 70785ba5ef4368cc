import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import { directConnection } from '#config/database'
import { SYSTEM } from '#contracts/actor'
import { adjustStock } from '#inventory/stock/adjust_stock'
import { countStock } from '#inventory/stock/count_stock'
import { workOn } from '#inventory/imports/import_worker'
import { putProduct } from '#inventory/products/put_product'
import { reconcile } from '#inventory/stock/reconcile'
import { restock } from '#inventory/stock/restock'
import { reverseMovement } from '#inventory/stock/reverse_movement'
import {
  apply,
  dryRun,
  onHand,
  readImport,
  rowsOf,
  runImport,
  requestImport,
  undo,
} from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'
import { held, released } from '#tests/support/reservations'
import { eventually } from '#tests/support/eventually'

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
      counts: { rows: 3, errors: 0, changes: 2, unchanged: 1, agreed: 1, up: 4, down: 2 },
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
      counts: { applied: 3, moved: 2, recorded: 1, refused: 0 },
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

  test('knows a barcode in each of its forms, and refuses one whose check digit is wrong', async ({
    client,
    assert,
  }) => {
    const price = { amount: 1_000, currency: 'EUR' }
    const insisted = { name: 'Mug', price, barcodes: ['036000291453'], allowCheckDigit: true }
    await putProduct('MUG', insisted, '*')
    const dry = await dryRun(
      client,
      clerk,
      [
        'sku,barcode,received',
        ...['TEA,036000291452,1', 'POT,0036000291452,1', 'MUG,00036000291453,1'],
        'CUP,4006381333932,1',
      ].join('\n')
    )
    const rows = await rowsOf(client, clerk, dry.id)
    assert.deepEqual(
      rows.map(({ sku, errors }: any) => [sku, errors.map(({ code }: any) => code)]),
      [
        ['TEA', []],
        ['POT', ['barcode_taken']],
        ['MUG', []],
        ['CUP', ['unknown_sku', 'check_digit']],
      ]
    )
    assert.equal(rows[1].errors[0].detail, 'The barcode 0036000291452 belongs to TEA.')
    assert.match(rows[3].errors[1].detail, /4006381333932 has a wrong check digit: .* should be 1/)
    await apply(client, clerk, dry.id)
    const barcodes = await inventory().from('barcodes').orderBy('sku').select('sku', 'barcode')
    assert.deepEqual(barcodes, [
      { sku: 'MUG', barcode: '036000291453' },
      { sku: 'TEA', barcode: '036000291452' },
    ])
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
        ['MUG', 'stock_moved', 'On hand was 37 at the dry run and is now 39. Count again.'],
        [
          'TEA',
          'product_moved',
          'Somebody changed the product after the dry run. Check the product, then import the row again.',
        ],
        [
          'CUP',
          'product_moved',
          'Somebody else listed CUP after the dry run. Import the row again to change that product.',
        ],
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
    assert.equal(
      row.errors[0].detail,
      'You counted 30, but orders now reserve 35. Count again, or change the orders first.'
    )
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
      'This row added 10, but only 6 are available: orders reserve 9.'
    )
    await released(order)
    const again = await undo(client, clerk, dry.id)
    assert.containSubset(again.counts, { reversed: 2, stays: 0 })
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })
    const over = await undo(client, clerk, dry.id)
    assert.deepEqual(over.counts, again.counts)
  })

  test('leaves the rows whose SKU was counted since, and undoes the others', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\nTEA,10\nPOT,10\n')
    await apply(client, clerk, dry.id)
    const count = await inventory().transaction((trx) =>
      countStock(trx, { sku: 'TEA', counted: 50, expectedOnHand: 15 }, SYSTEM)
    )
    const counting = await dryRun(client, clerk, 'sku,counted\nPOT,18\n')
    await apply(client, clerk, counting.id)
    const undone = await undo(client, clerk, dry.id)
    assert.containSubset(undone, { status: 'reversed', counts: { reversed: 1, stays: 2 } })
    assert.deepEqual(await onHand(), { MUG: 37, POT: 18, TEA: 50 })
    const stays = await rowsOf(client, clerk, dry.id, '?state=stays')
    assert.deepEqual(
      stays.map(({ sku, errors }: any) => [sku, errors[0].code]),
      [
        ['TEA', 'counted_since'],
        ['POT', 'counted_since'],
      ]
    )
    assert.include(stays[0].errors[0].detail, 'Quartermaster counted 50 of TEA at')
    assert.include(stays[1].errors[0].detail, 'Grace counted 18 of POT at')

    await inventory().transaction((trx) => reverseMovement(trx, count.id, SYSTEM))
    await undo(client, clerk, counting.id)
    const again = await undo(client, clerk, dry.id)
    assert.containSubset(again.counts, { reversed: 3, stays: 0 })
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })
    const { differences } = await reconcile(directConnection('inventory'))
    assert.deepEqual(differences, [])
  })

  test('of a count refuses the undo of what came before it, but one of goods received does not', async ({
    client,
    assert,
  }) => {
    const restocked = async (sku: string) => {
      return inventory().transaction((trx) => restock(trx, { sku, quantity: 10 }, SYSTEM))
    }
    const [mug, tea, pot] = [await restocked('MUG'), await restocked('TEA'), await restocked('POT')]
    for (const file of ['sku,counted\nMUG,47\nTEA,50\n', 'sku,received\nPOT,1\n']) {
      await apply(client, clerk, (await dryRun(client, clerk, file)).id)
    }
    const undone = (id: string) =>
      inventory().transaction((trx) => reverseMovement(trx, id, SYSTEM))
    await assert.rejects(() => undone(mug.id), /Grace counted 47 of MUG/)
    await assert.rejects(() => undone(tea.id), /Grace counted 50 of TEA/)
    await undone(pot.id)
    assert.deepEqual(await onHand(), { MUG: 47, POT: 9, TEA: 50 })
  })

  test('says how many are on hand where orders hold none of what it brought', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\n')
    await apply(client, clerk, dry.id)
    await inventory().transaction((trx) =>
      adjustStock(trx, { sku: 'MUG', delta: -40, reason: 'loss' }, SYSTEM)
    )
    await undo(client, clerk, dry.id)
    const [row] = await rowsOf(client, clerk, dry.id, '?state=stays')
    assert.equal(row.errors[0].detail, 'This row added 10, but only 7 are on hand.')
  })

  test('that two people apply at once is applied once, and so is one applied twice', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\n')
    const other = await person('admin', 'Ada')
    const told = await Promise.all([clerk, other].map((by) => requestImport(client, by, dry.id)))
    for (const answer of told) answer.assertStatus(202)
    await Promise.all([runImport(dry.id), runImport(dry.id)])
    await apply(client, clerk, dry.id)
    assert.deepEqual(await onHand(), { MUG: 47, POT: 8, TEA: 5 })
    await Promise.all([clerk, other].map((by) => requestImport(client, by, dry.id, 'reversal')))
    await Promise.all([runImport(dry.id), runImport(dry.id)])
    assert.deepEqual(await onHand(), { MUG: 37, POT: 8, TEA: 5 })
  })

  test('whose worker is frozen past its lease is applied by another, each row once', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\nTEA,1\n')
    await requestImport(client, clerk, dry.id)
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

  test('whose rows take too long together is read, applied and undone in smaller chunks', async ({
    client,
    assert,
    cleanup,
  }) => {
    for (const table of ['stock_import_rows', 'movements']) await timeOutAbove(100, table, cleanup)
    const boxes = Array.from({ length: 300 }, (_, box) => `BOX-${box},Box,4.00,5\n`)
    const dry = await dryRun(client, clerk, `sku,name,price,received\n${boxes.join('')}`)
    assert.containSubset(dry.counts, { rows: 300, listed: 300, changes: 300, up: 1_500, errors: 0 })
    const applied = await apply(client, clerk, dry.id)
    assert.containSubset(applied.counts, { applied: 300, moved: 300, refused: 0 })
    const undone = await undo(client, clerk, dry.id)
    assert.containSubset(undone.counts, { reversed: 300, stays: 0 })
    const { differences } = await reconcile(directConnection('inventory'))
    assert.deepEqual(differences, [])
  })

  test('is applied only when it is ready, and undone only when it was applied', async ({
    client,
    assert,
  }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\n')
    const early = await requestImport(client, clerk, dry.id, 'reversal')
    early.assertStatus(409)
    assert.equal(early.body().code, 'import_not_applied')
    await apply(client, clerk, dry.id)
    await undo(client, clerk, dry.id)
    const failed = await dryRun(client, clerk, 'a,b\n1,2\n')
    for (const id of [dry.id, failed.id]) {
      const late = await requestImport(client, clerk, id)
      late.assertStatus(409)
      assert.equal(late.body().code, 'import_not_ready')
    }
    const unknown = await requestImport(client, clerk, '0199f3b1-0a1b-7c2d-8e3f-405162738495')
    unknown.assertStatus(404)
    assert.equal((await readImport(client, clerk, dry.id)).status, 'reversed')
  })
})

/** An insert of more rows into the table fails as it does at the time limit of a statement. */
async function timeOutAbove(
  rows: number,
  table: string,
  cleanup: (end: () => Promise<void>) => void
) {
  const owner = db.connection('inventory_owner')
  cleanup(async () => {
    await owner.rawQuery(`drop function time_out_${table} cascade`)
  })
  await owner.rawQuery(`
    create function time_out_${table}() returns trigger language plpgsql as $$
    begin
      if (select count(*) from added) > ${rows} then
        raise exception 'canceling statement due to statement timeout' using errcode = 'query_canceled';
      end if;
      return null;
    end $$;
    create trigger time_out after insert on ${table} referencing new table as added
    for each statement execute function time_out_${table}();
  `)
}

async function low(sku: string, lowStockAt: number) {
  const price = { amount: 1_000, currency: 'EUR' }
  await putProduct(sku, { name: sku, price, lowStockAt }, '*')
}
