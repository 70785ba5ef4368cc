/*
 * `db:setup` on the tables of release 0.1.0, which showed amounts of some currencies without decimals.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import pg from 'pg'
import { test } from '@japa/runner'
import { SHOWN_WHOLE } from '#database/changed_decimals'
import { createDatabase } from '#tests/support/runner/environment'
import { AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'

test.group('An upgrade from 0.1.0', (group) => {
  group.each.teardown(endApps)

  test('counts products whose prices are shown with different decimals', async ({
    assert,
    cleanup,
  }) => {
    const home = await dataDirectory()
    const database = await createDatabase()
    const client = new pg.Client({ connectionString: database.url })
    cleanup(async () => {
      await client.end()
      await database.drop()
      await home.remove()
    })
    const setUp = async (...args: string[]) => {
      const one = await AppProcess.launch({
        dataDir: home.path,
        databaseUrl: database.url,
        env: { APP_KEY: randomBytes(16).toString('hex') },
        entry: 'ace.js',
        args: ['db:setup', ...args],
      })
      assert.deepEqual(await one.exited, { code: 0, signal: null }, one.printed)
      return one.printed
    }
    await setUp()
    await client.connect()
    await client.query(`
      insert into inventory.stock_items (sku, name, price_amount, price_currency)
      values ('A', 'a', 1000, 'HUF'), ('B', 'b', 1000, 'HUF'), ('C', 'c', 1000, 'IQD'), ('D', 'd', 1000, 'EUR')`)
    assert.notInclude(await setUp('--dry-run'), 'priced in')

    // As if none of the migrations since had run.
    await client.query(`delete from inventory.adonis_schema where name ~ '/00(1[7-9]|[2-9])'`)
    const printed = await setUp('--dry-run')
    assert.match(printed, /2 products are priced in HUF: .* divided by 100, as ISO 4217/)
    assert.match(printed, /1 product is priced in IQD: .* divided by 1000,/)
    assert.notInclude(printed, 'EUR')
  })

  test('is described in the CHANGELOG for each affected currency', async ({ assert }) => {
    const changelog = await readFile(app.makePath('CHANGELOG.md'), 'utf8')
    assert.includeMembers(changelog.match(/\b[A-Z]{3}\b/g)!, SHOWN_WHOLE)
  })
})
