/*
 * Imports whose counts agree with the books: what they record, and how that is undone.
 */
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import { SYSTEM } from '#contracts/actor'
import { restock } from '#inventory/stock/restock'
import { reverseMovement } from '#inventory/stock/reverse_movement'
import { plainDeskOf, type PlainDesk } from '#tests/support/desk'
import { dryRun, onHand, runImport } from '#tests/support/stock_imports'
import { emptyShop, person, product, type Person } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

test.group('An import whose counts all agree with the books', (group) => {
  let clerk: Person
  let desk: PlainDesk

  group.each.setup(async () => {
    await emptyShop()
    clerk = await person('clerk', 'Grace')
    desk = await plainDeskOf(clerk)
    await product('MUG', 37)
    await product('TEA', 5)
  })

  const received = () =>
    inventory().transaction((trx) => restock(trx, { sku: 'MUG', quantity: 10 }, SYSTEM))

  const undone = (id: string) => inventory().transaction((trx) => reverseMovement(trx, id, SYSTEM))

  /** A file that is tried. @returns the address of its page */
  async function tried(client: ApiClient, file: string) {
    const { id } = await dryRun(client, clerk, file)
    return `/admin/stock/imports/${id}`
  }

  async function send(page: string, form: 'application' | 'reversal') {
    await desk.send(`${page}/${form}`, {}, page)
    await runImport(page.split('/').at(-1)!)
    return (await desk.open(page)).text
  }

  test('records them, and its page undoes them: then what came before can be undone', async ({
    client,
    assert,
  }) => {
    const { id } = await received()
    const page = await tried(client, 'sku,counted\nMUG,47\nTEA,5\n')
    const { text } = await desk.open(page)
    assert.include(text, '<button class="primary">Record 2 counts</button>')
    assert.match(text, /<b>2<\/b> are counts that agree with the books,\s+<b>0<\/b> have no effect/)

    const applied = await send(page, 'application')
    assert.include(applied, '<button class="danger">Undo 2 counts</button>')
    assert.include((await desk.open('/admin/stock/imports')).text, `<a href="${page}">Undo…`)
    await assert.rejects(() => undone(id), /Grace counted 47 of MUG/)

    const reversed = await send(page, 'reversal')
    assert.include(reversed, '2 counts that agreed with the books undone')
    assert.notInclude(reversed, '<button class="danger">Undo')
    await undone(id)
    assert.deepEqual(await onHand(), { MUG: 37, TEA: 5 })
  })

  test('says so beside what it changes, and leaves out a count that was refused', async ({
    client,
    assert,
  }) => {
    await product('POT', 8)
    const page = await tried(client, 'sku,counted\nMUG,37\nTEA,5\nPOT,6\n')
    assert.include((await desk.open(page)).text, '>Apply 1 change and 2 counts</button>')
    await received()
    const applied = await send(page, 'application')
    assert.include(applied, '>Undo 1 change and 1 count</button>')
  })

  test('and that says nothing else has nothing to do', async ({ client, assert }) => {
    const page = await tried(client, 'sku,received\nMUG,0\n')
    assert.include((await desk.open(page)).text, '>Close without changes</button>')
    assert.notInclude(await send(page, 'application'), '>Undo')
  })
})
