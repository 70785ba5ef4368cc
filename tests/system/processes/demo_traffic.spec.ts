/*
 * The customers and the clerk that a newcomer sees at work.
 */
import { test } from '@japa/runner'
import { createDatabase } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { ace, AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'

test.group('The demo traffic', (group) => {
  group.each.teardown(endApps)

  test('orders active products, restocks them, and leaves everything consistent', async ({
    assert,
    cleanup,
  }) => {
    const home = await dataDirectory()
    cleanup(home.remove)
    const database = await createDatabase()
    cleanup(database.drop)
    const app = await AppProcess.start({ dataDir: home.path, databaseUrl: database.url })
    const seeded = await ace(app.env, 'demo:seed', '--yes')
    assert.equal(seeded.code, 0, seeded.stderr)

    const options = ['--rate=20', '--seconds=3', '--yes', '--json', `--url=${app.url}`]
    const played = await ace(app.env, 'demo:traffic', ...options)
    assert.equal(played.code, 0, played.stderr)
    const { placed, restocked, ...others } = JSON.parse(played.stdout)
    assert.isAbove(placed, 20)
    // One product of the catalogue is out from the beginning, another is low.
    assert.isAtLeast(restocked, 2, played.stdout)
    assert.notMatch(Object.keys(others).join(), /not reached|5\d\d|401|422/)

    const again = await ace(app.env, 'demo:traffic', ...options)
    assert.equal(again.code, 0, 'the accounts of the first time serve again')
    await eventually('everything is settled and in order', async () => {
      const { code } = await ace(app.env, 'operations:reconcile')
      return code === 0
    })
  }).timeout(60_000)

  test('names its missing options', async ({ assert, cleanup }) => {
    const home = await dataDirectory()
    cleanup(home.remove)
    const database = await createDatabase()
    cleanup(database.drop)
    const app = await AppProcess.start({ dataDir: home.path, databaseUrl: database.url })

    const nothing = await ace(app.env, 'demo:traffic', '--yes', `--url=${app.url}`)
    assert.equal(nothing.code, 1)
    assert.include(nothing.stderr, 'node ace demo:seed')
    await app.kill('SIGTERM')
    const nobody = await ace(app.env, 'demo:traffic', '--yes', `--url=${app.url}`)
    assert.equal(nobody.code, 4)
    assert.include(nobody.stderr, `no app at ${app.url}`)
    const unsure = await ace(app.env, 'demo:traffic', '--json')
    assert.equal(unsure.code, 2)
    assert.include(unsure.stderr, '--yes')
    const silly = await ace(app.env, 'demo:traffic', '--rate=0', '--yes')
    assert.equal(silly.code, 2)
    assert.include(silly.stderr, '--rate')
  }).timeout(60_000)
})
