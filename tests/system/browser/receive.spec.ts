/*
 * The scan loop, with a scanner's hand: twenty characters in forty milliseconds, wherever the focus is.
 */
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { Page } from 'playwright-core'
import { putProduct } from '#inventory/products/put_product'
import {
  barriers,
  base,
  deskOf,
  emptyDesk,
  signIn,
  type Desk,
} from '#tests/support/browser/browser'
import { onHand, runImport } from '#tests/support/stock_imports'
import { typeKeys } from '#tests/support/browser/scanner'
import { emptyShop, person, product } from '#tests/support/shop'

const RECEIVE = `${base}/admin/stock/receive`
const MUG = 'MUG-STN-350-BLU-0001'

/** What the page plays, in hertz, and how long each scan waited for its answer. */
const WATCH = /* js */ `
  window.sounds = []
  window.waits = []
  const { start } = AudioScheduledSourceNode.prototype
  AudioScheduledSourceNode.prototype.start = function (...at) {
    window.sounds.push(this.frequency.value)
    return start.apply(this, at)
  }
  let entered
  addEventListener('keydown', ({ key, timeStamp }) => { if (key === 'Enter') entered = timeStamp }, true)
  new MutationObserver((changes) => {
    const answers = changes.some(({ addedNodes }) => [...addedNodes].some(({ id }) => id === 'last'))
    if (answers && entered) window.waits.push(performance.now() - entered)
  }).observe(document, { childList: true, subtree: true })`

/** As a wedge scanner types, whatever else keeps the computer. */
function scan(page: Page, code: string, end: 'Enter' | 'Tab' = 'Enter') {
  return typeKeys(page, code, { every: 2, end })
}

/** The shortest time for which the page ever waits on purpose. */
const PAGE_WAITS_MS = 1_000

const sounds = (page: Page) => page.evaluate('window.sounds.splice(0)') as Promise<number[]>
const quickest = (page: Page) => page.evaluate('Math.min(...window.waits)') as Promise<number>
const focused = (page: Page) => page.evaluate('document.activeElement.id')
const answer = (page: Page, words: string) => page.locator('#last', { hasText: words }).waitFor()
const units = (page: Page, words: string) => page.locator('#dock', { hasText: words }).waitFor()

