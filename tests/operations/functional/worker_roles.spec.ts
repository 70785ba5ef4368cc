/*
 * A worker role that no process runs is named by every process.
 */
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { WorkerRoles } from '#operations/metrics/worker_roles'
import { WorkerHeartbeat } from '#operations/workers/worker_heartbeat'
import { WORKERS, rolesOf } from '#start/workers/workers'

const MODULES = ['orders', 'inventory'] as const

function watching(uptime: number) {
  const roles = new WorkerRoles(() => uptime)
  roles.use(
    MODULES.map((module) => ({
      module,
      client: () => db.connection(module),
      roles: rolesOf(module, WORKERS),
    }))
  )
  return roles
}

function running(...workers: (typeof WORKERS)[number][]) {
  return new WorkerHeartbeat(
    MODULES.map((module) => ({
      client: () => db.connection(module),
      roles: rolesOf(module, workers),
    }))
  )
}

async function degradedAfter(uptime: number) {
  const roles = watching(uptime)
  await roles.read()
  return roles.warnings()
}

/** As if the last heartbeat of these roles were so many seconds older. */
async function age(seconds: number, ...roles: string[]) {
  for (const module of MODULES) {
    await db
      .connection(module)
      .from('worker_roles')
      .whereIn('role', roles)
      .update({ seen_at: db.raw(`seen_at - interval '${seconds} s'`) })
  }
}

test.group('Worker roles', (group) => {
  group.each.setup(async () => {
    for (const module of MODULES) await db.connection(module).from('worker_roles').delete()
  })

  test('are healthy while the processes together run all of them', async ({ assert }) => {
    await running('relay', 'consumers', 'sweeper', 'retention').poll()
    await running('mail', 'imports', 'digests').poll()
    assert.isEmpty(await degradedAfter(3_600))
  })

  test('are reported a minute after their process is gone', async ({ assert }) => {
    await running(...WORKERS).poll()
    await age(50, 'mail', 'imports')
    assert.isEmpty(await degradedAfter(3_600))
    await age(25, 'mail', 'imports')
    assert.deepEqual(await degradedAfter(3_600), [
      'no process has run the mail worker of orders and inventory for 75 s: start "node ace messaging:work"',
      'no process has run the imports worker of inventory for 75 s: start "node ace messaging:work"',
    ])
    await running('mail', 'imports').poll()
    assert.isEmpty(await degradedAfter(3_600))
  })

  test('are each reported after a minute if no process ever ran them', async ({ assert }) => {
    assert.isEmpty(await degradedAfter(59))
    const named = await degradedAfter(61)
    assert.lengthOf(named, WORKERS.length)
    for (const worker of WORKERS) {
      assert.isTrue(
        named.some((words) => words.startsWith(`no process has run the ${worker} worker of `)),
        worker
      )
    }
  })

  test('allow a minute for a start after everything was down', async ({ assert }) => {
    await running(...WORKERS).poll()
    await age(36_000, ...WORKERS)
    assert.isEmpty(await degradedAfter(5))
    assert.lengthOf(await degradedAfter(61), WORKERS.length)
  })

  test('have a gauge each', async ({ assert, client }) => {
    await running(...WORKERS).poll()
    await age(75, 'sweeper')
    await watching(3_600).read()
    const metrics = await client.get('/metrics')
    const gauge = /quartermaster_worker_role_unseen_seconds\{module="orders",role="sweeper"\} (\S+)/
    assert.closeTo(Number(gauge.exec(metrics.text())?.[1]), 75, 10)
  })

  test('of a process are reported until it ends', async ({ assert }) => {
    const heartbeat = running('mail')
    heartbeat.start({ logger })
    await heartbeat.stop()
    const rows = await db.connection('orders').from('worker_roles')
    assert.deepEqual(
      rows.map(({ role }) => role),
      ['mail']
    )
  })
})
