/*
 * The same histories through the use cases, the consumers and PostgreSQL. No message is lost here: that is
 * the kernel's promise, so every order must come to rest without a sweep.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import fc from 'fast-check'
import { directConnection } from '#config/database'
import { reconcile } from '#inventory/stock/reconcile'
import messaging from '#messaging/service'
import { emptyShop } from '#tests/support/shop'
import { histories, settings } from '../history.ts'
import { ShopInDatabase } from '../shop_in_database.ts'
import { tell } from '../tell.ts'

test.group('The use cases', (group) => {
  group.setup(emptyShop)

  test('keep their promises in hundreds of random histories', async () => {
    const property = fc.asyncProperty(histories(40), (history) =>
      tell(history, ShopInDatabase.open)
    )
    await fc.assert(property, settings(200))
  })

  test('leave no message unhandled, and balances that add up', async ({ assert }) => {
    assert.deepEqual((await messaging.verify(0)).findings, [])
    assert.deepEqual((await reconcile(directConnection('inventory'))).differences, [])
  })

  test('pass through every step of an order’s life', async ({ assert }) => {
    const steps = await db.connection('orders').from('timeline_steps').distinct('type')
    assert.sameMembers(
      steps.map(({ type }) => type),
      [
        ...['placed', 'revised', 'confirmed', 'rejected', 'change_accepted', 'change_declined'],
        ...['cancelled', 'fulfilled', 'stock_released', 'stock_deducted', 'holding_moved'],
      ]
    )
  })
})
