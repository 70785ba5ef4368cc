import db from '@adonisjs/lucid/services/db'
import { getActiveTestOrFail, test } from '@japa/runner'
import { lockReservations } from '#inventory/reservations/reservation_rows'
import { lockStock } from '#inventory/ledger/ledger'
import { runInOrder } from '#postgres/run'
import { held } from '#tests/support/reservations'
import { eventually } from '#tests/support/eventually'
import { emptyShop, product } from '#tests/support/shop'
import { somebodyWaits } from '#tests/support/connections/locks'

const inventory = () => db.connection('inventory')

/** Two transactions that end with the test, however it ends. */
async function twoTransactions() {
  const both = [await inventory().transaction(), await inventory().transaction()]
  getActiveTestOrFail().cleanup(async () => {
    for (const trx of both) if (!trx.isCompleted) await trx.rollback()
  })
  return both
}

test.group('Heads', (group) => {
  group.setup(emptyShop)

  test('are locked in the order of their ids, so that overlapping batches do not deadlock', async ({
    assert,
  }) => {
    await product('MUG', 5)
    const [first, second] = [await held('MUG', 1), await held('MUG', 1)].sort()
    const [one, other] = await twoTransactions()
    // An index would happen to give the rows in that order.
    for (const plan of ['indexscan', 'bitmapscan']) {
      await other.rawQuery(`set local enable_${plan} = off`)
    }
    const lockHeads = async (trx: typeof one, ids: string[]) => {
      const [heads] = await runInOrder(trx, lockReservations(ids, [])[0])
      return heads.map(({ order_id: id }) => id)
    }
    await lockHeads(one, [first])
    const both = lockHeads(other, [second, first])
    await eventually('the other waits', somebodyWaits)
    await lockHeads(one, [second])
    await one.commit()
    assert.deepEqual(await both, [first, second])
  })
})

test.group('Balances', (group) => {
  group.setup(async () => {
    await emptyShop()
    // The order of their rows is not that of their names.
    for (const sku of ['ZEBRA', 'APPLE']) await product(sku, 5)
  })

  test('are locked in the order of their SKUs, so that overlapping orders do not deadlock', async ({
    assert,
  }) => {
    const [one, other] = await twoTransactions()
    // An index would happen to give the rows in that order.
    for (const plan of ['indexscan', 'bitmapscan']) {
      await other.rawQuery(`set local enable_${plan} = off`)
    }
    await lockStock(one, ['APPLE'])
    const both = lockStock(other, ['ZEBRA', 'APPLE'])
    await eventually('the other waits', somebodyWaits)
    await lockStock(one, ['ZEBRA'])
    await one.commit()
    assert.sameMembers([...(await both).keys()], ['APPLE', 'ZEBRA'])
  })
})
