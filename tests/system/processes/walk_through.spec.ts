/*
 * docs/integrating.md as a stranger runs it.
 */
import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { test } from '@japa/runner'
import { APP_ROOT, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const run = promisify(execFile)

test.group('The walk-through for integrators', (group) => {
  let shop: ShopProcess

  group.setup(async () => {
    shop = await ShopProcess.open()
    return async () => {
      await shop.close()
      await endApps()
    }
  })

  test('works from top to bottom', async ({ assert }) => {
    const page = await readFile(`${APP_ROOT}docs/integrating.md`, 'utf8')
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block)
    assert.isAbove(blocks.length, 5)
    const folder = await dataDirectory('walk')
    await mkdir(folder.path, { recursive: true })
    const env = { ...process.env, API: `${shop.app.url}/api/v1`, ADMIN: shop.token }
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', blocks.join('\n')], {
      cwd: folder.path,
      env,
      timeout: 60_000,
    }).finally(() => folder.remove())
    assert.match(stdout, /order [0-9a-f-]{36} is confirmed/)
    assert.match(stdout, /"shortages":\[\{"sku":"LAMP-\w+","available":5,"requested":9/)
    assert.match(stdout, /^order_not_open$/m)
    assert.match(stdout, /^Q-\d+$/m)
    const steps = [...stdout.matchAll(/^data: .*?"type":"(\w+)"/gm)].map(([, type]) => type)
    assert.deepEqual(steps, [
      ...['placed', 'confirmed', 'revised', 'change_accepted', 'revised', 'change_declined'],
      ...['fulfilled', 'stock_deducted'],
    ])
    assert.match(stdout, /"onHand":1,"reserved":0/)
  })
})
