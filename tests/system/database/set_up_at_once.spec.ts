/*
 * Several processes that start at the same moment on an empty database.
 */
import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import { createDatabase } from '#tests/support/runner/environment'
import { AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'

const PROCESSES = 3

test.group('An empty database', (group) => {
  group.each.teardown(endApps)

  test('is set up by the first process while the others wait', async ({ assert, cleanup }) => {
    const home = await dataDirectory()
    const database = await createDatabase()
    cleanup(async () => {
      await database.drop()
      await home.remove()
    })
    const setUp = () =>
      AppProcess.launch({
        dataDir: home.path,
        databaseUrl: database.url,
        env: { APP_KEY: randomBytes(16).toString('hex') },
        entry: 'ace.js',
        args: ['db:setup'],
      })
    const all = await Promise.all(Array.from({ length: PROCESSES }, setUp))
    for (const one of all) {
      assert.deepEqual(await one.exited, { code: 0, signal: null }, one.printed)
    }
  })
})
