/*
 * The database fails while people use pages: they get a notice, and typed text is kept.
 */
import { test } from '@japa/runner'
import type { Page } from 'playwright-core'
import {
  launchEmbeddedPostgres,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { barriers, emptyDesk } from '#tests/support/browser/browser'
import { eventually } from '#tests/support/eventually'
import { ace, AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'

test.group('Pages without a database', (group) => {
  group.each.teardown(endApps)

  test('explain the outage, keep the form, and send it when the database is back', async ({
    assert,
    cleanup,
  }) => {
    const home = await dataDirectory()
    cleanup(home.remove)
    const server = await startEmbeddedPostgres({ dataDir: home.path, as: 'guest' })
    const app = await AppProcess.start({ dataDir: home.path, databaseUrl: server.url })
    const { stdout } = await ace(
      app.env,
      ...['accounts:create', '--role=admin', '--email=ada@example.com', '--token', '--json']
    )
    const { email, password, token } = JSON.parse(stdout)
    const mug = { name: 'Red mug', price: { amount: 1_250, currency: 'EUR' } }
    await app.put('/api/v1/products/MUG-RED', token, mug)
    const desks = await Promise.all([true, false].map((scripts) => emptyDesk({ scripts })))
    for (const [index, { page }] of desks.entries()) {
      await page.goto(`${app.url}/admin/login`)
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(`${app.url}/admin`)
      await page.goto(`${app.url}/admin/stock/MUG-RED`)
      await page.getByLabel('Received').fill('7')
      await page.getByLabel('Reference').fill(`Half a pallet ${index}`)
    }

    await stopEmbeddedPostgres(home.path)
    // The balances are looked at, and stay: what is not there is not looked at a second time.
    const [{ page: looking }] = desks
    for (let n = 0; n < 2; n++) await looking.waitForResponse((one) => one.status() === 503)
    for (const { page } of desks) {
      await page.getByRole('button', { name: 'Restock', exact: true }).click()
      await page.getByText('Your form was not saved').waitFor()
      assert.include(await page.locator('dl').innerText(), 'Half a pallet')
    }
    const waiting = await desks[0].page.context().newPage()
    const answer = await waiting.goto(`${app.url}/admin/stock`)
    assert.equal(answer!.status(), 503)
    await waiting.getByRole('heading', { name: 'The database is unavailable' }).waitFor()
    assert.deepEqual(await barriers(waiting), [])

    await launchEmbeddedPostgres(home.path)
    for (const { page } of desks) await sendAgain(page)
    // Tries again by itself.
    await waiting.getByRole('heading', { name: 'Stock' }).waitFor()
    const { body } = await app.get('/api/v1/stock/MUG-RED', token)
    assert.equal(body.onHand, 14, 'once for each of the two')
    for (const desk of desks) await desk.close()
  })
})

/** The first connections may still be those that broke. */
async function sendAgain(page: Page) {
  await eventually('the form is taken', async () => {
    const answer = page.waitForResponse((one) => one.request().method() === 'POST')
    await page.getByRole('button', { name: 'Try again' }).click()
    return (await answer).status() !== 503
  })
  await page.getByText('restocked by +7').waitFor()
}
