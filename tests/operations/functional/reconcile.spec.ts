import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { operatorAccess } from '#accounts/operator_access'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { reconcileOperations } from '#operations/reconcile/reconcile'
import { RenewedToken } from '#operations/reconcile/renewed_token'
import { emptyShop, person, post, product } from '#tests/support/shop'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'

const inventory = () => db.connection('inventory')

test.group('The proof that orders and inventory agree', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    return startWorkers(new EmbeddedTransport())
  })

  test('finds every difference with two orders in memory at a time', async ({ client, assert }) => {
    await product('MUG', 100)
    // Orders must know the price.
    await waitUntilIdle()
    const ada = await person('customer')
    const ids: string[] = []
    for (let n = 0; n < 7; n++) {
      const placed = await post(client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] })
      ids.push(placed.body().id)
    }
    await waitUntilIdle()
    const released = [ids[0], ids[3], ids[4], ids[6]]
    await inventory()
      .from('reservation_heads')
      .whereIn('order_id', released)
      .update({ held_revision: null })
    const between = ids[2].replace(/.$/, (digit) => (digit === 'f' ? 'e' : 'f'))
    const unknown = [
      '00000000-0000-7000-8000-000000000001',
      between,
      'ffffffff-ffff-7fff-bfff-ffffffffffff',
    ]
    await inventory()
      .table('reservation_heads')
      .multiInsert(unknown.map((id) => ({ order_id: id, revision: 1, held_revision: 1 })))

    const url = `http://${process.env.HOST}:${process.env.PORT}`
    const { token } = await person('operator')
    const found = await reconcileOperations({
      ...{ ordersUrl: url, inventoryUrl: url, token: async () => token, range: 2 },
    })
    assert.equal(found.compared, 7)
    assert.sameMembers(
      found.disagreements.map(({ orderId }) => orderId),
      [...released, ...unknown]
    )
    const statuses = found.disagreements.filter(({ status }) => status === 'confirmed')
    assert.lengthOf(statuses, released.length)
  })

  test('renews its token while it works, and leaves no account behind', async ({ assert }) => {
    const accounts = () =>
      db.connection('accounts').from('accounts').whereLike('email', 'operations-%')
    const renewed = new RenewedToken(operatorAccess, 0)
    const first = await renewed.current()
    const second = await renewed.current()
    assert.notEqual(second, first)
    assert.lengthOf(await accounts(), 1)
    await renewed.revoke()
    assert.lengthOf(await accounts(), 0)

    const lasting = new RenewedToken(operatorAccess)
    assert.equal(await lasting.current(), await lasting.current())
    await lasting.revoke()
  })
})
