import db from '@adonisjs/lucid/services/db'
import { Message } from '@adonisjs/mail'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import type { Notification } from '#mail/queue'
import { composeOrderMail } from '#orders/mails/compose'
import { emptyShop, hear, patch, person, post, priced, type Person } from '#tests/shop'

const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]
const TOO_FEW = [{ sku: 'MUG', requested: 9, available: 4 }]

test.group('A mail about a change that could not be met', (group) => {
  let ada: Person

  group.each.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    ada = await person('customer', 'Ada')
  })

  test('says that the order stays as it was', async ({ client, assert }) => {
    const id = await confirmed(client)
    await patch(client, ada, id, '*', { lines: mugs(9) })
    await hear(id, 'rejected', { revision: 2, heldRevision: 1, shortages: TOO_FEW })
    for (const text of await lastMail(id, 'change_declined')) {
      assert.include(text, 'stays as it was')
      assert.notInclude(text, 'instead of')
    }
  })

  test('says what an earlier change has made of it, which nobody was told', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client)
    await patch(client, ada, id, '*', { lines: mugs(4) })
    await patch(client, ada, id, '*', { lines: mugs(9) })
    await hear(id, 'reserved', { revision: 2, heldRevision: 2 })
    await hear(id, 'rejected', { revision: 3, heldRevision: 2, shortages: TOO_FEW })
    for (const text of await lastMail(id, 'change_declined')) {
      assert.include(text, 'An earlier change was met')
      assert.include(text, '4 instead of 2')
      assert.notInclude(text, 'stays as it was')
    }
  })

  test('comes after those of before, whatever the clocks of the processes say', async ({
    client,
    assert,
  }) => {
    const id = await confirmed(client)
    // As a process whose clock is late would have written it.
    await patch(client, ada, id, '*', { lines: mugs(3) })
    await hear(id, 'reserved', { revision: 2, heldRevision: 2 })
    await mails(id)
      .where('kind', 'change_accepted')
      .update({ id: '00000000-0000-7000-8000-000000000000' })
    const [text] = await lastMail(id, 'change_accepted')
    assert.include(text, '3 instead of 2', 'it knows of the mail before')
    const rows = await mails(id).orderBy('sequence')
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['order_confirmed', 'change_accepted']
    )
  })

  async function confirmed(client: ApiClient): Promise<string> {
    const answer = await post(client, ada, { lines: mugs(2) })
    answer.assertStatus(202)
    const { id } = answer.body()
    await hear(id, 'reserved', { revision: 1, heldRevision: 1 })
    return id
  }
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
