import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { plainDeskOf } from '#tests/support/desk'
import { historyLines } from '#orders/commands/history_lines'
import { composeOrderMail } from '#orders/mails/compose'
import { orderHistory } from '#orders/queries/order_history'
import { ordersCsv } from '#orders/pages/list/orders_csv'
import { Message } from '@adonisjs/mail'
import { confirmed, shopOfMugs } from '#tests/support/orders'
import { fulfil, handleReply, patch, person, priced, read, type Person } from '#tests/support/shop'

const orders = () => db.connection('orders')
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const mugs = (quantity: number) => ({ lines: [{ sku: 'MUG', quantity }] })

interface ShownLine {
  sku: string
  quantity: number
  unitPrice: { amount: number }
}

/** "2 × 1250" of each line. */
const inShort = (lines: ShownLine[]) =>
  lines.map(({ quantity, unitPrice: { amount } }) => `${quantity} × ${amount}`)

test.group('Further units of an order', (group) => {
  let ada: Person
  let clerk: Person

  group.each.setup(async () => {
    await shopOfMugs()
    ada = await person('customer', 'Ada')
    clerk = await person('clerk')
  })

  /** Two mugs at 12.50 that are held; now they cost 14.00. */
  async function twoOldMugs(client: ApiClient) {
    const id = await confirmed(client, ada)
    await costs('MUG', { price_amount: 1_400 })
    return id
  }

  /** Two mugs at 12.50 and three at 14.00, held. */
  async function fiveMugs(client: ApiClient) {
    const id = await twoOldMugs(client)
    await patch(client, ada, id, '*', mugs(5))
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    return id
  }

  const costs = (sku: string, price: object) =>
    orders().from('price_list').where({ sku }).update(price)
  const shown = async (client: ApiClient, id: string) => (await read(client, ada, id)).body()
  const said = async (id: string) =>
    (await orders().from('outbox').where('key', id).orderBy('id')).map(({ data }) => data.lines)

  test('cost what they cost today, in a line of their own; fewer are taken from it first', async ({
    client,
    assert,
  }) => {
    const id = await twoOldMugs(client)
    const more = await patch(client, ada, id, '*', mugs(5))
    more.assertStatus(202)
    assert.deepEqual(inShort(more.body().requestedLines), ['2 × 1250', '3 × 1400'])
    assert.deepEqual(more.body().total, eur(2_500), 'of the lines in force')
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    const five = await shown(client, id)
    assert.deepEqual(inShort(five.lines), ['2 × 1250', '3 × 1400'])
    assert.deepEqual(five.total, eur(6_700))
    const fewer = await patch(client, ada, id, '*', mugs(3))
    assert.deepEqual(inShort(fewer.body().requestedLines), ['2 × 1250', '1 × 1400'])
    await handleReply(id, 'reserved', { revision: 3, heldRevision: 3 })
    assert.deepEqual((await shown(client, id)).total, eur(3_900))
  })

  test('are one line per SKU with the sum for inventory and the world', async ({
    client,
    assert,
  }) => {
    const id = await fiveMugs(client)
    const five = [{ sku: 'MUG', quantity: 5 }]
    assert.deepEqual((await said(id)).slice(2), [five, five], 'order_revised, order_confirmed')
    const { body } = await client
      .get(`/api/v1/orders/${id}/timeline`)
      .bearerToken(ada.token)
      .then((answer) => ({ body: answer.body() }))
    const revised = body.data.find(({ type }: { type: string }) => type === 'revised')
    assert.deepEqual(revised.detail.lines, five)
  })

  test('asked for in the same quantity again are no change, in one line or in several', async ({
    client,
    assert,
  }) => {
    const id = await fiveMugs(client)
    await costs('MUG', { price_amount: 2_000 })
    const { lines, version } = await shown(client, id)
    const asShown = lines.map(({ sku, quantity }: ShownLine) => ({ sku, quantity }))
    for (const body of [mugs(5), { lines: asShown }, { lines: asShown.toReversed() }]) {
      const same = await patch(client, ada, id, '*', body)
      same.assertStatus(200)
      assert.equal(same.body().version, version)
    }
  })

  test('are priced against what was asked for last, or what is in force after a decline', async ({
    client,
    assert,
  }) => {
    const id = await twoOldMugs(client)
    await patch(client, ada, id, '*', mugs(5))
    await costs('MUG', { price_amount: 1_600 })
    const onTop = await patch(client, ada, id, '*', mugs(6))
    assert.deepEqual(inShort(onTop.body().requestedLines), ['2 × 1250', '3 × 1400', '1 × 1600'])
    await handleReply(id, 'rejected', {
      ...{ revision: 3, heldRevision: 1 },
      shortages: [{ sku: 'MUG', requested: 6, available: 3 }],
    })
    const declined = await shown(client, id)
    assert.deepEqual(inShort(declined.lines), ['2 × 1250'])
    const again = await patch(client, ada, id, '*', mugs(3))
    assert.deepEqual(inShort(again.body().requestedLines), ['2 × 1250', '1 × 1600'])
  })

  test('of what is off sale are refused; fewer and the same are allowed', async ({
    client,
    assert,
  }) => {
    const id = await fiveMugs(client)
    await costs('MUG', { active: false })
    const more = await patch(client, ada, id, '*', mugs(6))
    more.assertStatus(422)
    assert.containSubset(more.body(), {
      code: 'not_for_sale',
      errors: [{ pointer: '/lines/0/sku' }],
    })
    const same = await patch(client, ada, id, '*', mugs(5))
    same.assertStatus(200)
    const fewer = await patch(client, ada, id, '*', mugs(4))
    fewer.assertStatus(202)
    assert.deepEqual(inShort(fewer.body().requestedLines), ['2 × 1250', '2 × 1400'])
  })

  test('in another currency are refused; fewer and the same are allowed', async ({
    client,
    assert,
  }) => {
    const id = await twoOldMugs(client)
    await costs('MUG', { price_currency: 'USD' })
    const more = await patch(client, ada, id, '*', mugs(3))
    assert.deepEqual([more.status(), more.body().code], [422, 'mixed_currencies'])
    const fewer = await patch(client, ada, id, '*', mugs(1))
    fewer.assertStatus(202)
  })

  test('at another total than expected change nothing, and the answer has today’s lines', async ({
    client,
    assert,
  }) => {
    const id = await twoOldMugs(client)
    const unexpected = await patch(client, ada, id, '*', {
      ...{ ...mugs(5), name: 'Ada L.' },
      expectedTotal: eur(6_250),
    })
    unexpected.assertStatus(409)
    const { code, lines, total } = unexpected.body()
    assert.deepEqual([code, total], ['price_changed', eur(6_700)])
    assert.deepEqual(inShort(lines), ['2 × 1250', '3 × 1400'])
    assert.containSubset(await shown(client, id), { version: 2, name: 'Ada', status: 'confirmed' })
    for (const [body, expectedTotal, status] of [
      [{}, eur(2_500), 200],
      [mugs(2), eur(2_499), 409],
      [mugs(5), { amount: 6_700, currency: 'USD' }, 409],
      [mugs(5), eur(6_700), 202],
    ] as const) {
      const answer = await patch(client, ada, id, '*', { ...body, expectedTotal })
      assert.equal(answer.status(), status, JSON.stringify(answer.body()))
    }
  })

  test('with a service’s unitPrice: all units cost that, on sale or not', async ({
    client,
    assert,
  }) => {
    const id = await fiveMugs(client)
    await costs('MUG', { active: false })
    const shop = await person('service', 'shop')
    const lines = [{ sku: 'MUG', quantity: 6, unitPrice: eur(1_000) }]
    const changed = await patch(client, shop, id, '*', { lines })
    changed.assertStatus(202)
    assert.deepEqual(inShort(changed.body().requestedLines), ['6 × 1000'])
  })

  test('are on the mail, the slip, the file and the story with both prices', async ({
    client,
    assert,
  }) => {
    const id = await fiveMugs(client)
    const row = await orders().from('notifications').where('kind', 'change_accepted').firstOrFail()
    const mail = new Message()
    await (
      await composeOrderMail({ ...row, subject: id } as never)
    )(mail)
    await mail.computeContents()
    const text = String(mail.toObject().message.text)
    assert.include(text, 'Product MUG: 5 instead of 2')
    assert.include(text, '2 x Product MUG (MUG) at €12.50 = €25.00')
    assert.include(text, '3 x Product MUG (MUG) at €14.00 = €42.00')
    assert.include(text, 'Total: €67.00')

    const desk = await plainDeskOf(clerk)
    const slip = await desk.open(`/admin/orders/slips?orders[]=${id}`)
    const quantities = [...slip.text.matchAll(/<td class="num key">(\d+)<\/td>/g)]
    assert.deepEqual(
      quantities.map(([, quantity]) => quantity),
      ['2', '3']
    )
    const csv: string[] = []
    const staff = { ...clerk, name: 'clerk', role: 'clerk' as const }
    for await (const part of ordersCsv(staff, { q: id }, 'UTC')) csv.push(part)
    assert.include(csv.join(''), '"2 MUG, 3 MUG",5,67')
    const story = historyLines((await orderHistory(orders(), id))!).join('\n')
    assert.include(story, 'r2 (in force)  2 x MUG at €12.50, 3 x MUG at €14.00')
  })

  test('are on the order’s page held against wanted, price by price', async ({
    client,
    assert,
  }) => {
    const id = await fiveMugs(client)
    await patch(client, ada, id, '*', { lines: [...mugs(3).lines, { sku: 'PLATE', quantity: 1 }] })
    const desk = await plainDeskOf(clerk)
    const { text } = await desk.open(`/admin/orders/${id}`)
    const table = text.slice(text.indexOf('<table>'), text.indexOf('</table>'))
    const cells = table
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
    assert.include(cells, 'MUG Product MUG 2 2 € 12.50 € 25.00')
    assert.include(cells, 'MUG Product MUG 3 3 1 € 14.00 € 14.00')
    assert.include(cells, '4 units in r3 € 48.00')
    const form = text.slice(text.indexOf('name="quantities[]"'))
    assert.match(form, /value="3".*name="skus\[\]"[^>]*value="MUG"/s)
    assert.lengthOf(form.match(/name="skus\[\]"[^>]*value="MUG"/g)!, 1)
  })

  test('a parcel packed before is compared by the sum per SKU', async ({ client, assert }) => {
    const id = await fiveMugs(client)
    const refused = await fulfil(client, clerk, id, { revision: 1 })
    refused.assertStatus(409)
    assert.deepEqual(refused.body().changes, [{ sku: 'MUG', packed: 2, inForce: 5 }])
    const shipped = await fulfil(client, clerk, id, { revision: 2 })
    assert.deepEqual(shipped.body().total, eur(6_700))
  })

  test('keep the old price of units for those who ask for 100 other SKUs as well', async ({
    client,
    assert,
  }) => {
    const id = await twoOldMugs(client)
    const others = Array.from({ length: 99 }, (_, n) => ({ sku: `S-${n}`, quantity: 1 }))
    for (const { sku } of others) await priced(sku, 100)
    const answer = await patch(client, ada, id, '*', { lines: [...mugs(3).lines, ...others] })
    answer.assertStatus(202)
    assert.lengthOf(answer.body().requestedLines, 101)
  })
})
