/*
 * Mails about what runs low, to those of the staff who asked for them.
 */
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { orderCancelled, orderFulfilled } from '#contracts/messages/orders'
import { SYSTEM } from '#contracts/actor'
import { adjustStock } from '#inventory/stock/adjust_stock'
import { handleWithin } from '#messaging/inbox/subscription'
import { applyTargets } from '#inventory/reservations/apply_targets'
import { digestComposer } from '#inventory/low_stock/compose_digest'
import { gatherDigests } from '#inventory/low_stock/gather_digests'
import { putProduct } from '#inventory/products/put_product'
import { restock } from '#inventory/stock/restock'
import { reverseMovement } from '#inventory/stock/reverse_movement'
import { apply, dryRun } from '#tests/support/stock_imports'
import { emptyShop, person, type Person } from '#tests/support/shop'
import { held } from '#tests/support/reservations'

const inventory = () => db.connection('inventory')
const MINUTE = 60_000
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE)

async function product(sku: string, onHand: number, lowStockAt: number | null = 5) {
  const price = { amount: 790, currency: 'EUR' }
  await putProduct(sku, { name: `Product ${sku}`, price, lowStockAt: null }, null)
  if (onHand > 0) await received(sku, onHand)
  await putProduct(sku, { name: `Product ${sku}`, price, lowStockAt }, '*')
}

function received(sku: string, quantity: number) {
  return inventory().transaction((trx) => restock(trx, { sku, quantity }, SYSTEM))
}

function lost(sku: string, pieces: number) {
  const loss = { sku, delta: -pieces, reason: 'loss' as const, note: null }
  return inventory().transaction((trx) => adjustStock(trx, loss, SYSTEM))
}

async function asks(who: Person, mail: 'at_once' | 'daily' | null, hour = 8, zone = 'UTC') {
  await db
    .connection('accounts')
    .from('accounts')
    .where('id', who.id)
    .update({ low_stock_mail: mail, low_stock_hour: hour, time_zone: zone })
}

async function gather(now: Date) {
  const staff = await app.container.make('staffDirectory')
  return gatherDigests(await staff.lowStockReaders(), now)
}

async function mails(): Promise<{ account_id: string; period: string; skus: string[] }[]> {
  const rows = await inventory().from('notifications').orderBy('sequence')
  return rows.map(({ account_id, period, detail }) => ({ account_id, period, skus: detail.skus }))
}

test.group('Low-stock mails', (group) => {
  let clerk: Person

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Carla')
    await product('MUG', 9)
    await product('TEA', 9)
  })

  test('gather what crosses within minutes into one, though several processes gather', async ({
    assert,
  }) => {
    await asks(clerk, 'at_once')
    await gather(new Date())
    await lost('MUG', 4)
    await lost('TEA', 9)
    assert.equal(await gather(new Date()), 0, 'more may cross')
    const gathered = await Promise.all([1, 2, 3].map(() => gather(inMinutes(2))))
    assert.sameMembers(gathered, [0, 0, 1])
    assert.containSubset(await mails(), [{ account_id: clerk.id, skus: ['MUG', 'TEA'] }])
    await lost('MUG', 1)
    assert.equal(await gather(inMinutes(4)), 0, 'it is low all along')
    await received('MUG', 9)
    await lost('MUG', 9)
    assert.equal(await gather(inMinutes(6)), 1)
    assert.lengthOf(await mails(), 2)
  })

  test('are sent once a day at the hour of the person', async ({ assert }) => {
    await asks(clerk, 'daily', 8, 'Asia/Tokyo')
    await gather(new Date())
    await lost('MUG', 5)
    // 08:00 in Tokyo is 23:00 in UTC of the day before.
    const at = (time: string) => new Date(`2099-03-10T${time}Z`)
    assert.equal(await gather(at('22:59:00')), 0)
    assert.sameMembers(await Promise.all([gather(at('23:00:00')), gather(at('23:00:01'))]), [0, 1])
    assert.containSubset(await mails(), [{ period: '2099-03-11', skus: ['MUG'] }])
    assert.equal(await gather(new Date('2099-03-11T23:30:00Z')), 0, 'nothing new, no mail')
    assert.lengthOf(await mails(), 1)
  })

  test('go to nobody who has not asked, may not or is gone', async ({ assert }) => {
    const operator = await person('operator')
    const gone = await person('clerk')
    await asks(operator, 'at_once')
    await asks(gone, 'at_once')
    await db
      .connection('accounts')
      .from('accounts')
      .where('id', gone.id)
      .update({ disabled_at: new Date() })
    await gather(new Date())
    await lost('MUG', 9)
    assert.equal(await gather(inMinutes(2)), 0)
  })

  test('tell who asks again later of what crosses from then on', async ({ assert }) => {
    await asks(clerk, 'at_once')
    await gather(new Date())
    await asks(clerk, null)
    await lost('MUG', 9)
    await gather(inMinutes(2))
    await asks(clerk, 'at_once')
    assert.equal(await gather(inMinutes(4)), 0)
    assert.isEmpty(await mails())
  })

  test('say how things stand when they are sent, and nothing to who has changed their mind', async ({
    assert,
  }) => {
    await asks(clerk, 'at_once')
    const compose = digestComposer(await app.container.make('staffDirectory'))
    await lost('MUG', 9)
    const notification = { subject: clerk.id, detail: { skus: ['MUG', 'TEA'] } }
    const said = await composed(await compose(notification as never))
    assert.equal(said.subject, '1 SKU out of stock')
    assert.equal(said.to, clerk.email)
    await asks(clerk, null)
    assert.isNull(await compose(notification as never))
  })

  test('are armed again by whatever brings more: an undo, a release, an import', async ({
    client,
    assert,
  }) => {
    const crossings = async () =>
      (await inventory().from('low_crossings').where('sku', 'MUG')).length
    const loss = await lost('MUG', 4)
    assert.equal(await crossings(), 1)
    await inventory().transaction((trx) => reverseMovement(trx, loss.id, SYSTEM))
    const order = await held('MUG', 4)
    assert.equal(await crossings(), 2, 'a reservation after an undo')
    const cancelled = orderCancelled.about(order, { revision: 2, lines: [], reason: null })
    await inventory().transaction((trx) => handleWithin(trx, applyTargets, [cancelled]))
    const packed = await held('MUG', 6)
    assert.equal(await crossings(), 3, 'a reservation after a release')
    const fulfilled = orderFulfilled.about(packed, { revision: 2, lines: [], deduct: true })
    await inventory().transaction((trx) => handleWithin(trx, applyTargets, [fulfilled]))
    assert.equal(await crossings(), 3, 'what was reserved was not available before')
    const more = await dryRun(client, clerk, 'sku,received\nMUG,20\n')
    await apply(client, clerk, more.id)
    const fewer = await dryRun(client, clerk, 'sku,counted\nMUG,2\n')
    await apply(client, clerk, fewer.id)
    assert.equal(await crossings(), 4)
  })
})

async function composed(compose: Awaited<ReturnType<ReturnType<typeof digestComposer>>>) {
  const { Message } = await import('@adonisjs/mail')
  const message = new Message()
  await compose!(message)
  const { subject, to } = message.toObject().message
  return { subject, to: (to as { address: string }[])[0].address }
}
