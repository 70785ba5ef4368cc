/*
 * Goods received scan by scan: what counts, what is kept aside, and that all of it counts once.
 */
import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { directConnection } from '#config/database'
import { SYSTEM, type SignedIn } from '#contracts/actor'
import { countStock } from '#inventory/stock/count_stock'
import { workOn } from '#inventory/imports/import_worker'
import { startReversal } from '#inventory/imports/import_transitions'
import { putProduct } from '#inventory/products/put_product'
import { correctQuantity } from '#inventory/receipts/correct_quantity'
import { countScan } from '#inventory/receipts/count_scan'
import { applyReceipt, discardReceipt } from '#inventory/receipts/end_receipt'
import { findReceipt, linesByScan } from '#inventory/receipts/find_receipt'
import { readCode } from '#inventory/receipts/read_code'
import { forgetCode, identifyCode, unknownCodes } from '#inventory/receipts/unknown_codes'
import { reconcile } from '#inventory/stock/reconcile'
import { onHand } from '#tests/support/stock_imports'
import { emptyShop, product } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

function somebody(name = 'Carl'): SignedIn {
  return { id: randomUUID(), role: 'clerk', email: null, name }
}

function scan(by: SignedIn, typed: string, key: string = randomUUID()) {
  return countScan(by, { key, ...readCode(typed) })
}

async function tally(by: SignedIn) {
  const receipt = await findReceipt(by)
  if (!receipt) return null
  const rows = await linesByScan(receipt, { limit: 50, from: null, backwards: false })
  return Object.fromEntries(rows.map(({ sku, received }) => [sku, received]))
}

async function apply(by: SignedIn) {
  const { id } = await applyReceipt(by, (await findReceipt(by))!)
  await workOn(id, randomUUID(), new AbortController().signal)
  return id
}

test.group('A scan that cannot be a code', () => {
  test('is refused in words: {0}')
    .with([
      ['blanks', '  \t ', 'The code is empty'],
      ['500 characters', 'A'.repeat(500), '500 characters'],
      ['control characters', 'MUG\u001dRED', 'control or invisible characters'],
      ['no units', 'MUG-RED*0', 'between 1 and 1,000,000'],
      ['too many units', 'MUG-RED*1000001', 'between 1 and 1,000,000'],
      ['a quantity alone', '*12', 'The code is empty'],
    ])
    .run(({ assert }, [, typed, words]) => {
      assert.throws(() => readCode(typed), new RegExp(words.replace('*', '\\*')))
    })
})

