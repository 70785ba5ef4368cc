import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { placed } from '#tests/support/orders'
import {
  cancel,
  emptyShop,
  handleReply,
  patch,
  person,
  priced,
  type Person,
} from '#tests/support/shop'

const ORDERS = '/api/v1/orders'

test.group('The list of orders is narrowed', (group) => {
  let admin: Person
  let ada: Person
  /** By what they are: newest last. */
  let ids: Record<'pending' | 'confirmed' | 'updating' | 'rejected' | 'cancelled', string>

  group.setup(async () => {
    await emptyShop()
    await priced('MUG')
    await priced('PLATE')
    admin = await person('admin')
    ada = await person('customer', 'Ada')
  })

  test('by status, one or several', async ({ client, assert }) => {
    ids = {
      pending: await placed(client, admin, { reference: 'R-1' }),
      confirmed: await placed(client, admin),
      updating: await placed(client, admin, { lines: [{ sku: 'PLATE', quantity: 1 }] }),
      rejected: await placed(client, admin, { email: 'Bob@example.com' }),
      cancelled: await placed(client, ada),
    }
    await handleReply(ids.confirmed, 'reserved', { revision: 1, heldRevision: 1 })
    await handleReply(ids.updating, 'reserved', { revision: 1, heldRevision: 1 })
    await patch(client, admin, ids.updating, '*', { lines: [{ sku: 'MUG', quantity: 9 }] })
    await handleReply(ids.rejected, 'rejected', { revision: 1, heldRevision: null })
    await cancel(client, ada, ids.cancelled)
    for (const [status, id] of Object.entries(ids)) {
      assert.deepEqual(await found(client, `status=${status}`), [id], status)
    }
    const open = [ids.updating, ids.pending]
    assert.deepEqual(await found(client, 'status=pending&status=updating'), open)
    assert.deepEqual(await found(client, 'status=pending,updating'), open)
  })

  test('by who, number, reference, and what is in it', async ({ client, assert }) => {
    assert.deepEqual(await found(client, `customerId=${ada.id}`), [ids.cancelled])
    assert.deepEqual(await found(client, 'email=BOB@EXAMPLE.COM'), [ids.rejected])
    assert.deepEqual(await found(client, 'reference=R-1'), [ids.pending])
    const { number } = (
      await client.get(`${ORDERS}/${ids.updating}`).bearerToken(admin.token)
    ).body()
    assert.deepEqual(await found(client, `number=${number}`), [ids.updating])
    assert.deepEqual(await found(client, `number=${number.slice(2)}`), [ids.updating])
    assert.deepEqual(await found(client, 'sku=plate'), [ids.updating], 'held')
    assert.include(await found(client, 'sku=MUG'), ids.updating, 'asked for')
    await handleReply(ids.updating, 'reserved', { revision: 2, heldRevision: 2 })
    assert.deepEqual(await found(client, 'sku=PLATE'), [], 'not any more')
  })

  test('by time, and by what needs attention', async ({ client, assert }) => {
    const { placedAt } = (
      await client.get(`${ORDERS}/${ids.updating}`).bearerToken(admin.token)
    ).body()
    const at = encodeURIComponent(placedAt)
    const later = await found(client, `placedAfter=${at}`)
    const earlier = await found(client, `placedBefore=${at}`)
    assert.include(later, ids.updating, 'inclusive')
    assert.notInclude(earlier, ids.updating, 'exclusive')
    assert.lengthOf([...later, ...earlier], 5)
    assert.deepEqual(await found(client, `placedAfter=2100-01-01T00:00:00Z`), [])
    assert.lengthOf(await found(client, `placedBefore=2100-01-01T00:00:00Z`), 5)

    const before = new Date().toISOString()
    await patch(client, admin, ids.pending, '*', { name: 'Ada L.' })
    assert.deepEqual(await found(client, `updatedAfter=${before}`), [ids.pending])

    await db.connection('orders').from('orders').where('id', ids.pending).update('attention', true)
    assert.deepEqual(await found(client, 'attention=true'), [ids.pending])
    assert.lengthOf(await found(client, 'attention=false'), 4)
  })

  test('and walked page by page under a filter', async ({ client, assert }) => {
    const all: string[] = []
    let cursor = ''
    do {
      const page = await client
        .get(`${ORDERS}?limit=2&sku=MUG${cursor && `&cursor=${cursor}`}`)
        .bearerToken(admin.token)
      all.push(...page.body().data.map(({ id }: { id: string }) => id))
      cursor = page.body().next ?? ''
    } while (cursor)
    assert.deepEqual(all, await found(client, 'sku=MUG'))
  })

  test('but never beyond what the reader may see', async ({ client, assert }) => {
    const mine = await client.get(`${ORDERS}?email=bob@example.com`).bearerToken(ada.token)
    assert.deepEqual(mine.body().data, [])
    const other = await client.get(`${ORDERS}?customerId=${admin.id}`).bearerToken(ada.token)
    assert.deepEqual(other.body().data, [])
  })

  for (const [query, pointer] of [
    ['status=open', '/status/0'],
    ['statsu=pending', '/statsu'],
    ['customerId=ada', '/customerId'],
    ['email=ada', '/email'],
    ['number=12x', '/number'],
    ['attention=yes', '/attention'],
    ['placedAfter=yesterday', '/placedAfter'],
    ['updatedAfter=2026-02-31T00:00:00Z', '/updatedAfter'],
    ['sku=%00', '/sku'],
    ['limit=201', '/limit'],
  ]) {
    test(`and says what is wrong with ?${query}`, async ({ client, assert }) => {
      const refused = await client.get(`${ORDERS}?${query}`).bearerToken(admin.token)
      refused.assertStatus(422)
      assert.equal(refused.body().errors[0].pointer, pointer)
    })
  }

  test('by a reference in composed or decomposed letters, new or stored before', async ({
    client,
    assert,
  }) => {
    const composed = 'Müller 7'.normalize('NFC')
    const decomposed = composed.normalize('NFD')
    const placedNow = await placed(client, admin, { reference: decomposed, name: decomposed })
    const { reference, name } = (
      await client.get(`${ORDERS}/${placedNow}`).bearerToken(admin.token)
    ).body()
    assert.deepEqual([reference, name], [composed, composed])
    const before = await placed(client, admin)
    await db.connection('orders').from('orders').where('id', before).update('reference', decomposed)
    for (const typed of [composed, decomposed]) {
      const query = `reference=${encodeURIComponent(typed)}`
      assert.deepEqual(await found(client, query), [before, placedNow])
    }
    assert.deepEqual(await found(client, 'reference=M%C3%BCller%208'), [])
  })

  async function found(client: ApiClient, query: string): Promise<string[]> {
    const list = await client.get(`${ORDERS}?${query}`).bearerToken(admin.token)
    list.assertStatus(200)
    return list.body().data.map(({ id }: { id: string }) => id)
  }
})