test.group('The scan loop', (group) => {
  let desk: Desk
  group.each.setup(async () => {
    await emptyShop()
    await product(MUG, 58)
    const price = { amount: 100, currency: 'EUR' }
    await putProduct('TEA', { name: 'Tea', price, barcodes: ['012345678905'] }, null)
    return () => desk.close()
  })

  /** A clerk at the scan page. */
  async function atTheScanner(look = {}) {
    desk = await deskOf('clerk', 'Carl', look)
    await desk.page.addInitScript(WATCH)
    await desk.page.goto(RECEIVE)
    return desk.page
  }

  for (const [theme, size] of [
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const) {
    test(`counts at a scanner’s speed, confirms with a sound, and is applied: ${theme}, ${size}`, async ({
      assert,
    }) => {
      const page = await atTheScanner({ theme, size })
      for (let piece = 1; piece <= 5; piece++) await scan(page, MUG, piece === 3 ? 'Tab' : 'Enter')
      await answer(page, '5 scanned; on hand 58 → 63')
      await scan(page, '0012345678905')
      await answer(page, '1 scanned; on hand 0 → 1')
      assert.equal(await page.locator('#last').getAttribute('role'), 'status')
      const [good, ...others] = new Set(await sounds(page))
      assert.isEmpty(others)
      await scan(page, '4006381333931')
      await answer(page, 'Unknown code')
      assert.equal(await page.locator('#last').getAttribute('role'), 'alert')
      assert.notInclude(await sounds(page), good)
      await page.getByLabel('Set TEA to').fill('12')
      await page.keyboard.press('Enter')
      await answer(page, 'Set to 12 from 1')
      assert.equal(await focused(page), 'scan')
      assert.deepEqual(await barriers(page), [])
      assert.isBelow(await quickest(page), PAGE_WAITS_MS)

      await page.getByLabel('Reference').fill('LS-118902')
      await page.getByRole('button', { name: 'Review' }).click()
      await page.getByText('17 units of 2 SKUs').waitFor()
      assert.deepEqual(await barriers(page), [])
      await page.getByRole('button', { name: 'Apply 17 units' }).click()
      await page.getByText('of 2 SKUs (LS-118902) received').waitFor()
      assert.deepEqual(await onHand(), { [MUG]: 63, TEA: 12 })
      await page.getByText('No items scanned').waitFor()
      await page.getByRole('link', { name: 'Identify 4006381333931' }).waitFor()
      assert.deepEqual(desk.faults, [])
    })

    test(`asks about unknown codes, and before a receipt is discarded: ${theme}, ${size}`, async ({
      assert,
    }) => {
      const page = await atTheScanner({ theme, size })
      await scan(page, '4006381333931')
      await page.getByRole('link', { name: 'Identify' }).click()
      await page.getByRole('searchbox').fill('tea')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Choose TEA' }).waitFor()
      assert.deepEqual(await barriers(page), [])
      await page.getByRole('button', { name: 'Choose TEA' }).click()
      await page.getByText('now has the barcode 4006381333931').waitFor()
      await page.getByRole('link', { name: 'Discard receipt' }).click()
      await page.getByRole('button', { name: 'Discard 1 unit' }).waitFor()
      assert.deepEqual(await barriers(page), [])
      assert.deepEqual(desk.faults, [])
    })
  }

  test('counts a scan into another field, and restores that field', async ({ assert }) => {
    const page = await atTheScanner()
    await page.goto(`${base}/admin/stock`)
    await page.getByRole('link', { name: 'Receive goods' }).click()
    await page.getByText('No items scanned').waitFor()
    await scan(page, MUG)
    await units(page, '1 unit')
    for (const [field, held] of [
      ['Reference', 'LS-1'],
      [`Set ${MUG} to`, '7'],
    ]) {
      await page.getByLabel(field).fill(held)
      await scan(page, MUG)
      assert.equal(await page.getByLabel(field).inputValue(), held)
    }
    await units(page, '3 units')
    assert.equal(await focused(page), 'scan')
    await page.getByRole('button', { name: 'Review' }).focus()
    await scan(page, 'TEA')
    await units(page, '4 units')
    assert.equal(await page.getByLabel('Reference').inputValue(), 'LS-1')

    await page.getByLabel('Reference').focus()
    await page.keyboard.type('19', { delay: 90 })
    await page.keyboard.press('Enter')
    await page.getByText('LS-119').waitFor()
    await page.getByRole('button', { name: 'Apply 4 units' }).focus()
    await scan(page, MUG)
    await page.waitForURL(RECEIVE)
    await units(page, '5 units')
    assert.deepEqual(await onHand(), { [MUG]: 58, TEA: 0 })
    assert.deepEqual(desk.faults, [])
  })

  test('counts a complete scan that began before its field had the focus', async ({ assert }) => {
    const page = await atTheScanner()
    await page.evaluate(`{
      const field = document.getElementById('scan')
      field.blur()
      addEventListener('keyup', () => field.focus(), { once: true, capture: true })
    }`)
    await scan(page, MUG)
    await units(page, '1 unit')
    assert.equal(await page.locator('#scan').inputValue(), '')
    assert.deepEqual(desk.faults, [])
  })

  test('keeps scans in the browser while the connection is away, over a reload', async ({
    assert,
  }) => {
    const page = await atTheScanner()
    await scan(page, MUG)
    await units(page, '1 unit')
    await page.context().setOffline(true)
    for (const code of [MUG, 'TEA', MUG]) await scan(page, code)
    await page.getByText('3 scans wait in this browser').waitFor()
    assert.deepEqual(await barriers(page), [])
    await page.goto('about:blank')
    await page.context().setOffline(false)
    await page.goto(RECEIVE)
    await units(page, '4 units')
    assert.equal(await page.getByText('in this browser').count(), 0)
    assert.deepEqual(desk.faults, [])
  })

  test('re-sends scans that the server refused without its database', async ({ assert }) => {
    const page = await atTheScanner()
    const isPoll: boolean[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') isPoll.push('x-poll' in request.headers())
    })
    const owner = db.connection('inventory_owner')
    await owner.transaction(async (trx) => {
      await trx.rawQuery('lock table receipt_scans in access exclusive mode')
      await scan(page, MUG)
      await scan(page, 'TEA')
      await page.getByText('2 scans wait in this browser').waitFor()
      await owner.rawQuery(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%receipt_scans%' and pid <> pg_backend_pid()`
      )
      await page.waitForResponse((response) => response.status() === 503)
    })
    await units(page, '2 units')
    const noted = await db.connection('inventory').from('receipt_scans')
    assert.lengthOf(noted, 2)
    // The session is extended by the scans of a person, not by re-sending them.
    const [first, ...rest] = isPoll
    assert.isFalse(first)
    assert.isNotEmpty(rest)
    assert.notInclude(rest, false)
    assert.isTrue(desk.faults.every((fault) => fault.includes('503')))
  })

  test('sets a scan aside that the server fails at, and counts the scans after it', async ({
    assert,
  }) => {
    const page = await atTheScanner({ size: 'phone' })
    const owner = db.connection('inventory_owner')
    await owner.rawQuery(
      `alter table receipt_scans add constraint planted check (code <> 'TEA') not valid`
    )
    try {
      for (const code of ['TEA', MUG, MUG]) await scan(page, code)
      await page
        .locator('#aside', { hasText: 'TEA: The server failed, so this scan may not be counted' })
        .waitFor()
      await units(page, '2 units')
      assert.equal(await page.getByText('in this browser').count(), 0)
      assert.deepEqual(await barriers(page), [])
      await page.reload()
      await page.getByRole('button', { name: 'Retry' }).click()
      await page.locator('#aside .notice').waitFor({ state: 'detached' })
      await page
        .locator('#aside', { hasText: 'TEA: The server failed, so this scan may not be counted' })
        .waitFor()
    } finally {
      await owner.rawQuery('alter table receipt_scans drop constraint planted')
    }
    await page.getByRole('button', { name: 'Retry' }).click()
    await units(page, '3 units')
    assert.equal(await page.locator('#aside .notice').count(), 0)

    await owner.rawQuery(
      `alter table receipt_scans add constraint planted check (code <> 'TEA') not valid`
    )
    try {
      await scan(page, 'TEA')
      await page.getByRole('button', { name: 'Discard', exact: true }).click()
      await page.locator('#aside .notice').waitFor({ state: 'detached' })
    } finally {
      await owner.rawQuery('alter table receipt_scans drop constraint planted')
    }
    await page.reload()
    await units(page, '3 units')
    assert.equal(await page.locator('#aside .notice').count(), 0)
    assert.isTrue(desk.faults.every((fault) => fault.includes('500')))
  })

  test('counts scans of an ended session after the next sign-in', async ({ assert }) => {
    const page = await atTheScanner()
    await scan(page, MUG)
    await units(page, '1 unit')
    await db.connection('accounts').from('sessions').delete()
    await page.clock.install()
    await scan(page, MUG)
    await page.getByText('1 scan waits in this browser. You are signed out').waitFor()
    // The notice that a scan is slow comes after a second, and keeps the reason.
    await page.clock.fastForward(1_500)
    await page.getByText('1 scan waits in this browser. You are signed out').waitFor()
    await scan(page, 'TEA')
    await page.getByText('2 scans wait in this browser. You are signed out').waitFor()

    // Somebody else signs in at the same browser: what waits in it is not theirs.
    const second = await page.context().newPage()
    await signIn(second, await person('clerk', 'Vera'))
    await scan(page, 'TEA')
    await page.getByText('3 scans wait in this browser. You are signed out').waitFor()
    await second.goto(RECEIVE)
    await second.getByText('No items scanned').waitFor()

    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.context().clearCookies()
    await signIn(page, desk.person)
    await page.goto(RECEIVE)
    await units(page, '4 units')
    assert.lengthOf(await db.connection('inventory').from('receipt_scans'), 4)
    assert.isTrue(desk.faults.every((fault) => /40[139]/.test(fault)))
  })

  test('keeps the link to sign in while a user is signed out', async ({ assert }) => {
    const page = await atTheScanner()
    await page.clock.install()
    await page.goto(RECEIVE)
    await db.connection('accounts').from('sessions').delete()
    await scan(page, MUG)
    await page.getByText('1 scan waits in this browser. You are signed out').waitFor()
    // A scan that is not sent after a second is announced, whatever its reason.
    await page.clock.runFor(1_500)
    assert.isTrue(await page.getByRole('link', { name: 'Sign in' }).isVisible())
  })

  test('keeps scans of a user who may no longer receive goods', async ({ assert }) => {
    const page = await atTheScanner()
    const role = (name: string) =>
      db.connection('accounts').from('accounts').where('id', desk.person.id).update({ role: name })
    await role('operator')
    await scan(page, MUG)
    await page.getByText('1 scan waits in this browser. Your role no longer allows').waitFor()
    await role('clerk')
    await page.goto(RECEIVE)
    await units(page, '1 unit')
    assert.isTrue(desk.faults.every((fault) => fault.includes('404')))
  })

  test('shares one tally between two browsers, and applies what was reviewed', async ({
    assert,
  }) => {
    const page = await atTheScanner()
    const other = await emptyDesk({ theme: 'dark' })
    await signIn(other.page, desk.person)
    await other.page.goto(RECEIVE)
    for (let piece = 0; piece < 3; piece++) {
      await Promise.all([scan(page, MUG), scan(other.page, 'TEA')])
    }
    for (const one of [page, other.page]) await answer(one, '3 scanned')
    await page.goto(`${RECEIVE}/review`)
    await page.getByRole('button', { name: 'Apply 6 units' }).waitFor()
    await scan(other.page, 'TEA')
    await units(other.page, '7 units')
    await page.getByRole('button', { name: 'Apply 6 units' }).click()
    await page.getByText('now has 7 units of 2 SKUs').waitFor()
    await page.getByRole('button', { name: 'Apply 7 units' }).click()
    await page.getByText('of 2 SKUs received').waitFor()
    await scan(other.page, 'TEA')
    await units(other.page, '1 unit')
    assert.deepEqual(await onHand(), { [MUG]: 61, TEA: 4 })
    assert.deepEqual([...desk.faults, ...other.faults], [])
    await other.close()
  })

  test('treats any label content as text', async ({ assert }) => {
    const page = await atTheScanner()
    await scan(page, 'A'.repeat(500))
    await answer(page, '500 characters')
    await page.locator('#scan').fill('   ')
    await page.keyboard.press('Enter')
    await answer(page, 'The code is empty')
    await scan(page, '<script>alert(1)</script>')
    await answer(page, '<script>alert(1)</script>')
    await page.getByText('Unknown codes').waitFor()
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(desk.faults, [])
  })

  test('works without scripts: count, assign a code, correct, apply, discard', async ({
    assert,
  }) => {
    const page = await atTheScanner({ scripts: false, size: 'phone' })
    assert.equal(await page.locator('#scan[autofocus]').count(), 1)
    for (const code of [MUG, `${MUG}*5`, '96385074']) {
      await page.locator('#scan').fill(code)
      await page.keyboard.press('Enter')
      await answer(page, code === '96385074' ? 'Unknown code' : 'scanned')
    }
    await page.getByRole('link', { name: 'Identify' }).click()
    await page.getByRole('searchbox').fill('tea')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('button', { name: 'Choose TEA' }).click()
    await page.getByText('now has the barcode 96385074, +1 on this receipt').waitFor()
    await page.getByLabel(`Set ${MUG} to`).fill('4')
    await page.keyboard.press('Enter')
    await answer(page, 'Set to 4 from 6')
    await page.locator('#last').getByRole('button', { name: 'Undo' }).click()
    await answer(page, 'Set to 6 from 4')
    await page.getByRole('button', { name: 'Review' }).click()
    await page.getByRole('button', { name: 'Apply 7 units' }).click()
    await page.getByText('of 2 SKUs received').waitFor()
    assert.deepEqual(await onHand(), { [MUG]: 64, TEA: 1 })
    await page.locator('.toasts').getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Undoing the rows').waitFor()
    await runImport(page.url().split('/').at(-1)!)
    assert.deepEqual(await onHand(), { [MUG]: 58, TEA: 0 })
    await page.goto(RECEIVE)
    await page.locator('#scan').fill('A'.repeat(500))
    await page.keyboard.press('Enter')
    await answer(page, '500 characters')
    await page.locator('#scan').fill('TEA')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Discard receipt' }).click()
    await page.getByRole('button', { name: 'Discard 1 unit' }).click()
    await page.getByText('Stock has not changed').waitFor()
    await page.getByText('No items scanned').waitFor()
    assert.deepEqual(desk.faults, [])
  })
})
