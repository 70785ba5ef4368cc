import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { directConnection } from '#config/database'
import { mailDir } from '#config/mail'
import { putProduct } from '#inventory/products/put_product'
import { reconcile } from '#inventory/stock/reconcile'
import { reconcileOperations } from '#operations/reconcile/reconcile'
import messaging from '#messaging/service'
import {
  cancel,
  emptyShop,
  fulfil,
  patch,
  person,
  post,
  product,
  read,
  type Person,
} from '#tests/support/shop'
import { transports } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'

for (const [name, makeTransport] of transports) {
  test.group(`A change over ${name}`, (group) => {
    let ada: Person
    let clerk: Person

    group.setup(async () => {
      await emptyShop()
      return startWorkers(makeTransport())
    })
    group.each.setup(async () => {
      ada = await person('customer', 'Ada')
      clerk = await person('clerk', 'Carl')
    })

    test('to more pieces is accepted when stock is available, and the mail lists the changes', async ({
      client,
      assert,
    }) => {
      const [cup, plate] = await stocked([10, 5])
      const id = await confirmed(client, [line(cup, 2)])
      const changed = await patch(client, ada, id, '*', { lines: [line(cup, 5), line(plate, 1)] })
      changed.assertStatus(202)
      await waitUntilIdle()
      const order = (await read(client, ada, id)).body()
      assert.containSubset(order, { status: 'confirmed', revision: 2, heldRevision: 2 })
      assert.deepEqual(await balance(cup), [10, 5])
      assert.deepEqual(await balance(plate), [5, 1])
      const mail = await lastMail(id, 'has been changed')
      for (const text of [mail.text, mail.html]) {
        assert.include(text, `Product ${cup}: 5 instead of 2`)
        assert.include(text, `Product ${plate}: 1 added`)
        assert.include(text, '€60.00')
      }
    })

    test('to more pieces at another price reserves the sum, and both modules agree', async ({
      client,
      assert,
    }) => {
      const [cup] = await stocked([10])
      const id = await confirmed(client, [line(cup, 2)])
      await putProduct(cup, { name: 'Cup', price: { amount: 1_400, currency: 'EUR' } }, '*')
      await waitUntilIdle()
      for (const pieces of [5, 3]) {
        await patch(client, ada, id, '*', { lines: [line(cup, pieces)] })
        await waitUntilIdle()
        const order = (await read(client, ada, id)).body()
        assert.deepEqual(
          order.lines.map(({ quantity, unitPrice }: any) => [quantity, unitPrice.amount]),
          [
            [2, 1_000],
            [pieces - 2, 1_400],
          ]
        )
        assert.deepEqual(await balance(cup), [10, pieces])
        const app = `http://${process.env.HOST}:${process.env.PORT}`
        const { token } = await person('operator')
        const apps = { ordersUrl: app, inventoryUrl: app, token: async () => token }
        assert.deepEqual((await reconcileOperations(apps)).disagreements, [])
      }
    })

    test('to more pieces than available keeps the reservation', async ({ client, assert }) => {
      const [cup] = await stocked([4])
      const id = await confirmed(client, [line(cup, 3)])
      await patch(client, ada, id, '*', { lines: [line(cup, 9)] })
      await waitUntilIdle()
      const order = (await read(client, ada, id)).body()
      assert.containSubset(order, { status: 'confirmed', revision: 2, heldRevision: 1 })
      assert.deepEqual(order.shortages, [{ sku: cup, requested: 9, available: 4 }])
      assert.equal(order.lines[0].quantity, 3)
      assert.deepEqual(await balance(cup), [4, 3])
      const mail = await lastMail(id, 'could not be made')
      assert.include(mail.text, `Product ${cup} (${cup}): requested 9, available 4`)
      assert.include(mail.text, `3 x Product ${cup} (${cup}) at €10.00 = €30.00`)
    })

    test('declined before the first reply is reported with the confirmation', async ({
      client,
      assert,
    }) => {
      const [cup] = await stocked([4])
      const placed = await post(client, ada, { lines: [line(cup, 2)] })
      const { id } = placed.body()
      await patch(client, ada, id, '*', { lines: [line(cup, 9)] })
      await waitUntilIdle()
      const order = (await read(client, ada, id)).body()
      assert.containSubset(order, { status: 'confirmed', revision: 2, heldRevision: 1 })
      const [mail, ...others] = await mailsOf(id)
      assert.lengthOf(others, order.version === 4 ? 0 : 1, 'one mail, or two when it was confirmed')
      assert.include(mail.subject, 'is confirmed')
    })

    test('to cancelled releases the stock, and the mail reports it', async ({ client, assert }) => {
      const [cup] = await stocked([4])
      const id = await confirmed(client, [line(cup, 4)])
      ;(await cancel(client, ada, id, { reason: 'found them in the cellar' })).assertStatus(200)
      await waitUntilIdle()
      assert.deepEqual(await balance(cup), [4, 0])
      const mail = await lastMail(id, 'has been cancelled')
      assert.include(mail.text, 'Reason: found them in the cellar')
      assert.include(mail.text, `4 x Product ${cup}`)
      const steps = await client.get(`/api/v1/orders/${id}/timeline`).bearerToken(ada.token)
      assert.equal(steps.body().data.at(-1).type, 'stock_released')
    })

    test('too late finds the goods shipped: on hand and reserved are lower', async ({
      client,
      assert,
    }) => {
      const [cup] = await stocked([4])
      const id = await confirmed(client, [line(cup, 3)])
      const parcel = {
        revision: 1,
        carrier: 'DHL',
        trackingNumber: 'JD01',
        trackingUrl: 'https://dhl.example/JD01?a=1&b=2',
      }
      ;(await fulfil(client, clerk, id, parcel)).assertStatus(200)
      await waitUntilIdle()
      assert.deepEqual(await balance(cup), [1, 0])
      ;(await cancel(client, ada, id)).assertStatus(409)
      const mail = await lastMail(id, 'is on its way')
      assert.include(mail.text, 'Carrier: DHL')
      assert.include(mail.text, 'Track your parcel: https://dhl.example/JD01?a=1&b=2')
      assert.include(mail.html, 'JD01')
    })

    test('repeated faster than replies arrive ends with the last request', async ({
      client,
      assert,
    }) => {
      const [cup, plate] = await stocked([9, 9])
      const id = await confirmed(client, [line(cup, 1)])
      for (let n = 2; n <= 8; n++) {
        const lines = n % 2 ? [line(cup, n)] : [line(cup, n), line(plate, n)]
        ;(await patch(client, ada, id, '*', { lines })).assertStatus(202)
      }
      ;(await patch(client, ada, id, '*', { lines: [line(plate, 4)] })).assertStatus(202)
      await waitUntilIdle()
      const order = (await read(client, ada, id)).body()
      assert.containSubset(order, { status: 'confirmed', revision: 9, heldRevision: 9 })
      assert.deepEqual(await balance(cup), [9, 0])
      assert.deepEqual(await balance(plate), [9, 4])
    })

    test('that waits for the reply returns 201 and 200 with the result', async ({
      client,
      assert,
    }) => {
      const [cup] = await stocked([4])
      const placed = await post(client, ada, { lines: [line(cup, 2)] }).header('prefer', 'wait=10')
      placed.assertStatus(201)
      placed.assertHeader('preference-applied', 'wait=10')
      assert.containSubset(placed.body(), { status: 'confirmed', heldRevision: 1 })
      assert.equal(placed.header('etag'), '"2"')
      assert.equal(placed.header('location'), `/api/v1/orders/${placed.body().id}`)
      const changed = await patch(client, ada, placed.body().id, '"2"', {
        lines: [line(cup, 5)],
      }).header('prefer', 'respond-async, wait=5')
      changed.assertStatus(200)
      assert.containSubset(changed.body(), { status: 'confirmed', revision: 2, heldRevision: 1 })
      assert.equal(changed.body().shortages[0].available, 4)
    })

    test('leaves every proof clean', async ({ assert }) => {
      await waitUntilIdle()
      assert.deepEqual((await reconcile(directConnection('inventory'))).differences, [])
      assert.deepEqual((await messaging.verify(0)).findings, [])
      const twice = await db
        .connection('orders')
        .from('notifications')
        .groupBy('order_id', 'kind', 'revision')
        .havingRaw('count(*) > 1')
        .select('order_id')
      assert.isEmpty(twice)
    })

    async function confirmed(client: ApiClient, lines: object[]): Promise<string> {
      const placed = await post(client, ada, { lines })
      placed.assertStatus(202)
      await waitUntilIdle()
      return placed.body().id
    }
  })
}

