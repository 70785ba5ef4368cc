/*
 * The simulated customers and clerk of demo:traffic.
 */
import { test } from '@japa/runner'
import { createDatabase } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { ace, AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'

test.group('The demo traffic', (group) => {
  let app: AppProcess
  let options: string[]

  group.setup(async () => {
    const home = await dataDirectory()
    const database = await createDatabase()
    app = await AppProcess.start({ dataDir: home.path, databaseUrl: database.url })
    options = ['--rate=20', '--seconds=3', '--yes', '--json', `--url=${app.url}`]
    return async () => {
      await endApps()
      await database.drop()
      await home.remove()
    }
  })

  test('refuses invalid options, and a shop without products', async ({ assert }) => {
    const [empty, unconfirmed, invalid] = await Promise.all([
      ace(app.env, 'demo:traffic', ...options),
      ace(app.env, 'demo:traffic', '--json'),
      ace(app.env, 'demo:traffic', '--rate=0', '--yes'),
    ])
    assert.equal(empty.code, 1)
    assert.include(empty.stderr, 'node ace demo:seed')
    assert.equal(unconfirmed.code, 2)
    assert.include(unconfirmed.stderr, '--yes')
    assert.equal(invalid.code, 2)
    assert.include(invalid.stderr, '--rate')
  })

  test('orders active products, restocks them, and leaves everything consistent', async ({
    assert,
  }) => {
    const seeded = await ace(app.env, 'demo:seed', '--yes')
    assert.equal(seeded.code, 0, seeded.stderr)

    const played = await ace(app.env, 'demo:traffic', ...options)
    assert.equal(played.code, 0, played.stderr)
    const { placed, restocked, ...others } = JSON.parse(played.stdout)
    assert.isAbove(placed, 20)
    // One product of the catalogue is out of stock from the start, another is low.
    assert.isAtLeast(restocked, 2, played.stdout)
    assert.notMatch(Object.keys(others).join(), /not reached|5\d\d|401|422/)

    const again = await ace(app.env, 'demo:traffic', ...options)
    assert.equal(again.code, 0, 'the accounts of the first run are used again')
    await eventually('everything is consistent', async () => {
      const { code } = await ace(app.env, 'operations:reconcile')
      return code === 0
    })
  })

  test('exits 4 without a running app', async ({ assert }) => {
    await app.kill('SIGTERM')
    const { code, stderr } = await ace(app.env, 'demo:traffic', ...options)
    assert.equal(code, 4)
    assert.include(stderr, `no app at ${app.url}`)
  })
})