test.group('A scan', (group) => {
  let carl: SignedIn
  group.each.setup(async () => {
    await emptyShop()
    carl = somebody()
    await product('MUG-RED', 5)
    const price = { amount: 100, currency: 'EUR' }
    await putProduct('TEA', { name: 'Tea', price, barcodes: ['012345678905', '96385074'] }, null)
  })

  test('adds a piece, or as many as are said, by SKU in any case or by barcode', async ({
    assert,
  }) => {
    for (const typed of ['mug-red', ' MUG-RED ', 'MUG-RED*12']) await scan(carl, typed)
    for (const typed of ['012345678905', '0012345678905', '96385074 * 3']) await scan(carl, typed)
    assert.deepEqual(await tally(carl), { 'TEA': 5, 'MUG-RED': 14 })
    const { counts } = (await findReceipt(carl))!
    assert.containSubset(counts, { rows: 2, up: 19 })
    assert.deepEqual(await onHand(), { 'MUG-RED': 5, 'TEA': 0 })
  })

  test('of a barcode is the same in each of its forms', async ({ assert }) => {
    for (const form of ['012345678905', '0012345678905', '00012345678905']) await scan(carl, form)
    for (const form of ['96385074', '0000096385074']) await scan(carl, form)
    assert.deepEqual(await tally(carl), { TEA: 5 })
  })

  test('of a barcode without its leading zeros is unknown, and changes no tally', async ({
    assert,
  }) => {
    for (const code of ['12345678905', '12345678905', '<script>alert(1)</script>']) {
      await scan(carl, code)
    }
    assert.deepEqual(await tally(carl), {})
    const [script, barcode] = await unknownCodes(carl)
    assert.containSubset(script, { code: '<script>alert(1)</script>', scans: 1, units: 1 })
    assert.containSubset(barcode, { code: '12345678905', scans: 2, units: 2, sku: null })
  })

  test('counts once however often it is sent, at once or after the receipt was applied', async ({
    assert,
  }) => {
    const key = randomUUID()
    await Promise.all([1, 2, 3, 4].map(() => scan(carl, 'MUG-RED', key)))
    await scan(carl, 'MUG-RED')
    await scan(carl, 'MUG-RED', key)
    assert.deepEqual(await tally(carl), { 'MUG-RED': 2 })
    await apply(carl)
    await scan(carl, 'MUG-RED', key)
    assert.deepEqual(await tally(carl), {})
    assert.containSubset(await onHand(), { 'MUG-RED': 7 })
  })

  test('from two browsers of one person at once goes to one tally', async ({ assert }) => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => scan(carl, n % 2 ? 'MUG-RED' : '96385074'))
    )
    assert.deepEqual(await tally(carl), { 'MUG-RED': 10, 'TEA': 10 })
    assert.lengthOf(await inventory().from('stock_imports'), 1)
    const vera = somebody('Vera')
    await scan(vera, 'TEA')
    assert.deepEqual(await tally(vera), { TEA: 1 })
  })

  test('that would be more than a million of one SKU is refused, and nothing of it stays', async ({
    assert,
  }) => {
    await scan(carl, 'TEA*999999')
    const key = randomUUID()
    await assert.rejects(() => scan(carl, 'TEA*2', key), /has 999,999 of TEA/)
    await scan(carl, 'TEA', key)
    assert.deepEqual(await tally(carl), { TEA: 1_000_000 })
  })

  test('of a product off sale counts like any other', async ({ assert }) => {
    const price = { amount: 100, currency: 'EUR' }
    await putProduct('OLD', { name: 'Old', price, active: false }, null)
    await scan(carl, 'OLD')
    assert.deepEqual(await tally(carl), { OLD: 1 })
  })

  test('is corrected by what is set, once, and 0 takes it off', async ({ assert }) => {
    const key = randomUUID()
    await scan(carl, 'TEA*24')
    await correctQuantity(carl, { key, sku: 'TEA', quantity: 20 })
    await scan(carl, 'TEA')
    await correctQuantity(carl, { key, sku: 'TEA', quantity: 20 })
    assert.deepEqual(await tally(carl), { TEA: 21 })
    await correctQuantity(carl, { key: randomUUID(), sku: 'TEA', quantity: 0 })
    assert.deepEqual(await tally(carl), {})
    assert.containSubset((await findReceipt(carl))!.counts, { rows: 0, up: 0 })
  })
})

test.group('A code that is kept aside', (group) => {
  let carl: SignedIn
  group.each.setup(async () => {
    await emptyShop()
    carl = somebody()
    await product('MUG-RED', 5)
    await product('TEA', 0)
  })

  test('becomes a barcode of the product that it is, and is counted once', async ({ assert }) => {
    await scan(carl, '4006381333931*2')
    await scan(carl, '4006381333931')
    const twice = await Promise.all([1, 2].map(() => identifyCode(carl, '4006381333931', 'TEA')))
    assert.sameMembers(
      twice.map(({ units }) => units),
      [3, 0]
    )
    assert.isTrue(twice.every(({ attached }) => attached))
    await scan(carl, '4006381333931')
    assert.deepEqual(await tally(carl), { TEA: 4 })
    assert.deepEqual(await unknownCodes(carl), [])
    const tea = await inventory().from('stock_items').where('sku', 'TEA').first()
    assert.equal(tea.version, 2)
    const said = await inventory().from('outbox').where('type', 'like', '%product_changed%')
    assert.lengthOf(said, 1)
  })

  test('that can be no barcode is only counted; one that is another’s is refused', async ({
    assert,
  }) => {
    await scan(carl, 'https://tea.example/1')
    const { units, attached } = await identifyCode(carl, 'https://tea.example/1', 'TEA')
    assert.deepEqual({ units, attached }, { units: 1, attached: false })
    await scan(carl, '96385074')
    const price = { amount: 100, currency: 'EUR' }
    await putProduct('MUG-RED', { name: 'Mug', price, barcodes: ['96385074'] }, '*')
    const [found] = await unknownCodes(carl)
    assert.equal(found.sku, 'MUG-RED')
    await assert.rejects(() => identifyCode(carl, '96385074', 'TEA'), /belongs to MUG-RED/)
    assert.deepEqual(await tally(carl), { TEA: 1 })
    await identifyCode(carl, '96385074', 'MUG-RED')
    assert.deepEqual(await tally(carl), { 'MUG-RED': 1, 'TEA': 1 })
  })

  test('stays when the receipt is applied, names an SKU like it, and can be forgotten', async ({
    assert,
  }) => {
    await product('TEE-ORG-BLK-XL', 0)
    await scan(carl, 'TEE-ORG-BLK-XXL*4')
    await scan(carl, 'TEA')
    await apply(carl)
    const [code] = await unknownCodes(carl)
    assert.containSubset(code, { code: 'TEE-ORG-BLK-XXL', units: 4, similar: 'TEE-ORG-BLK-XL' })
    assert.equal(await forgetCode(carl, 'TEE-ORG-BLK-XXL'), 4)
    assert.deepEqual(await unknownCodes(carl), [])
  })
})

