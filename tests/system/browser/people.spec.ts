/*
 * People: inviting somebody who then signs in, taking access away, one's own account, and the audit of it.
 */
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { linkTo } from '#accounts/people/invitation'
import { barriers, base, deskOf, emptyDesk } from '#tests/support/browser/browser'
import { emptyShop, person } from '#tests/support/shop'

test.group('People', (group) => {
  group.each.setup(emptyShop)

  for (const [theme, size, scripts] of [
    ['light', 'desktop', true],
    ['dark', 'phone', true],
    ['light', 'phone', false],
  ] as const) {
    test(`are invited, sign in, and are disabled: ${theme}, ${size}, scripts ${scripts}`, async ({
      assert,
    }) => {
      const look = { theme, size, scripts }
      const desk = await deskOf('admin', 'Ada', look)
      const { page } = desk
      const clean = async () => {
        if (scripts) assert.deepEqual(await barriers(page), [])
      }
      await page.goto(`${base}/admin/people`)
      const form = page.locator('#invite')
      await form.getByLabel('Name').fill('Maren Vogel')
      await form.getByLabel('E-mail').fill('maren@example.com')
      await form.getByRole('button', { name: 'Invite' }).click()
      await page.getByText('is invited. A mail is on its way to maren@example.com').waitFor()
      await clean()

      const invitation = await db.connection('accounts').from('invitations').first()
      const hers = await emptyDesk(look)
      await hers.page.goto(linkTo(invitation).replace(/^.*(?=\/admin)/, base))
      await hers.page.getByLabel('Password').fill('her own password')
      if (scripts) assert.deepEqual(await barriers(hers.page), [])
      await hers.page.getByRole('button', { name: 'Set password and sign in' }).click()
      await hers.page.getByText('is signed in as clerk').waitFor()
      await hers.page.locator('.menu summary').click()
      await hers.page.getByRole('link', { name: 'Account' }).click()
      await hers.page.getByText('Chrome on').waitFor()
      assert.equal(await hers.page.getByRole('link', { name: 'Audit' }).count(), 0)

      await page.goto(`${base}/admin/people`)
      await page.getByRole('link', { name: 'Maren Vogel' }).click()
      await page.getByText('Ends 1 session and revokes 0 tokens immediately').waitFor()
      await clean()
      await page.getByRole('button', { name: 'Disable Maren Vogel' }).click()
      await page.getByText('is disabled; 1 session and 0 tokens ended').waitFor()
      await hers.page.reload()
      await hers.page.getByRole('heading', { name: 'Sign in' }).waitFor()

      await page.goto(`${base}/admin/audit`)
      await page.getByText('disabled an account').last().waitFor()
      await page.getByRole('row', { name: 'invited someone' }).getByText('done').waitFor()
      await clean()
      assert.deepEqual([...desk.faults, ...hers.faults], [])
      await desk.close()
      await hers.close()
    })
  }
})

test.group('The own account page', (group) => {
  group.each.setup(emptyShop)

  test('is reached from the name’s menu with the keyboard, and has the sign-out', async ({
    assert,
  }) => {
    const desk = await deskOf('operator', 'Olga', { theme: 'dark' })
    const { page } = desk
    const menu = page.locator('.menu')
    await menu.locator('summary').focus()
    await page.keyboard.press('Enter')
    await menu.getByRole('link', { name: 'Account' }).waitFor()
    await page.keyboard.press('Escape')
    assert.isFalse(await menu.evaluate((one) => one.hasAttribute('open')))
    await page.goto(`${base}/admin/account`)
    await page.getByLabel('Show dates and times in').selectOption('Asia/Tokyo')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('to Asia/Tokyo').waitFor()
    assert.deepEqual(await barriers(page), [])
    await menu.locator('summary').click()
    await menu.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${base}/admin/login`)
    assert.deepEqual(await barriers(page), [])
    await page.goto(`${base}/admin/stock`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })

  test('fits 320 pixels with all links of an administrator', async ({ assert }) => {
    const desk = await deskOf('admin', 'Ada', { size: 'phone' })
    const { page } = desk
    const olga = await person('operator', 'Olga')
    await page.setViewportSize({ width: 320, height: 640 })
    for (const path of ['account', 'people', `people/${olga.id}`, 'audit']) {
      await page.goto(`${base}/admin/${path}`)
      assert.isFalse(
        await page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth),
        path
      )
    }
    assert.isAtMost(await page.locator('.bar nav a').count(), 6)
    assert.deepEqual(desk.faults, [])
    await desk.close()
  })
})
