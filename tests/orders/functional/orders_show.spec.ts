import ace from '@adonisjs/core/services/ace'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import OrdersShow from '#orders/commands/orders_show'
import { cancel, emptyShop, handleReply, patch, person, post, priced } from '#tests/support/shop'

test.group('orders:show', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    ace.ui.switchMode('raw')
    return () => ace.ui.switchMode('normal')
  })

  test('shows the history of an order', async ({ client, assert }) => {
    const { id, number } = await longHistory(client)
    const history = await show(number)
    assert.equal(history.exitCode, 0)
    for (const words of [
      `${number} is cancelled`,
      'r1 (in force)  2 x MUG at €12.50',
      'revised → updating r2 by customer Ada  lines 9 x MUG',
      'change_declined → confirmed r2  mail change_declined, shortages MUG (4 of 9)',
      'cancelled → cancelled r3 by customer Ada  mail order_cancelled, reason too dear',
      'order_cancelled  NOT PUBLISHED YET',
      'order_confirmed r1  pending after 0 attempts',
    ]) {
      assert.include(history.printed, words)
    }
    assert.equal((await show(id)).printed, history.printed)
  })

  test('prints it as JSON', async ({ client, assert }) => {
    const { id, number } = await longHistory(client)
    const { printed } = await show(id, '--json')
    const history = JSON.parse(printed)
    assert.equal(history.order.number, number)
    assert.deepEqual(
      history.steps.map(({ type }: { type: string }) => type),
      ['placed', 'confirmed', 'revised', 'change_declined', 'cancelled']
    )
    assert.deepEqual(
      history.mails.map(({ kind }: { kind: string }) => kind),
      ['order_confirmed', 'change_declined', 'order_cancelled']
    )
    assert.lengthOf(history.revisions, 2)
    assert.lengthOf(history.messages, 5)
  })

  test('says so when there is no such order', async ({ assert }) => {
    for (const unknown of ['Q-1', 'shop-4711', '0199d3bf-11aa-7c31-9b77-5d2e8f4a6c01']) {
      const { exitCode, printed } = await show(unknown)
      assert.equal(exitCode, 5)
      assert.include(printed, `No order "${unknown}"`)
    }
  })
})

async function show(...args: string[]) {
  ace.ui.logger.flushLogs()
  const command = await ace.create(OrdersShow, args)
  await command.exec()
  const printed = command.logger.getLogs().map(({ message }) => message)
  command.logger.flushLogs()
  return { exitCode: command.exitCode, printed: printed.join('\n') }
}

/** An order that was confirmed, declined a change, and cancelled. */
async function longHistory(client: ApiClient): Promise<{ id: string; number: string }> {
  const ada = await person('customer', 'Ada')
  const placed = await post(client, ada, { lines: [{ sku: 'MUG', quantity: 2 }] })
  const { id, number } = placed.body()
  await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
  await patch(client, ada, id, '*', { lines: [{ sku: 'MUG', quantity: 9 }] })
  const shortages = [{ sku: 'MUG', requested: 9, available: 4 }]
  await handleReply(id, 'rejected', { revision: 2, heldRevision: 1, shortages })
  await cancel(client, ada, id, { reason: 'too dear' })
  return { id, number }
}