test.group('A receipt', (group) => {
  let carl: SignedIn
  group.each.setup(async () => {
    await emptyShop()
    carl = somebody()
    await product('MUG-RED', 5)
    await product('TEA', 0)
  })

  test('is applied once however often that is sent, as restocks, and undone whole', async ({
    assert,
  }) => {
    await scan(carl, 'MUG-RED*3')
    await scan(carl, 'TEA')
    const seen = (await findReceipt(carl))!
    const told = await Promise.all([1, 2, 3].map(() => applyReceipt(carl, seen)))
    assert.lengthOf(new Set(told.map(({ id }) => id)), 1)
    await Promise.all([1, 2].map(() => workOn(seen.id, randomUUID(), new AbortController().signal)))
    await applyReceipt(carl, seen)
    assert.deepEqual(await onHand(), { 'MUG-RED': 8, 'TEA': 1 })
    const moved = await inventory().from('movements').where('import_id', seen.id)
    assert.sameMembers(
      moved.map(({ kind, sku, on_hand_delta: by }) => `${kind} ${sku} ${by}`),
      ['restock MUG-RED 3', 'restock TEA 1']
    )
    assert.equal(moved[0].actor.name, 'Carl')

    await inventory().transaction((trx) => startReversal(trx, seen.id, SYSTEM))
    await workOn(seen.id, randomUUID(), new AbortController().signal)
    assert.deepEqual(await onHand(), { 'MUG-RED': 5, 'TEA': 0 })
    const { differences } = await reconcile(directConnection('inventory'))
    assert.deepEqual(differences, [])
  })

  test('whose product was counted since keeps that row when it is undone', async ({ assert }) => {
    await scan(carl, 'TEA')
    await scan(carl, 'MUG-RED')
    const id = await apply(carl)
    await inventory().transaction((trx) =>
      countStock(trx, { sku: 'TEA', counted: 1, expectedOnHand: 1 }, SYSTEM)
    )
    await inventory().transaction((trx) => startReversal(trx, id, SYSTEM))
    await workOn(id, randomUUID(), new AbortController().signal)
    assert.deepEqual(await onHand(), { 'MUG-RED': 5, 'TEA': 1 })
    const rows = await inventory().from('stock_import_rows').where('state', 'stays')
    assert.deepEqual(
      rows.map(({ sku, errors }) => [sku, errors[0].code]),
      [['TEA', 'counted_since']]
    )
  })

  test('that has changed since it was looked over is not applied', async ({ assert }) => {
    await scan(carl, 'TEA')
    const seen = (await findReceipt(carl))!
    await scan(carl, 'TEA')
    await assert.rejects(() => applyReceipt(carl, seen), /now has 2 units of 1 SKUs/)
    await assert.rejects(() => discardReceipt(carl, seen), /has changed/)
    assert.containSubset(await onHand(), { TEA: 0 })
  })

  test('and a scan that are sent at once lose nothing', async ({ assert }) => {
    for (let round = 0; round < 5; round++) {
      await scan(carl, 'TEA')
      const seen = (await findReceipt(carl))!
      const [applied] = await Promise.allSettled([applyReceipt(carl, seen), scan(carl, 'TEA')])
      // Either the scan was quicker, and the receipt is to be looked over again, or it began another.
      if (applied.status === 'rejected') assert.deepEqual(await tally(carl), { TEA: 2 })
      else {
        await workOn(seen.id, randomUUID(), new AbortController().signal)
        assert.deepEqual(await tally(carl), { TEA: 1 })
      }
      await apply(carl)
      assert.containSubset(await onHand(), { TEA: (round + 1) * 2 })
    }
  })

  test('that is somebody else’s, empty, or discarded is not applied', async ({ assert }) => {
    await scan(carl, 'TEA')
    const seen = (await findReceipt(carl))!
    await assert.rejects(() => applyReceipt(somebody(), seen), /No such receipt/)
    await discardReceipt(carl, seen)
    await discardReceipt(carl, seen)
    await assert.rejects(() => applyReceipt(carl, seen), /The receipt is discarded/)
    assert.isNull(await tally(carl))
    await scan(carl, 'NOTHING')
    const empty = (await findReceipt(carl))!
    await assert.rejects(() => applyReceipt(carl, empty), /The receipt is empty/)
    assert.containSubset(await onHand(), { TEA: 0 })
  })
})
