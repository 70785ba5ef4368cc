/*
 * The revision protocol at inventory's door: targets as orders says them, also those that have no
 * endpoint yet.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { directConnection } from '#config/database'
import type { Line } from '#contracts/messages/fields'
import {
  orderCancelled,
  orderFulfilled,
  orderPlaced,
  orderRevised,
} from '#contracts/messages/orders'
import { reconcile } from '#inventory/stock/reconcile'
import type { Message } from '#messaging/message/message'
import { outbox } from '#messaging/outbox/outbox'
import { emptyShop, product } from '#tests/support/shop'
import { transports } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'

for (const [name, makeTransport] of transports) {
  test.group(`A target over ${name}`, (group) => {
    group.setup(async () => {
      await emptyShop()
      return startWorkers(makeTransport())
    })

    test('changes the reservation by the difference, and names the held revision', async ({
      assert,
    }) => {
      const [order, cup, plate] = [uuidv7(), sku('CUP'), sku('PLATE')]
      await product(cup, 10)
      await product(plate, 5)
      await say(placed(order, [line(cup, 2)]))
      await say(revised(order, 2, [line(cup, 5), line(plate, 1)]))
      assert.deepEqual(await answers(order), [
        ['stock_reserved', { revision: 1, heldRevision: 1 }],
        ['stock_reserved', { revision: 2, heldRevision: 2 }],
      ])
      assert.deepEqual(await movements(order), [
        [cup, 'reserve', 0, 2],
        [cup, 'reserve', 0, 3],
        [plate, 'reserve', 0, 1],
      ])
      assert.deepEqual(await balance(cup), [10, 5])
    })

    test('beyond the stock changes nothing', async ({ assert }) => {
      const [order, cup, plate] = [uuidv7(), sku('CUP'), sku('PLATE')]
      await product(cup, 10)
      await product(plate, 1)
      await say(placed(order, [line(cup, 2)]))
      await say(revised(order, 2, [line(cup, 4)]))
      await say(revised(order, 3, [line(cup, 4), line(plate, 2)]))
      assert.deepEqual((await answers(order)).at(-1), [
        'stock_rejected',
        {
          revision: 3,
          heldRevision: 2,
          shortages: [{ sku: plate, requested: 2, available: 1 }],
        },
      ])
      assert.deepEqual(await balance(cup), [10, 4])
      assert.deepEqual(await balance(plate), [1, 0])
    })

    test('counts the order’s own pieces as available, and sums two lines of one SKU', async ({
      assert,
    }) => {
      const [order, cup] = [uuidv7(), sku('CUP')]
      await product(cup, 10)
      await say(placed(order, [line(cup, 6)]))
      await say(revised(order, 2, [line(cup, 6), line(cup, 5)]))
      assert.deepEqual((await answers(order)).at(-1), [
        'stock_rejected',
        { revision: 2, heldRevision: 1, shortages: [{ sku: cup, requested: 11, available: 10 }] },
      ])
    })

    test('older than the last one changes nothing and gets no reply', async ({ assert }) => {
      const [order, cup] = [uuidv7(), sku('CUP')]
      await product(cup, 10)
      await say(placed(order, [line(cup, 1)]))
      await say(revised(order, 3, [line(cup, 3)]))
      await say(revised(order, 2, [line(cup, 9)]))
      assert.deepEqual(await answers(order), [
        ['stock_reserved', { revision: 1, heldRevision: 1 }],
        ['stock_reserved', { revision: 3, heldRevision: 3 }],
      ])
      assert.deepEqual(await balance(cup), [10, 3])
    })

    test('sent again gets the stored outcome as reply and changes nothing', async ({ assert }) => {
      const [order, cup] = [uuidv7(), sku('CUP')]
      await product(cup, 2)
      await say(placed(order, [line(cup, 3)]))
      await say(placed(order, [line(cup, 3)]))
      const shortages = [{ sku: cup, requested: 3, available: 2 }]
      assert.deepEqual(await answers(order), [
        ['stock_rejected', { revision: 1, heldRevision: null, shortages }],
        ['stock_rejected', { revision: 1, heldRevision: null, shortages }],
      ])
    })

    test('with the same message id has one effect and one reply', async ({ assert }) => {
      const [order, cup] = [uuidv7(), sku('CUP')]
      await product(cup, 5)
      const message = placed(order, [line(cup, 1)])
      await say(message)
      await say(message, message)
      assert.lengthOf(await answers(order), 1)
      assert.deepEqual(await balance(cup), [5, 1])
    })

    test('without lines releases everything, and gets a reply even if nothing was held', async ({
      assert,
    }) => {
      const [order, other, cup] = [uuidv7(), uuidv7(), sku('CUP')]
      await product(cup, 5)
      await say(placed(order, [line(cup, 4)]))
      await say(cancelled(order, 2), cancelled(other, 2))
      assert.deepEqual((await answers(order)).at(-1), [
        'stock_released',
        { revision: 2, heldRevision: null },
      ])
      assert.deepEqual(await answers(other), [
        ['stock_released', { revision: 2, heldRevision: null }],
      ])
      assert.deepEqual(await balance(cup), [5, 0])
    })

    test('of a fulfilment deducts the held pieces', async ({ assert }) => {
      const [order, cup] = [uuidv7(), sku('CUP')]
      await product(cup, 5)
      await say(placed(order, [line(cup, 4)]))
      await say(orderFulfilled.about(order, { revision: 2, lines: [], deduct: true }))
      assert.deepEqual((await answers(order)).at(-1), [
        'stock_deducted',
        { revision: 2, heldRevision: null },
      ])
      assert.deepEqual((await movements(order)).at(-1), [cup, 'deduct', -4, -4])
      assert.deepEqual(await balance(cup), [1, 0])
    })

    test('for an unknown SKU is refused with none available', async ({ assert }) => {
      const [order, ghost] = [uuidv7(), sku('GHOST')]
      await say(placed(order, [line(ghost, 1)]))
      assert.deepEqual(await answers(order), [
        [
          'stock_rejected',
          {
            revision: 1,
            heldRevision: null,
            shortages: [{ sku: ghost, requested: 1, available: 0 }],
          },
        ],
      ])
    })

    test('in one batch with others of its order and SKU has the same result as one after the other', async ({
      assert,
    }) => {
      const [first, second, cup] = [uuidv7(), uuidv7(), sku('CUP')]
      await product(cup, 10)
      await say(
        placed(first, [line(cup, 8)]),
        placed(second, [line(cup, 5)]),
        revised(first, 2, [line(cup, 3)]),
        revised(second, 2, [line(cup, 7)]),
        cancelled(first, 3),
        revised(second, 3, [line(cup, 10)])
      )
      const [last] = (await answers(second)).slice(-1)
      assert.equal(last[1].revision, 3)
      const held = last[1].heldRevision
      assert.deepEqual(await balance(cup), [10, held === 3 ? 10 : held === 2 ? 7 : 0])
    })

    test('leaves balances equal to the sums of ledger and reservations', async ({ assert }) => {
      assert.deepEqual((await reconcile(directConnection('inventory'))).differences, [])
    })
  })
}

let serial = 0

function sku(name: string) {
  return `${name}-${++serial}`
}

function line(of: string, quantity: number): Line {
  return { sku: of, quantity }
}

function placed(order: string, lines: Line[]) {
  return orderPlaced.about(order, { revision: 1, lines })
}

function revised(order: string, revision: number, lines: Line[]) {
  return orderRevised.about(order, { revision, lines })
}

function cancelled(order: string, revision: number) {
  return orderCancelled.about(order, { revision, lines: [], reason: null })
}

/** Says it on the topic of orders, and waits until inventory has handled it. */
async function say(...messages: Message<unknown>[]) {
  await db.connection('orders').transaction((trx) => outbox.add(trx, messages))
  await waitUntilIdle()
}

async function answers(order: string): Promise<[string, Record<string, unknown>][]> {
  const rows = await db.connection('inventory').from('outbox').where('key', order).orderBy('id')
  return rows.map((row) => [row.type, row.data])
}

async function movements(order: string) {
  const rows = await db
    .connection('inventory')
    .from('movements')
    .where('order_id', order)
    .orderBy('id')
  return rows.map((row) => [row.sku, row.kind, row.on_hand_delta, row.reserved_delta])
}

async function balance(of: string) {
  const item = await db.connection('inventory').from('stock_items').where('sku', of).firstOrFail()
  return [item.on_hand, item.reserved]
}
