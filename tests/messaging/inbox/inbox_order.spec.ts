import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { admit } from '#messaging/inbox/inbox'
import { eventually } from '#tests/support/eventually'
import { somebodyWaits } from '#tests/support/connections/locks'
import { emptyShop } from '#tests/support/shop'

const inventory = () => db.connection('inventory')
const [FIRST, SECOND] = [1, 2].map((n) => ({
  id: `00000000-0000-7000-8000-00000000000${n}`,
  key: `k${n}`,
}))

test.group('The inbox', (group) => {
  group.setup(emptyShop)

  test('inserts ids in order, so that overlapping batches of two processes do not deadlock', async ({
    assert,
    cleanup,
  }) => {
    const one = await inventory().transaction()
    const other = await inventory().transaction()
    cleanup(async () => {
      if (!one.isCompleted) await one.rollback()
      if (!other.isCompleted) await other.rollback()
    })
    await admit(one, 'inventory', [FIRST])
    const both = admit(other, 'inventory', [SECOND, FIRST])
    await eventually('the other waits', somebodyWaits)
    assert.deepEqual((await admit(one, 'inventory', [SECOND])).fresh, new Set([SECOND.id]))
    await one.commit()
    assert.deepEqual((await both).fresh, new Set())
  })
})
