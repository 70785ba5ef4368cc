/*
 * From release 0.1.0 to here: the migrations of the working tree on a dump that the release made. A shop
 * that was stopped in the middle of its work goes on where it was, and who knew it finds it again.
 */
import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import pg from 'pg'
import { PlainDesk } from '#tests/support/desk'
import { freePort } from '#tests/support/runner/environment'
import { INCOMPLETE, plainPaths, refused, walkSite } from '#tests/support/browser/site_walk'
import type { Remembered } from '#tests/system/upgrade/demo_shop'
import { restoreRelease } from '#tests/system/upgrade/restored_release'
import { eventually } from '#tests/support/eventually'
import {
  ace,
  aceInTurn,
  AppProcess,
  dataDirectory,
  endApps,
  environmentOf,
  type AppOptions,
} from '#tests/support/processes/app_process'

/** Of the commands that change something. */
const FOR_ALL = ['--all', '--as=test', '--why=upgraded', '--yes', '--json']

test.group('An upgrade from 0.1.0', (group) => {
  let release: Awaited<ReturnType<typeof restoreRelease>>
  let options: AppOptions
  let database: pg.Client
  let app: AppProcess

  group.setup(async () => {
    release = await restoreRelease()
    const home = await dataDirectory()
    options = {
      dataDir: home.path,
      port: await freePort(),
      databaseUrl: release.url,
      // The topics are not in the dump. All that lay in them had been handled.
      env: { APP_KEY: release.known.appKey, LOG_LEVEL: 'warn', TRANSPORT_CHANGE: 'accept' },
    }
    database = new pg.Client(release.url)
    await database.connect()
    // A row of the count that changed a price: as the release leaves it where the count agrees too.
    await database.query(
      `update inventory.stock_import_rows set counted = before where sku = 'KAESE'`
    )
    return async () => {
      await endApps()
      await database.end()
      await release.drop()
      await home.remove()
    }
  })

  // Each command is the start of an app: seconds, and many more beside other tests.

  test('migrates its data, and changes no balance and no amount', async ({ assert }) => {
    const before = await figures()
    const { code, stdout, stderr } = await ace(environmentOf(options, options.port!), 'db:setup')
    assert.equal(code, 0, stdout + stderr)
    assert.deepEqual(await figures(), before)
    assert.equal(await foundBy('inventory:reconcile'), 0)
  })

  test('publishes pending messages of 0.1.0, and keeps what needs an operator', async ({
    assert,
  }) => {
    app = await AppProcess.start(options)
    const { unpublished, parked } = release.known
    await eventually('inventory has answered', async () => {
      const { rows } = await database.query(
        `select from orders.orders where status in ('pending', 'updating') and id = any($1)`,
        [unpublished]
      )
      return rows.length === 0
    })
    const { rows } = await database.query('select key from orders.parked_keys')
    assert.deepEqual(rows, [{ key: parked }])
  })

  test('recognizes counts that agreed with the books, for which 0.1.0 wrote no movement', async ({
    assert,
  }) => {
    const { rows: imports } = await database.query(
      `select counts ->> 'agreed' as agreed, counts ->> 'recorded' as recorded
       from inventory.stock_imports where name = 'count-hall-2.csv'`
    )
    assert.deepEqual(imports, [{ agreed: '0', recorded: '1' }])
    const { rows } = await database.query(
      `select id from inventory.movements where sku = 'KAESE' and kind = 'restock' order by id limit 1`
    )
    const { token } = release.known.people.clerk
    const headers = { 'idempotency-key': randomUUID() }
    const path = `/api/v1/stock/movements/${rows[0].id}/reversal`
    const { status, body } = await app.request('POST', path, { token, body: {}, headers })
    assert.equal(status, 409)
    assert.equal(body.code, 'counted_since')
  })

  test('returns the first response for each earlier Idempotency-Key', async ({ assert }) => {
    const { remembered, people } = release.known
    assert.isAbove(remembered.length, 50)
    const again = async ({ by, method, path, body, key }: Remembered) => {
      const headers = { 'idempotency-key': key }
      const { token } = people[by]
      return app.request(method, path, { token, body, headers })
    }
    for (const each of remembered) {
      const answer = await again(each)
      const { status, body } = answer
      assert.deepEqual({ status, body }, { status: each.status, body: each.answer }, each.path)
      assert.equal(answer.headers.get('idempotent-replayed'), 'true', each.path)
    }
  })

  test('accepts every token and session', async ({ assert }) => {
    for (const { token, session, role } of Object.values(release.known.people)) {
      const me = await app.get('/api/v1/accounts/me', token)
      assert.equal(me.body?.role, role, me.text)
      if (!session) continue
      const desk = new PlainDesk(null, app.url)
      desk.session = session
      assert.equal((await desk.open('/admin')).status, 200)
    }
  })

  test('shows every order, import and product', async ({ assert }) => {
    const { rows } = await database.query<{ path: string }>(`
      select '/admin/orders/' || id as path from orders.orders
      union all select '/admin/stock/imports/' || id from inventory.stock_imports where source = 'csv'
      union all select '/admin/stock/' || sku from inventory.stock_items`)
    const desk = new PlainDesk(null, app.url)
    desk.session = release.known.people.admin.session
    const visits = await walkSite(desk, [...rows.map(({ path }) => path), ...plainPaths()])
    assert.sameMembers(refused(visits), INCOMPLETE, app.printed)
    assert.isAbove(visits.length, 300)
  })

  test('handles the dead letters and the parked key after their redrive', async ({ assert }) => {
    const { code, stdout, stderr } = await aceInTurn(app.env, [
      ['messaging:verify', '--older-than=0s'],
      ['deadletters:redrive', ...FOR_ALL],
      ['outbox:unpark', ...FOR_ALL],
    ])
    // The key is still parked, and three records are no messages.
    assert.equal(code, 3, stderr)
    assert.match(stdout, /orders: parked: order_placed .*\n.* 1 missing/)
    assert.include(stdout, '"waiting":[],"junk":3,"finished":true')
    await eventually('inventory has answered every order', async () => {
      const { rows } = await database.query(
        `select from orders.orders where status in ('pending', 'updating')`
      )
      return rows.length === 0
    })
    const proofs = ['messaging:verify', 'inventory:reconcile', 'operations:reconcile']
    assert.equal(await foundBy(...proofs), 0)
    const { rows } = await database.query('select distinct reason from inventory.dead_letters')
    assert.deepEqual(rows, [{ reason: 'junk' }])
  })

  /** The exit code of proofs: 0 when all is well, 3 when one has found something. */
  async function foundBy(...proofs: string[]) {
    const commands = proofs.map((proof) => proof.split(' '))
    const { code } = await aceInTurn(environmentOf(options, options.port!), commands)
    return code
  }

  /** What no migration may change. */
  async function figures() {
    const { rows } = await database.query(`
      select 'stock ' || sku as of, on_hand || ' ' || reserved as is from inventory.stock_items
      union all select 'price ' || sku, price_amount || ' ' || price_currency from orders.price_list
      union all select 'order ' || status, count(*)::text from orders.orders group by status
      union all select 'lines ' || order_id, sum(quantity * unit_price)::text from orders.order_lines
        group by order_id
      order by 1`)
    return rows
  }
})
