import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { directConnection } from '#config/database'
import { mailDir } from '#config/mail'
import { reconcile } from '#inventory/stock/reconcile'
import messaging from '#messaging/service'
import { eventually } from '#tests/support/eventually'
import {
  emptyShop,
  person,
  post,
  product,
  withoutCustomerLimits,
  type Person,
} from '#tests/support/shop'
import { transports } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'

for (const [name, makeTransport] of transports) {
  test.group(`An order on ${name}`, (group) => {
    let customer: Person

    group.setup(async () => {
      await emptyShop()
      return startWorkers(makeTransport())
    })
    group.each.setup(async () => {
      customer = await person('customer', 'Ada')
    })

    test('of two SKUs is confirmed, reserved and mailed', async ({ client, assert }) => {
      await product('CUP', 10, 700)
      await product('SAUCER', 4, 300)
      await waitUntilIdle()

      const placed = await post(client, customer, {
        reference: 'PO-7',
        lines: [
          { sku: 'CUP', quantity: 2 },
          { sku: 'SAUCER', quantity: 4 },
        ],
      })
      placed.assertStatus(202)
      assert.equal(placed.body().status, 'pending')
      await waitUntilIdle()

      const order = await client.get(placed.header('location')!).bearerToken(customer.token)
      assert.containSubset(order.body(), {
        status: 'confirmed',
        revision: 1,
        heldRevision: 1,
        shortages: [],
      })
      assert.equal(order.header('etag'), '"2"')
      assert.deepEqual(await balance('CUP'), { on_hand: 10, reserved: 2 })
      assert.deepEqual(await balance('SAUCER'), { on_hand: 4, reserved: 4 })

      const [mail] = await mailsOf(placed.body().id)
      assert.include(mail.subject, 'is confirmed')
      assert.include(mail.text, '2 x Product CUP (CUP) at €7.00 = €14.00')
      assert.include(mail.text, 'Total: €26.00')
      assert.include(mail.text, `Order ${placed.body().number}, your reference PO-7`)
      assert.include(mail.html, `Order ${placed.body().number}, your reference PO-7`)
      assert.notMatch(mail.html + mail.text, /@(if|each|end|include)|{{|undefined|null/)
      assert.equal(mail.to, customer.email)
    })

    test('beyond the stock is rejected with its shortages, reserves nothing, and its customer gets a mail', async ({
      client,
      assert,
    }) => {
      await product('LAMP', 3)
      await product('SHADE', 10)
      await waitUntilIdle()

      const placed = await post(client, customer, {
        lines: [
          { sku: 'SHADE', quantity: 2 },
          { sku: 'LAMP', quantity: 5 },
        ],
      })
      await waitUntilIdle()

      const order = await client.get(placed.header('location')!).bearerToken(customer.token)
      assert.containSubset(order.body(), { status: 'rejected', heldRevision: null })
      assert.deepEqual(order.body().shortages, [{ sku: 'LAMP', requested: 5, available: 3 }])
      assert.deepEqual(await balance('LAMP'), { on_hand: 3, reserved: 0 })
      assert.deepEqual(await balance('SHADE'), { on_hand: 10, reserved: 0 })
      const [mail] = await mailsOf(placed.body().id)
      assert.include(mail.text, 'Product LAMP (LAMP): requested 5, available 3')
      assert.notMatch(mail.html + mail.text, /@(if|each|end|include)|{{|undefined|null/)
    })

    test('shows its steps to accounts that may read it', async ({ client, assert }) => {
      await product('VASE', 1)
      await waitUntilIdle()
      const placed = await post(client, customer, { lines: [{ sku: 'VASE', quantity: 1 }] })
      await waitUntilIdle()
      const timeline = await client
        .get(`${placed.header('location')}/timeline`)
        .bearerToken(customer.token)
      assert.deepEqual(
        timeline
          .body()
          .data.map((step: { sequence: number; type: string; actor: { kind: string } }) => [
            step.sequence,
            step.type,
            step.actor.kind,
          ]),
        [
          [1, 'placed', 'customer'],
          [2, 'confirmed', 'system'],
        ]
      )
    })

    test('never oversells: a hundred at the same time for the last sixty pieces', async ({
      client,
      assert,
      cleanup,
    }) => {
      cleanup(withoutCustomerLimits())
      await product('LAST', 60)
      await waitUntilIdle()
      const answers = await Promise.all(
        Array.from({ length: 100 }, () =>
          accepted(client, customer, { lines: [{ sku: 'LAST', quantity: 1 }] })
        )
      )
      await waitUntilIdle()
      const statuses = await db
        .connection('orders')
        .from('orders')
        .whereIn(
          'id',
          answers.map((answer) => answer.body().id)
        )
        .groupBy('status')
        .select('status')
        .count('* as n')
      assert.sameDeepMembers(statuses, [
        { status: 'confirmed', n: 60 },
        { status: 'rejected', n: 40 },
      ])
      assert.deepEqual(await balance('LAST'), { on_hand: 60, reserved: 60 })
    })

    test('leaves every proof clean', async ({ assert }) => {
      await waitUntilIdle()
      assert.deepEqual((await reconcile(directConnection('inventory'))).differences, [])
      assert.deepEqual((await messaging.verify(0)).findings, [])
    })
  })
}

async function balance(sku: string) {
  return db
    .connection('inventory')
    .from('stock_items')
    .where('sku', sku)
    .select('on_hand', 'reserved')
    .firstOrFail()
}

async function mailsOf(orderId: string) {
  const notifications = await db
    .connection('orders')
    .from('notifications')
    .where('order_id', orderId)
    .where('status', 'sent')
    .orderBy('id')
  return Promise.all(
    notifications.map(async ({ id }) =>
      JSON.parse(await readFile(join(mailDir, `${id}.json`), 'utf8'))
    )
  )
}

/** Sends an order under one key until it is accepted: a busy process rejects some for a second. */
async function accepted(client: ApiClient, by: Person, body: object) {
  const key = randomUUID()
  return eventually('the order is accepted', async () => {
    const response = await post(client, by, body, key)
    if (![429, 503].includes(response.status())) response.assertStatus(202)
    return response.status() === 202 && response
  })
}
