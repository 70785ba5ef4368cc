/*
 * Which counts are later than a movement, although clocks differ and although release 0.1.0 wrote no movement
 * for some of them.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { SYSTEM } from '#contracts/actor'
import { countStock } from '#inventory/stock/count_stock'
import { restock } from '#inventory/stock/restock'
import { reverseMovement } from '#inventory/stock/reverse_movement'
import { apply, dryRun, onHand, rowsOf, undo } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'
import { held } from '#tests/support/reservations'

const inventory = () => db.connection('inventory')

const received = (sku: string, quantity: number) =>
  inventory().transaction((trx) => restock(trx, { sku, quantity }, SYSTEM))

const counted = (sku: string, pieces: number, expectedOnHand: number) =>
  inventory().transaction((trx) =>
    countStock(trx, { sku, counted: pieces, expectedOnHand }, SYSTEM)
  )

const undone = (id: string) => inventory().transaction((trx) => reverseMovement(trx, id, SYSTEM))

/** As a process whose clock is 30 seconds fast does it. */
async function byFastClock<T>(act: () => Promise<T>): Promise<T> {
  const { now } = Date
  Date.now = () => now() + 30_000
  try {
    return await act()
  } finally {
    Date.now = now
  }
}

test.group('A count by a slower clock', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG', 37)
  })

  test('is later than the restock before it, whose undo it refuses', async ({ assert }) => {
    const { id } = await byFastClock(() => received('MUG', 10))
    await counted('MUG', 47, 47)
    await assert.rejects(() => undone(id), /counted 47 of MUG/)
    assert.deepEqual(await onHand(), { MUG: 47 })
  })

  test('is later than the last movement that release 0.1.0 wrote', async ({ assert }) => {
    const { id } = await byFastClock(() => received('MUG', 10))
    await inventory().from('stock_items').update({ last_movement_id: null })
    await counted('MUG', 47, 47)
    await assert.rejects(() => undone(id), /counted 47 of MUG/)
  })

  test('is later than the import before it, whose row stays', async ({ client, assert }) => {
    const dry = await dryRun(client, clerk, 'sku,received\nMUG,10\n')
    await byFastClock(() => apply(client, clerk, dry.id))
    await counted('MUG', 47, 47)
    await undo(client, clerk, dry.id)
    const [row] = await rowsOf(client, clerk, dry.id, '?state=stays')
    assert.equal(row.errors[0].code, 'counted_since')
  })

  test('leaves the ledger of its SKU in the order in which things happened', async ({ assert }) => {
    await byFastClock(() => received('MUG', 10))
    await held('MUG', 2)
    await counted('MUG', 40, 47)
    await product('TEA', 5)
    await received('MUG', 1)
    const rows = await inventory().from('movements').where('sku', 'MUG').orderBy('id')
    assert.deepEqual(
      rows.map(({ kind, on_hand: is }) => [kind, is]),
      [
        ['restock', 37],
        ['restock', 47],
        ['reserve', 47],
        ['count', 40],
        ['restock', 41],
      ]
    )
    const tea = await inventory().from('movements').where('sku', 'TEA').firstOrFail()
    assert.isBelow(tea.id.localeCompare(rows[1].id), 0, 'only the SKU itself is ahead')
  })
})

test.group('A count that an import of release 0.1.0 found as in the books', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    await product('MUG', 37)
  })

  /** Applied as that release did it: without a movement. */
  async function appliedByOldRelease(id: string) {
    const applied = { status: 'applied', applied_at: new Date() }
    await inventory().from('stock_imports').where({ id }).update(applied)
    const row = { import_id: id }
    await inventory().from('stock_import_rows').where(row).update({ state: 'applied' })
  }

  test('refuses the undo of what came before it, until its import is undone', async ({
    client,
    assert,
  }) => {
    const { id } = await received('MUG', 10)
    const dry = await dryRun(client, clerk, 'sku,counted\nMUG,47\n')
    await appliedByOldRelease(dry.id)
    const later = await received('MUG', 5)

    const refused = await client
      .post(`/api/v1/stock/movements/${id}/reversal`)
      .bearerToken(clerk.token)
      .header('idempotency-key', randomUUID())
    refused.assertStatus(409)
    assert.containSubset(refused.body(), {
      code: 'counted_since',
      count: { id: null, sku: 'MUG', counted: 47, importId: dry.id, actor: { name: 'Grace' } },
    })
    assert.include(refused.body().detail, 'Grace counted 47 of MUG at 20')

    await undone(later.id)
    const { status } = await undo(client, clerk, dry.id)
    assert.equal(status, 'reversed')
    await undone(id)
    assert.deepEqual(await onHand(), { MUG: 37 })
  })
})
