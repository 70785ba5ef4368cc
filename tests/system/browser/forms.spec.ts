/*
 * What can go wrong between a form and its effect: sent twice, by two at once, after the session has ended,
 * or by somebody who may not.
 */
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import type { Page } from 'playwright-core'
import { barriers, base, deskOf, signIn } from '#tests/support/browser/browser'
import { emptyShop, product } from '#tests/support/shop'

const MUG = `${base}/admin/stock/MUG-RED`

async function onHand() {
  const { on_hand: pieces } = await db
    .connection('inventory')
    .from('stock_items')
    .where('sku', 'MUG-RED')
    .first()
  return pieces
}

async function typeRestock(page: Page, pieces: number, reference: string) {
  await page.goto(MUG)
  await page.getByLabel('Received').fill(String(pieces))
  await page.getByLabel('Reference').fill(reference)
  return page.getByRole('button', { name: 'Restock', exact: true })
}

test.group('A form', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG-RED', 40)
  })

  for (const scripts of [true, false]) {
    test(`has one effect when clicked twice and reloaded, scripts ${scripts}`, async ({
      assert,
    }) => {
      const desk = await deskOf('clerk', 'Carl', { scripts })
      const { page } = desk
      const button = await typeRestock(page, 5, 'PO-1')
      await button.dblclick()
      await page.getByText('restocked by +5: 40 → 45').waitFor()
      await page.reload()
      await page.locator('#balance').getByText('45').first().waitFor()
      assert.equal(await onHand(), 45)
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })

    test(`is kept when the session has ended, and sent after a sign-in, scripts ${scripts}`, async ({
      assert,
    }) => {
      const desk = await deskOf('clerk', 'Carl', { scripts })
      const { page } = desk
      const button = await typeRestock(page, 5, 'Half a pallet & more')
      await db.connection('accounts').from('sessions').delete()
      // The balances are looked at meanwhile.
      if (scripts) await page.waitForResponse((one) => one.headers()['hx-refresh'] === 'true')
      await button.click()
      await page.getByText('Your session has expired').waitFor()
      assert.equal(await onHand(), 40)
      await page.getByLabel('E-mail').fill(desk.person.email!)
      await page.getByLabel('Password').fill('a long password')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('Half a pallet & more').waitFor()
      if (scripts) assert.deepEqual(await barriers(page), [])
      await page.getByRole('button', { name: 'Submit now' }).click()
      await page.getByText('restocked by +5: 40 → 45').waitFor()
      // The browser's own word for the page that asked to sign in.
      assert.deepEqual(
        desk.faults.filter((fault) => !fault.includes('status of 401')),
        []
      )
      await desk.close()
    })
  }

  test('sent by two clerks at the same time counts twice', async ({ assert }) => {
    const desks = await Promise.all([deskOf('clerk', 'Carl'), deskOf('clerk', 'Cleo')])
    const buttons = await Promise.all(
      desks.map(({ page }, place) => typeRestock(page, 5 + place, `PO-${place}`))
    )
    await Promise.all(buttons.map((button) => button.click()))
    await Promise.all(desks.map(({ page }) => page.getByText('restocked by').waitFor()))
    assert.equal(await onHand(), 51)
    for (const desk of desks) {
      assert.deepEqual(desk.faults, [])
      await desk.close()
    }
  })

  test('is neither shown to nor accepted from a role without the right', async ({ assert }) => {
    const desk = await deskOf('operator', 'Olga')
    const { page } = desk
    await page.goto(MUG)
    await page.getByRole('heading', { name: 'Movements' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Restock' }).count(), 0)
    const answers = [await page.goto(`${base}/admin/stock/new`)]
    await page.getByRole('heading', { name: 'Page not found' }).waitFor()
    await page.goto(`${base}/admin/login`)
    const csrf = await page.locator('[name=_csrf]').inputValue()
    const form = { _csrf: csrf, _key: crypto.randomUUID(), quantity: '5' }
    const sent = await page.request.post(`${MUG}/restocks`, { form, maxRedirects: 0 })
    assert.deepEqual([answers[0]!.status(), sent.status()], [404, 404])
    assert.equal(await onHand(), 40)
    await desk.close()
  })

  test('older than the session is shown again before anything is done', async ({ assert }) => {
    const desk = await deskOf('clerk', 'Carl')
    const { page } = desk
    const button = await typeRestock(page, 5, 'PO-1')
    // In another tab: signed out, and in again.
    const tab = await page.context().newPage()
    await page.context().clearCookies()
    await signIn(tab, desk.person)
    await button.click()
    await page.getByRole('heading', { name: 'Form not submitted' }).waitFor()
    assert.equal(await onHand(), 40)
    await page.getByRole('button', { name: 'Submit now' }).click()
    await page.getByText('restocked by +5: 40 → 45').waitFor()
    await desk.close()
  })
})
