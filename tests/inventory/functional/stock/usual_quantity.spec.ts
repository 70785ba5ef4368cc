/*
 * Forms ask before they book far more than usual; the API books what it is sent.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { onHand } from '#tests/support/stock_imports'
import { emptyShop, person, product } from '#tests/support/shop'

const ITEM = '/admin/stock/MUG'

test.group('A form that changes stock', (group) => {
  let clerk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    clerk = await plainDeskOf(await person('clerk', 'Carl'))
    await product('MUG', 100)
  })

  const send = (path: string, fields: Record<string, string>) => clerk.send(path, fields, ITEM)
  const restock = (quantity: number, more: Record<string, string> = {}) =>
    send(`${ITEM}/restocks`, { quantity: String(quantity), ...more })

  /** What the page says after a form, and what is on hand. */
  async function after() {
    const { text } = await clerk.open(ITEM)
    const { MUG } = await onHand()
    return { asks: text.includes('Is this number right?'), text, MUG }
  }

  test('asks above 1,000 where fewer than five changes of its kind are known', async ({
    assert,
  }) => {
    await restock(1_000)
    assert.containSubset(await after(), { asks: false, MUG: 1_100 })
    await restock(1_001, { reference: 'LS-118902' })
    const { asks, text, MUG } = await after()
    assert.isTrue(asks)
    assert.equal(MUG, 1_100)
    assert.match(text, /MUG would change by 1.001 units. That is more than 1.000,/)
    assert.include(text, 'value="1001"')
    assert.include(text, 'value="LS-118902"', 'what was typed is kept')
  })

  test('asks above 20 times the median of the last changes of its kind', async ({ assert }) => {
    for (const quantity of [24, 24, 30, 12]) await restock(quantity)
    await restock(481)
    assert.containSubset(await after(), { asks: true, MUG: 190 })
    await restock(480)
    assert.containSubset(await after(), { asks: false, MUG: 670 })
  })

  test('does not learn from changes that were undone', async ({ assert }) => {
    for (let n = 0; n < 4; n++) await restock(24)
    for (let n = 0; n < 5; n++) await restock(900, { confirmed: '900' })
    const rows = await db
      .connection('inventory')
      .from('movements')
      .where({ on_hand_delta: 900 })
      .orderBy('id', 'desc')
    for (const { id } of rows) await send(`/admin/stock/movements/${id}/reversal`, {})
    await restock(900)
    assert.isTrue((await after()).asks)
  })

  for (const [form, fields, typed] of [
    ['adjustments', { delta: '-5000', reason: 'loss' }, '-5000'],
    ['adjustments', { delta: '5000', reason: 'correction' }, '5000'],
    ['counts', { counted: '100200', expectedOnHand: '6100' }, '100200'],
    ['counts', { counted: '0', expectedOnHand: '6100' }, '0'],
  ] as const) {
    test(`asks for ${typed} in ${form}, and books it when it is confirmed`, async ({ assert }) => {
      await restock(6_000, { confirmed: '6000' })
      await send(`${ITEM}/${form}`, fields)
      assert.containSubset(await after(), { asks: true, MUG: 6_100 })
      await send(`${ITEM}/${form}`, { ...fields, confirmed: '999' })
      assert.containSubset(await after(), { asks: true, MUG: 6_100 })
      await send(`${ITEM}/${form}`, { ...fields, confirmed: typed })
      const { asks, MUG } = await after()
      assert.isFalse(asks)
      assert.notEqual(MUG, 6_100)
    })
  }

  test('of a selection asks where it is unusual for one of them, and books none', async ({
    assert,
  }) => {
    await product('TEA', 10)
    for (let n = 0; n < 5; n++) await restock(2)
    const selected = { 'skus[0]': 'MUG', 'skus[1]': 'TEA', 'quantity': '500' }
    await clerk.send('/admin/stock/restocks', selected, '/admin/stock')
    const { text } = await clerk.open('/admin/stock')
    assert.include(text, 'MUG would change by 500 units')
    assert.deepEqual(await onHand(), { MUG: 110, TEA: 10 })
    await clerk.send('/admin/stock/restocks', { ...selected, confirmed: '500' }, '/admin/stock')
    assert.deepEqual(await onHand(), { MUG: 610, TEA: 510 })
  })

  test('that applies a receipt asks for all of its SKUs, names them, and books what is confirmed', async ({
    assert,
  }) => {
    await product('TEA', 10)
    await product('POT', 10)
    const scan = (code: string) =>
      clerk.send('/admin/stock/receive/scans', { code, _key: randomUUID() }, '/admin/stock/receive')
    const REVIEW = '/admin/stock/receive/review'
    const fieldOf = (text: string, name: string) =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1]
    /** Presses a button of the form as the page has it, without scripts. */
    async function press(confirmed: string | undefined) {
      const { text } = await clerk.open(REVIEW)
      const fields = { id: fieldOf(text, 'id')!, version: fieldOf(text, 'version')! }
      const more: Record<string, string> = confirmed === undefined ? {} : { confirmed }
      const { location } = await clerk.send(
        '/admin/stock/receive/application',
        { ...fields, ...more },
        REVIEW
      )
      return { location, text: (await clerk.open(location!)).text }
    }
    for (const code of ['MUG*100200', 'TEA*5000', 'POT*24']) await scan(code)

    const asked = await press(undefined)
    assert.equal(asked.location, REVIEW)
    assert.match(asked.text, /MUG would change by 100.200 units\. That is more than 1.000,/)
    assert.match(asked.text, /Also unusual: 5.000 of TEA\. Nothing has been saved/)
    const button = /<button name="confirmed" value="(\d+)">([^<]+)</.exec(asked.text)!
    assert.match(button[2], /^Yes, receive 100.200 of MUG, 5.000 of TEA$/)
    assert.deepEqual(await onHand(), { MUG: 100, POT: 10, TEA: 10 })

    await scan('POT')
    const again = await press(button[1])
    assert.equal(again.location, REVIEW, 'what was confirmed is no longer what is there')
    const version = /<button name="confirmed" value="(\d+)"/.exec(again.text)![1]
    const done = await press(version)
    assert.equal(done.location, '/admin/stock/receive')
    assert.deepEqual(await onHand(), { MUG: 100_300, POT: 35, TEA: 5_010 })
  })

  test('asks nobody who uses the API', async ({ client, assert }) => {
    const { token } = await person('clerk', 'Cleo')
    const answer = await client
      .post('/api/v1/stock/MUG/restocks')
      .bearerToken(token)
      .header('idempotency-key', randomUUID())
      .json({ quantity: 100_200 })
    answer.assertStatus(201)
    assert.deepEqual(await onHand(), { MUG: 100_300 })
  })

  test('on the receiving page takes a known code after MUG* for a scan, and a number for a number', async ({
    assert,
  }) => {
    await product('100200', 0)
    const scan = (code: string) =>
      clerk.send('/admin/stock/receive/scans', { code, _key: randomUUID() }, '/admin/stock/receive')
    await scan('MUG*100200')
    const { text } = await clerk.open('/admin/stock/receive')
    assert.include(text, '100200 after MUG* is itself a product code')
    assert.include(text, 'No items scanned')
    await scan('MUG*100')
    assert.include((await clerk.open('/admin/stock/receive')).text, '+100')
  })
})
