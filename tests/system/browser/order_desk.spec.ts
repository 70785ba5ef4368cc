/*
 * The order desk in a browser: one order from its confirmation to its parcel, and what gets in between.
 */
import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import type { Request } from 'playwright-core'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { barriers, base, deskOf, type Desk } from '#tests/support/browser/browser'
import {
  cancel,
  emptyShop,
  patch,
  person,
  post,
  priced,
  product,
  type Person,
} from '#tests/support/shop'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'

let ada: Person

/** An order of two mugs that stock has answered. */
async function confirmed(client: ApiClient, name = 'Ada') {
  const answer = await post(client, ada, { name, lines: [{ sku: 'MUG', quantity: 2 }] })
  await waitUntilIdle()
  const { id, number }: { id: string; number: string } = answer.body()
  return { id, number, home: `${base}/admin/orders/${id}` }
}

const mugs = (quantity: number) => ({ lines: [{ sku: 'MUG', quantity }] })
const state = ({ page }: Desk) => page.locator('#standing .state').innerText()

test.group('An order at the desk, in a browser', (group) => {
  group.setup(async () => {
    await emptyShop()
    const stop = await startWorkers(new EmbeddedTransport())
    await product('MUG', 400)
    await product('PLATE', 30)
    await waitUntilIdle()
    ada = await person('customer', 'Ada')
    return stop
  })

  test('updates live and keeps typed text: light, desktop', async ({ client, assert, cleanup }) => {
    const { id, home } = await confirmed(client)
    const desk = await deskOf('clerk', 'Carl')
    cleanup(() => desk.close())
    const { page } = desk
    await page.goto(`${base}/admin/orders`)
    await page.getByRole('link', { name: 'Q-' }).first().click()
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByText('reserve +2').waitFor()
    await page.getByText('Add note').click()
    await page.getByLabel('Note, visible to staff only').fill('Ring twice')

    const sentByPerson: string[] = []
    const note = (request: Request) => {
      if (!('x-poll' in request.headers())) sentByPerson.push(request.url())
    }
    page.on('request', note)
    await patch(client, ada, id, '*', mugs(5))
    await page.getByText('Change accepted').waitFor()
    await page.getByText('reserve +3').waitFor()
    assert.equal(await page.locator('#lines td.key').innerText(), '5')
    assert.equal(await page.getByText('reserve +2').count(), 1)
    assert.equal(await page.getByText('stock_reserved').count(), 2)
    assert.equal(await page.getByLabel('Note, visible to staff only').inputValue(), 'Ring twice')
    await page
      .locator('#story', { has: page.getByText(/“Order Q-\d+ has been changed”/) })
      .waitFor()
    page.off('request', note)
    assert.deepEqual(sentByPerson, [], 'a request of the page by itself extends the session')
    assert.equal(page.url(), home)
    assert.deepEqual(await barriers(page), [])
    await page.getByRole('link', { name: 'Cancel order' }).click()
    await page.getByRole('heading', { name: 'Cancel Q-' }).waitFor()
    assert.deepEqual(await barriers(page), [])
    await page.getByRole('button', { name: 'Keep order' }).click()
    assert.isFalse(await page.getByRole('heading', { name: 'Cancel Q-' }).isVisible())
    await page.goto(`${home}/cancellation`)
    await page.getByRole('heading', { name: 'Cancel Q-' }).waitFor()
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(desk.faults, [])
  })

  test('is fulfilled with its carrier in a dialog, with the keyboard: dark, phone', async ({
    client,
    assert,
    cleanup,
  }) => {
    const { home, number } = await confirmed(client)
    const desk = await deskOf('clerk', 'Carl', { theme: 'dark', size: 'phone' })
    cleanup(() => desk.close())
    const { page } = desk
    await page.goto(home)
    await page.getByRole('link', { name: 'Fulfil' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Carrier').fill('DHL')
    await page.getByLabel('Tracking number').fill('JJD 1')
    await page.getByLabel('Tracking URL').fill('ftp://example.com/JJD1')
    await page.keyboard.press('Enter')
    await page.getByText('Not saved.').waitFor()
    await page.getByRole('link', { name: 'Fulfil' }).click()
    assert.equal(await page.getByLabel('Carrier').inputValue(), 'DHL')
    await page.getByLabel('Tracking URL').fill('https://example.com/JJD1')
    await page.keyboard.press('Enter')
    await page.getByText('fulfilled: 2 units of revision 1 with DHL').waitFor()
    await page.getByText('Stock is deducted.').waitFor()
    assert.equal(await state(desk), 'fulfilled')
    assert.equal(await page.getByRole('link', { name: 'Cancel order' }).count(), 0)
    await page.reload()
    assert.equal(await page.locator('#story b', { hasText: 'Fulfilled' }).count(), 1)
    assert.include(await page.title(), number)
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(desk.faults, [])
  })

  test('is changed, corrected, noted and cancelled without scripts: light, phone', async ({
    client,
    assert,
    cleanup,
  }) => {
    const { home } = await confirmed(client)
    const desk = await deskOf('admin', 'Alma', { size: 'phone', scripts: false })
    cleanup(() => desk.close())
    const { page } = desk
    await page.goto(home)
    await page.getByText('Change lines').click()
    await page.getByLabel('Units of MUG').fill('3')
    await page.getByLabel('SKU of line 2').fill('plate')
    await page.getByRole('button', { name: 'Request revision 2' }).click()
    await page.getByText('requests revision 2: MUG 2 → 3, PLATE 0 → 1').waitFor()
    await waitUntilIdle()
    await page.reload()
    assert.equal(await state(desk), 'confirmed')
    await page.getByText('Change contact').click()
    await page.getByLabel('Address, up to 5 lines').fill('12 St James’s Square\nLondon')
    await page.getByLabel('Country code').fill('gb')
    await page.getByRole('button', { name: 'Save contact' }).click()
    await page.getByText('12 St James’s Square').first().waitFor()
    await page.getByText('Add note').click()
    await page.getByLabel('Note, visible to staff only').fill('Fragile <b>')
    await page.getByRole('button', { name: 'Save note' }).click()
    await page.locator('dd.note', { hasText: 'Fragile <b>' }).waitFor()
    await page.getByRole('link', { name: 'Show stock movements' }).first().click()
    await page.getByRole('heading', { name: 'Movements' }).waitFor()
    await page.goto(home)
    await page.getByRole('link', { name: 'Cancel order' }).click()
    await page.getByText('4 held units will be released').waitFor()
    await page.getByLabel('Reason').fill('Changed her mind')
    await page.getByRole('button', { name: 'Cancel Q-' }).click()
    await page.getByText('cancelled: 4 held units will be released').waitFor()
    assert.equal(await state(desk), 'cancelled')
    assert.deepEqual(desk.faults, [])
  })

  test('cannot be fulfilled with outdated lines or after its cancellation, and the page explains why', async ({
    client,
    assert,
    cleanup,
  }) => {
    const { id, home } = await confirmed(client)
    const desk = await deskOf('clerk', 'Carl', { theme: 'dark' })
    cleanup(() => desk.close())
    const { page } = desk
    await page.goto(`${home}/fulfilment`)
    await page.getByLabel('Carrier').fill('DHL')
    await patch(client, ada, id, '*', mugs(5))
    await waitUntilIdle()
    await page.getByRole('button', { name: 'Fulfil revision 1' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('you packed revision 1, but revision 2 is in force').waitFor()
    assert.match(await alert.innerText(), /MUG packed 2, needed 5/)
    assert.equal(await page.getByLabel('Carrier').inputValue(), 'DHL')
    assert.deepEqual(await barriers(page), [])
    await cancel(client, ada, id)
    await page.getByRole('button', { name: 'Fulfil revision 2' }).click()
    await alert.getByText('The order has been cancelled').waitFor()
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(desk.faults, [])
  })

  test('is changed by the first of two clerks; the second sees the change and keeps the typed text', async ({
    client,
    assert,
    cleanup,
  }) => {
    const { id, home } = await confirmed(client)
    const desk = await deskOf('clerk', 'Carl', { scripts: false })
    cleanup(() => desk.close())
    const { page } = desk
    await page.goto(home)
    const other = await person('clerk', 'Cleo')
    await patch(client, other, id, '*', mugs(9))
    await page.getByText('Change lines').click()
    await page.getByLabel('Units of MUG').fill('3')
    await page.getByRole('button', { name: 'Request revision 2' }).click()
    await page.getByText('Someone has changed the order since').waitFor()
    assert.equal(await page.getByLabel('Units of MUG').inputValue(), '3')
    await page.getByRole('button', { name: 'Request revision 3' }).click()
    await page.getByText('requests revision 3').waitFor()
    assert.deepEqual(desk.faults, [])
  })

  for (const [theme, size] of [
    ['dark', 'desktop'],
    ['light', 'phone'],
  ] as const) {
    test(`is found, selected with others, printed and fulfilled in one step: ${theme}, ${size}`, async ({
      client,
      assert,
      cleanup,
    }) => {
      const some = [await confirmed(client, 'Bea'), await confirmed(client, 'Bob')]
      const desk = await deskOf('clerk', 'Carl', { theme, size })
      cleanup(() => desk.close())
      const { page } = desk
      await page.goto(`${base}/admin/orders?status=confirmed`)
      for (const { number } of some) await page.getByLabel(`Select ${number}`).check()
      assert.deepEqual(await barriers(page), [])
      await page.getByRole('button', { name: 'Print slips' }).click()
      await page.getByRole('heading', { name: '2 packing slips' }).waitFor()
      assert.deepEqual(await barriers(page), [])
      await page.emulateMedia({ media: 'print' })
      assert.isFalse(await page.locator('.bar nav').isVisible())
      const bars = page.getByRole('img', { name: `Barcode of ${some[0].number}` })
      assert.isTrue(await bars.isVisible())
      await page.emulateMedia({ media: 'screen' })

      await page.goto(`${base}/admin/orders?status=confirmed`)
      for (const { number } of some) await page.getByLabel(`Select ${number}`).check()
      await page.getByRole('button', { name: 'Fulfil selected' }).click()
      await page.getByText('sends 2 mails').waitFor()
      await cancel(client, ada, some[1].id)
      await page.getByLabel('Carrier for all orders').fill('DHL')
      assert.deepEqual(await barriers(page), [])
      await page.getByRole('button', { name: 'Fulfil 2 orders, 4 units' }).click()
      await page.getByText('fulfilled, 1 other not').waitFor()
      await page.getByText('The order is cancelled.').waitFor()
      assert.deepEqual(await barriers(page), [])
      await page.reload()
      await page.getByText('The order is cancelled.').waitFor()
      assert.deepEqual(desk.faults, [])
    })
  }
})

test.group('The list of orders, in a browser', (group) => {
  group.setup(async () => {
    await emptyShop()
    for (const sku of ['MUG', 'PLATE']) await priced(sku)
    ada = await person('customer', 'Ada')
  })

  for (const [theme, size] of [
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const) {
    test(`says how many new orders its filter has, and does not move: ${theme}, ${size}`, async ({
      client,
      assert,
      cleanup,
    }) => {
      for (let n = 0; n < 3; n++) await post(client, ada, { name: 'Ada', ...mugs(1) })
      const desk = await deskOf('clerk', 'Carl', { theme, size })
      cleanup(() => desk.close())
      const { page } = desk
      await page.clock.install()
      await page.goto(`${base}/admin/orders?q=MUG`)
      const first = page.locator('tbody tr').first()
      const rows = await page.locator('tbody tr').count()
      await first.getByRole('checkbox').check()
      const place = await first.boundingBox()

      await post(client, ada, { name: 'Ada', lines: [{ sku: 'PLATE', quantity: 1 }] })
      const polled = page.waitForResponse((response) => response.url().includes('/orders/newer'))
      await page.clock.runFor(5_000)
      await polled
      await post(client, ada, { name: 'Ada', ...mugs(1) })
      await page.clock.runFor(5_000)
      await page.getByRole('link', { name: '1 new order: show' }).waitFor()
      await post(client, ada, { name: 'Ada', ...mugs(1) })
      await page.clock.runFor(5_000)
      await page.getByRole('link', { name: '2 new orders: show' }).waitFor()
      assert.deepEqual(await first.boundingBox(), place)
      assert.equal(await page.locator('tbody tr').count(), rows)
      assert.deepEqual(await barriers(page), [])

      await page.getByRole('link', { name: '2 new orders: show' }).click()
      await page
        .locator('tbody tr')
        .nth(rows + 1)
        .waitFor()
      assert.equal(new URL(page.url()).searchParams.get('q'), 'MUG')
      assert.equal(await page.getByRole('link', { name: /new orders?: show/ }).count(), 0)
      assert.equal(await page.locator('.pick input:checked').count(), 1)
      assert.deepEqual(desk.faults, [])
    })
  }
})
