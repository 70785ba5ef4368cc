/*
 * Goods that are booked a second time: the same file, receipt or delivery note.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { test } from '@japa/runner'
import { importFile, summary } from '#inventory/commands/import_file'
import { startApplication } from '#inventory/imports/import_transitions'
import { earlierBooking } from '#inventory/ledger/bookings'
import { countScan } from '#inventory/receipts/count_scan'
import { findReceipt } from '#inventory/receipts/find_receipt'
import { setReference } from '#inventory/receipts/set_reference'
import { somebodyWaits } from '#tests/support/connections/locks'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { eventually } from '#tests/support/eventually'
import {
  apply,
  dryRun,
  onHand,
  readImport,
  requestImport,
  runImport,
  undo,
  upload,
} from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const inventory = () => db.connection('inventory')
const FILE = 'sku,received\nMUG,3\n'

test.group('Goods that were booked before', (group) => {
  let grace: Person
  let carl: Person
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 10)
    await product('TEA', 10)
    grace = await person('clerk', 'Grace')
    carl = await person('clerk', 'Carl')
    desk = await plainDeskOf(carl)
  })

  const page = (id: string) => `/admin/stock/imports/${id}`
  const applyOnPage = (id: string, fields: Record<string, string> = {}) =>
    desk.send(`${page(id)}/application`, fields, page(id))
  const status = async (id: string) =>
    (await inventory().from('stock_imports').where({ id }).first()).status

  test('in the same bytes are named by the dry run, whatever the file is called', async ({
    client,
    assert,
  }) => {
    const first = await dryRun(client, grace, FILE)
    assert.isNull(first.alreadyBooked)
    const { appliedAt } = await apply(client, grace, first.id)
    const named = { 'content-disposition': 'attachment; filename="copy.csv"' }
    const again = await upload(carl, FILE, named)
    assert.containSubset(again.body.alreadyBooked, { by: { name: 'Grace' }, importId: first.id })
    assert.isAtMost(Date.parse(again.body.alreadyBooked.at), Date.parse(appliedAt))
    await runImport(again.body.id)
    const { text } = await desk.open(page(again.body.id))
    assert.match(text, /This file was applied before, by Grace,/)
    assert.include(text, `href="${page(first.id)}"`)
    const other = await dryRun(client, carl, `${FILE}TEA,1\n`)
    assert.isNull(other.alreadyBooked)
    const list = await client.get('/api/v1/stock/imports').bearerToken(carl.token)
    assert.deepEqual(
      list.body().data.map((one: any) => one.alreadyBooked?.importId ?? null),
      [null, first.id, null]
    )
  })

  test('are applied again from the page only when that is confirmed', async ({
    client,
    assert,
  }) => {
    const first = await dryRun(client, grace, FILE)
    await apply(client, grace, first.id)
    const { id } = await dryRun(client, carl, FILE)
    await applyOnPage(id)
    assert.equal(await status(id), 'ready')
    assert.include((await desk.open(page(id))).text, 'This file was applied before, by Grace.')
    await applyOnPage(id, { again: randomUUID() })
    assert.equal(await status(id), 'ready')
    await applyOnPage(id, { again: first.id })
    await runImport(id)
    assert.equal((await onHand()).MUG, 16)
    assert.match((await desk.open(page(id))).text, /This file was applied before, by Grace,/)
    assert.isNull((await readImport(client, carl, first.id)).alreadyBooked)
  })

  test('are applied again over REST without a question', async ({ client, assert }) => {
    const first = await dryRun(client, grace, FILE)
    await apply(client, grace, first.id)
    const { id } = await dryRun(client, carl, FILE)
    const response = await requestImport(client, carl, id)
    response.assertStatus(202)
    assert.equal(response.body().alreadyBooked.importId, first.id)
  })

  test('and undone are new goods', async ({ client, assert }) => {
    const first = await dryRun(client, grace, FILE)
    await apply(client, grace, first.id)
    await undo(client, grace, first.id)
    const again = await dryRun(client, carl, FILE)
    assert.isNull(again.alreadyBooked)
    await applyOnPage(again.id)
    assert.notEqual(await status(again.id), 'ready')
  })

  test('by two people at the same moment are named to the second one', async ({
    client,
    assert,
  }) => {
    const [one, other] = [await dryRun(client, grace, FILE), await dryRun(client, carl, FILE)]
    const seen: (string | undefined)[] = []
    const start = (trx: TransactionClientContract, id: string) =>
      startApplication(trx, id, { check: (earlier) => void seen.push(earlier?.id) })
    const first = await inventory().transaction()
    await start(first, other.id)
    const second = inventory().transaction((trx) => start(trx, one.id))
    await Promise.race([second, eventually('the second one waits', somebodyWaits)])
    await first.commit()
    await second
    assert.deepEqual(seen, [undefined, other.id])
  })

  test('are named at the terminal', async ({ client, assert }) => {
    const first = await dryRun(client, grace, FILE)
    await apply(client, grace, first.id)
    async function* bytes() {
      yield Buffer.from(FILE)
    }
    const record = await importFile('/tmp/delivery.csv', bytes(), null, () => {})
    const lines = summary(record, await earlierBooking(inventory(), record), [])
    assert.match(
      lines.join('\n'),
      new RegExp(`applied before, by Grace, at \\S+, import ${first.id}`)
    )
  })

  test('by a receipt are named by their delivery note', async ({ client, assert }) => {
    const { id: fileId } = await dryRun(client, grace, FILE)
    await inventory().from('stock_imports').where({ id: fileId }).update({ reference: 'LS-17' })
    await apply(client, grace, fileId)
    const account = { ...carl, role: 'clerk' as const, name: 'Carl' }
    await countScan(account, { key: randomUUID(), code: 'MUG', quantity: 3 })
    await setReference(account, 'LS-17')
    const { text: review } = await desk.open('/admin/stock/receive/review')
    assert.match(review, /A delivery with this reference was booked before, by Grace,/)
    const submit = (form: Record<string, string>) =>
      desk.send('/admin/stock/receive/application', form, '/admin/stock/receive')
    const send = async (fields: Record<string, string> = {}) => {
      const { id, version } = (await findReceipt(account))!
      const form = { id, version: String(version), ...fields }
      await submit(form)
      return form
    }
    await send()
    assert.equal((await onHand()).MUG, 13)
    const form = await send({ again: fileId })
    assert.equal((await onHand()).MUG, 16)
    await submit(form)
    const { text } = await desk.open('/admin/stock/receive')
    assert.match(text, /had been booked before, by Carl, .*Nothing was booked twice/)
    assert.equal((await onHand()).MUG, 16)
  })

  test('by a restock are named by SKU and reference', async ({ client, assert }) => {
    const restock = async (sku: string) => {
      const response = await client
        .post(`/api/v1/stock/${sku}/restocks`)
        .bearerToken(grace.token)
        .header('idempotency-key', randomUUID())
        .json({ quantity: 2, reference: 'PO-1' })
      response.assertStatus(201)
      return response.body()
    }
    const first = await restock('MUG')
    assert.isNull(first.alreadyBooked)
    assert.isNull((await restock('TEA')).alreadyBooked)
    const second = await restock('MUG')
    assert.deepEqual(second.alreadyBooked, { at: first.at, by: first.actor, importId: null })

    const form = { quantity: '2000', reference: 'PO-1' }
    const send = (fields: object) =>
      desk.send('/admin/stock/MUG/restocks', { ...form, ...fields }, '/admin/stock/MUG')
    await send({ confirmed: '2000' })
    assert.equal((await onHand()).MUG, 14)
    const { text } = await desk.open('/admin/stock/MUG')
    assert.include(text, 'Already booked?')
    assert.match(text, /type="hidden" name="confirmed" value="2000"/)
    await send({ confirmed: '2000', again: second.id })
    assert.equal((await onHand()).MUG, 2_014)

    const selection = { 'quantity': '1', 'reference': 'PO-1', 'skus[]': 'TEA' }
    await desk.send('/admin/stock/restocks', selection, '/admin/stock')
    assert.equal((await onHand()).TEA, 12)
    assert.include((await desk.open('/admin/stock')).text, 'Yes, book it again')
  })
})
