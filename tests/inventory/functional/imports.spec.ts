import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { apply, dryRun, onHand, rowsOf, undo } from '#tests/imports'
import { emptyShop, person, product, type Person } from '#tests/shop'

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
    assert.containSubset(applied, { status: 'applied', counts: { applied: 3, refused: 0 } })
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
})
