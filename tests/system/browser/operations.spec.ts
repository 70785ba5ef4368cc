/*
 * The operators' page in a browser: seen, redriven, hidden texts asked for, replayed.
 */
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { barriers, base, deskOf } from '#tests/support/browser/browser'
import { invalidOrder, blockedOrders } from '#tests/messaging/support/dead_letter_samples'
import { deadLetters } from '#tests/messaging/support/recording_consumer'
import { commit, message, orders } from '#tests/messaging/support/orders_outbox'
import { emptyShop, product } from '#tests/support/shop'

test.group('Operations', (group) => {
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 10)
  })

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', true],
    ['light', 'phone', false],
  ] as const) {
    test(`an operator finds and redrives dead letters: ${theme}, ${size}, scripts ${scripts}`, async ({
      assert,
    }) => {
      const order = uuidv7()
      await blockedOrders(order)
      await invalidOrder(uuidv7())
      const desk = await deskOf('operator', 'Olga', { theme, size, scripts })
      const { page } = desk
      const clean = async () => {
        if (scripts) assert.deepEqual(await barriers(page), [])
      }
      await page.getByRole('link', { name: 'Operations' }).click()
      await page.getByText('in 2 groups').waitFor()
      await clean()
      await page.getByRole('link', { name: 'DatabaseError' }).click()
      await page.getByRole('heading', { name: 'Dead letters of inventory' }).waitFor()
      await clean()
      await page.getByRole('link', { name: 'order_placed' }).click()
      await page.getByText('•••••').waitFor()
      await page.getByRole('button', { name: 'Show hidden text' }).click()
      await page.getByText('"MUG"').waitFor()
      await clean()
      await page.getByRole('link', { name: 'Discard…' }).click()
      await page.getByText('A redrive starts with order_cancelled').waitFor()
      await clean()
      await page.getByRole('link', { name: 'Cancel' }).click()
      await page.getByRole('button', { name: 'Redrive 1 of inventory: division by zero' }).click()
      await page.getByText('2 messages handled, 1 key unblocked.').waitFor()
      await page.getByText('in 1 group').waitFor()
      assert.lengthOf(await deadLetters(), 1)
      assert.deepEqual(desk.faults, [])
      await desk.close()
    })
  }

  test('a replay is planned, started and followed to its end, with the keyboard alone', async ({
    assert,
  }) => {
    await commit(message(), message())
    await orders().from('outbox').update({ published_at: new Date() })
    const desk = await deskOf('operator', 'Olga', { theme: 'dark' })
    const { page } = desk
    await page.goto(`${base}/admin/operations#replay`)
    await page.getByLabel('Type').focus()
    await page.keyboard.type('order_placed')
    await page.keyboard.press('Tab')
    await page.getByRole('button', { name: 'Dry run' }).press('Enter')
    await page.getByText('This replay would publish 2 messages').waitFor()
    assert.deepEqual(await barriers(page), [])
    await page.getByLabel('Why').fill('the ERP lost its disk')
    await page.keyboard.press('Enter')
    // The page looks again by itself.
    await page
      .getByRole('row', { name: 'the ERP lost its disk' })
      .getByText('2 messages published again')
      .waitFor()
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('new data appears without a reload, but not in a hidden tab', async ({ assert }) => {
    const desk = await deskOf('operator', 'Olga')
    const { page } = desk
    await page.clock.install()
    await page.goto(`${base}/admin/operations`)
    await page.getByText('No dead letters.').waitFor()
    const live = () => page.locator('html').getAttribute('data-live')
    const focused = (is: boolean) =>
      page.evaluate(
        `document.hasFocus = () => ${is}; dispatchEvent(new Event('${is ? 'focus' : 'blur'}'))`
      )
    const looks: string[] = []
    page.on('request', (request) => looks.push(request.url()))
    await focused(false)
    assert.equal(await live(), 'paused')
    await blockedOrders(uuidv7())
    await page.clock.runFor(20_000)
    assert.deepEqual(looks, [])

    await focused(true)
    assert.equal(await live(), 'on')
    await page.clock.runFor(5_000)
    await page.getByRole('link', { name: 'DatabaseError' }).waitFor()
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})
