/*
 * No page asks the database once for each row that it shows.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import type { SignedIn } from '#contracts/actor'
import { countScan } from '#inventory/receipts/count_scan'
import { readCode } from '#inventory/receipts/read_code'
import { recordAction } from '#messaging/recovery/operator_actions'
import { PlainDesk, plainDeskOf } from '#tests/support/desk'
import { runImport, upload } from '#tests/support/stock_imports'
import { blockedOrders } from '#tests/messaging/support/dead_letter_samples'
import { emptyShop, handleReply, person, priced, product, type Person } from '#tests/support/shop'
import { statementsOf } from '#tests/support/connections/statements'
import { held } from '#tests/support/reservations'

const inventory = () => db.connection('inventory')

/** What each page shows, and that page; `{}` stands for what only the shop knows. */
const PAGES: Record<string, string> = {
  'the cards of today': '/admin',
  'products': '/admin/stock',
  'products by name': '/admin/stock?sort=name',
  'products by balance': '/admin/stock?sort=-available',
  'products that are low': '/admin/stock?level=low',
  'products found': '/admin/stock?q=cup',
  'movements': '/admin/stock/movements',
  'movements of a product': '/admin/stock/MUG',
  'barcodes of a product': '/admin/stock/MUG/edit',
  'imports': '/admin/stock/imports',
  'rows of an import': '/admin/stock/imports/{import}',
  'scans': '/admin/stock/receive',
  'lines of a receipt': '/admin/stock/receive/review',
  'products for a code': '/admin/stock/receive/codes?code=UNKNOWN-0&q=cup',
  'orders': '/admin/orders',
  'orders found': '/admin/orders?q=cup',
  'lines of an order': '/admin/orders/{order}',
  'orders to fulfil': '/admin/orders/fulfilment?{orders}',
  'slips': '/admin/orders/slips?{orders}',
  'people': '/admin/people',
  'sessions of a person': '/admin/people/{clerk}',
  'sessions': '/admin/account',
  'acts of the staff': '/admin/audit',
  'dead letters by cause': '/admin/operations',
  'dead letters': '/admin/operations/letters?module=inventory',
  'dead letters to discard': '/admin/operations/letters/discard?module=inventory',
  'operator actions': '/admin/operations/record',
}

test.group('Each page of the back office', (group) => {
  let few: Map<string, string[]>
  let many: Map<string, string[]>

  group.setup(async () => {
    few = await statementsOfPages(1)
    many = await statementsOfPages(20)
  })

  for (const shown of Object.keys(PAGES)) {
    test(`runs as many statements with twenty rows as with one: ${shown}`, ({ assert }) => {
      assert.isNotEmpty(few.get(shown)!)
      assert.lengthOf(many.get(shown)!, few.get(shown)!.length, many.get(shown)!.join('\n'))
    })
  }
})

/** The statements of each page by what it shows, in a shop with so many rows of everything. */
async function statementsOfPages(rows: number): Promise<Map<string, string[]>> {
  await emptyShop()
  const admin = await person('admin', 'Ada')
  const desk = await plainDeskOf(admin)
  const known = {
    ...(await fillStock(rows, admin, desk)),
    ...(await fillOrders(rows, admin)),
    ...(await fillPeople(rows)),
  }
  const all = new Map<string, string[]>()
  for (const [shown, path] of Object.entries(PAGES)) {
    const address = path.replace(/\{(\w+)\}/, (_, name: keyof typeof known) => known[name])
    const open = async () => {
      const { status } = await desk.open(address)
      if (status !== 200) throw new Error(`${address} is answered ${status}`)
    }
    all.set(shown, await statementsOf(open))
  }
  return all
}

const numbers = (rows: number) => Array.from({ length: rows }, (_, n) => n)

async function fillStock(rows: number, admin: Person, desk: PlainDesk) {
  await product('MUG', 1_000)
  await blockedOrders(...numbers(rows).map(() => uuidv7()))
  const cups = numbers(rows).map((n) => `CUP-${n}`)
  let last = ''
  for (const [n, sku] of cups.entries()) {
    await product(sku, 3)
    await held('MUG', 1)
    await inventory()
      .table('barcodes')
      .insert({ sku: 'MUG', barcode: `96385${100 + n}` })
    await desk.send('/admin/stock/MUG/restocks', { quantity: '1' })
    await recordAction(inventory(), 'unpark', { who: 'Olga', why: null }, { n })
    const lines = cups.map((cup) => `${cup},${n + 4}`)
    const { body } = await upload(admin, ['sku,on_hand', ...lines].join('\n'))
    await runImport((last = body.id))
    const by: SignedIn = { id: admin.id, role: 'admin', email: admin.email, name: 'Ada' }
    for (const code of [sku, `UNKNOWN-${n}`]) {
      await countScan(by, { key: randomUUID(), ...readCode(code) })
    }
  }
  await inventory().from('stock_items').whereNot('sku', 'MUG').update({ low_stock_at: 5 })
  return { import: last }
}

async function fillOrders(rows: number, admin: Person) {
  const skus = numbers(rows).map((n) => `CUP-${n}`)
  for (const sku of skus) await priced(sku)
  const lines = skus.map((sku) => ({ sku, quantity: 1 }))
  const ids: string[] = []
  for (let n = 0; n < rows; n++) {
    const { id } = await place(admin, lines)
    await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
    ids.push(id)
  }
  const orders = new URLSearchParams(
    ids.map((id): [string, string] => ['orders[]', `${id}:1`])
  ).toString()
  return { order: ids[0], orders }
}

async function place(by: Person, lines: object[]): Promise<{ id: string }> {
  const answer = await fetch(`http://${process.env.HOST}:${process.env.PORT}/api/v1/orders`, {
    method: 'POST',
    headers: {
      'authorization': `Bearer ${by.token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ lines }),
  })
  return (await answer.json()) as { id: string }
}

async function fillPeople(rows: number) {
  const clerk = await person('clerk', 'Carl')
  for (let n = 0; n < rows; n++) {
    await person('clerk', `Colleague ${n}`)
    await new PlainDesk(`192.0.2.${n + 2}`).signIn(clerk)
  }
  return { clerk: clerk.id }
}
