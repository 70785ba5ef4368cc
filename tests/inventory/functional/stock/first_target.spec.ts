import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { orderPlaced, orderRevised } from '#contracts/messages/orders'
import { applyTargets } from '#inventory/reservations/apply_targets'
import { handleWithin } from '#messaging/inbox/subscription'
import messaging from '#messaging/service'
import { alive, deliveries } from '#tests/messaging/support/recording_consumer'
import { somebodyWaits } from '#tests/support/connections/locks'
import { eventually } from '#tests/support/eventually'
import { emptyShop, product } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

test.group('The first target of an order', (group) => {
  group.each.setup(emptyShop)

  test('is decided again when another process has inserted the head meanwhile', async ({
    assert,
  }) => {
    for (const sku of ['CUP', 'MUG']) await product(sku, 5)
    const id = randomUUID()
    const placed = orderPlaced.about(id, { revision: 1, lines: [{ sku: 'CUP', quantity: 2 }] })
    const revised = orderRevised.about(id, { revision: 2, lines: [{ sku: 'MUG', quantity: 3 }] })

    // Without a head to lock, both find a new order. They touch different SKUs, so neither waits before it writes.
    const other = await inventory().transaction()
    await handleWithin(other, applyTargets, [placed])
    const handled = messaging.consumer('inventory').handle(deliveries([revised]), alive)
    await eventually('the consumer waits for the head', somebodyWaits)
    await other.commit()
    await handled

    const held = await inventory().from('reservations').where('order_id', id)
    assert.deepEqual(
      held.map(({ sku, quantity }) => [sku, quantity]),
      [['MUG', 3]]
    )
    const reserved = await inventory().from('stock_items').select('sku', 'reserved').orderBy('sku')
    assert.deepEqual(reserved, [
      { sku: 'CUP', reserved: 0 },
      { sku: 'MUG', reserved: 3 },
    ])
    assert.isEmpty(await inventory().from('dead_letters'))
  })
})