let serial = 0

/** New products with so many pieces, which orders knows. */
async function stocked(pieces: number[]) {
  const skus = pieces.map(() => `THING-${++serial}`)
  for (const [index, sku] of skus.entries()) await product(sku, pieces[index])
  await waitUntilIdle()
  return skus
}

function line(sku: string, quantity: number) {
  return { sku, quantity }
}

async function balance(sku: string) {
  const item = await db.connection('inventory').from('stock_items').where('sku', sku).firstOrFail()
  return [item.on_hand, item.reserved]
}

async function lastMail(id: string, subject: string) {
  const mail = (await mailsOf(id)).at(-1)
  if (!mail?.subject.includes(subject)) throw new Error(`the last mail is "${mail?.subject}"`)
  if (/@(!?component|if|each|else|end|include)|{{|undefined|null/.test(mail.html + mail.text)) {
    throw new Error(mail.text)
  }
  return mail
}

async function mailsOf(id: string): Promise<{ subject: string; text: string; html: string }[]> {
  const sent = await db
    .connection('orders')
    .from('notifications')
    .where({ order_id: id, status: 'sent' })
    .orderBy('id')
  return Promise.all(
    sent.map(async (row) => JSON.parse(await readFile(join(mailDir, `${row.id}.json`), 'utf8')))
  )
}
