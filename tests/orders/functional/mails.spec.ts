import db from '@adonisjs/lucid/services/db'
import { Message } from '@adonisjs/mail'
import { test } from '@japa/runner'
import { MailRows, type Notification } from '#mail/mail_rows'
import { composeOrderMail } from '#orders/mails/compose'
import { confirmed, mugs, shopOfMugs } from '#tests/support/orders'
import { emptyShop, handleReply, patch, person, priced, type Person } from '#tests/support/shop'

const TOO_FEW = [{ sku: 'MUG', requested: 9, available: 4 }]

test.group('A mail about a change that could not be made', (group) => {
  let ada: Person

  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    ada = await person('customer', 'Ada')
  })

  test('says that the order stays as it was', async ({ client, assert }) => {
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '*', { lines: mugs(9) })
    await handleReply(id, 'rejected', { revision: 2, heldRevision: 1, shortages: TOO_FEW })
    for (const text of await lastMail(id, 'change_declined')) {
      assert.include(text, 'Your order is unchanged')
      assert.notInclude(text, 'instead of')
    }
  })

  test('says what an earlier change has made of it, which nobody was told', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '*', { lines: mugs(4) })
    await patch(client, ada, id, '*', { lines: mugs(9) })
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    await handleReply(id, 'rejected', { revision: 3, heldRevision: 2, shortages: TOO_FEW })
    for (const text of await lastMail(id, 'change_declined')) {
      assert.include(text, 'An earlier change was made')
      assert.include(text, '4 instead of 2')
      assert.notInclude(text, 'Your order is unchanged')
    }
  })

  test('comes after those of before, whatever the clocks of the processes say', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client, ada)
    // As a process whose clock is late would have written it.
    await patch(client, ada, id, '*', { lines: mugs(3) })
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    await mails(id)
      .where('kind', 'change_accepted')
      .update({ id: '00000000-0000-7000-8000-000000000000' })
    const [text] = await lastMail(id, 'change_accepted')
    assert.include(text, '3 instead of 2', 'compared with the previous mail')
    const rows = await mails(id).orderBy('sequence')
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['order_confirmed', 'change_accepted']
    )
  })
})

test.group('Mails about different orders', (group) => {
  group.each.setup(shopOfMugs)

  test('that are composed together each show their own order', async ({ client, assert }) => {
    const [ada, bob] = [await person('customer', 'Ada'), await person('customer', 'Bob')]
    const ids = [await confirmed(client, ada), await confirmed(client, bob)]
    const rows = await db.connection('orders').from('notifications').whereIn('order_id', ids)
    const messages = await Promise.all(
      rows.map(async (row) => {
        const message = new Message()
        const write = await composeOrderMail({ ...row, subject: row.order_id } as Notification)
        await write(message)
        return message.toObject().message
      })
    )
    for (const [index, { to }] of messages.entries()) {
      const name = rows[index].order_id === ids[0] ? 'Ada' : 'Bob'
      assert.deepInclude(to![0], { name })
    }
  })
})

test.group('Mails about one order', (group) => {
  group.each.setup(shopOfMugs)

  test('are sent in order: the second waits until the first is sent', async ({
    client,
    assert,
  }) => {
    const ada = await person('customer', 'Ada')
    const id = await confirmed(client, ada)
    await patch(client, ada, id, '*', { lines: mugs(3) })
    await handleReply(id, 'reserved', { revision: 2, heldRevision: 2 })
    const rows = new MailRows(db as never, {
      connection: 'orders',
      subject: 'order_id',
      compose: async () => null,
      page: () => '',
      recipients: async () => new Map(),
    })
    const first = await rows.lease(10)
    assert.deepEqual(
      first.map(({ kind }) => kind),
      ['order_confirmed']
    )
    assert.isEmpty(await rows.lease(10))
    await rows.markSent(first[0])
    const second = await rows.lease(10)
    assert.deepEqual(
      second.map(({ kind }) => kind),
      ['change_accepted']
    )
  })
})

function mails(id: string) {
  return db.connection('orders').from('notifications').where('order_id', id)
}

/** As text and as HTML. */
async function lastMail(id: string, kind: string): Promise<string[]> {
  const row = await mails(id).where('kind', kind).firstOrFail()
  const message = new Message()
  const compose = await composeOrderMail({ ...row, subject: id } as Notification)
  await compose(message)
  await message.computeContents()
  const { text, html } = message.toObject().message
  return [String(text), String(html)]
}
