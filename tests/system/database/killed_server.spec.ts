import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import type { TestContext } from '@japa/runner/core'
import pg from 'pg'
import {
  embeddedPostgresStatus,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { eventually } from '#tests/support/eventually'

/** A server of this process, in a new data directory. */
async function ownServer({ cleanup }: TestContext) {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-')))
  await chmod(parent, 0o755)
  const restarts: (Error | null)[] = []
  const server = await startEmbeddedPostgres({
    dataDir: join(parent, 'data'),
    as: 'owner',
    onRestart: (error) => void restarts.push(error),
  })
  cleanup(async () => {
    await server.stop()
    await rm(parent, { recursive: true })
  })
  return { ...server, restarts }
}

async function pidOf(dataDir: string) {
  return (await embeddedPostgresStatus(dataDir)).pid
}

async function answers(url: string) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  await client.query('select 1').finally(() => client.end())
  return true
}

test.group('Embedded PostgreSQL | killed under its owner', () => {
  test('runs again on the same port; one that was stopped stays stopped', async (ctx) => {
    const { assert } = ctx
    const [killed, stopped] = [await ownServer(ctx), await ownServer(ctx)]
    await stopEmbeddedPostgres(stopped.dataDir)
    for (let times = 1; times <= 2; times++) {
      const before = (await pidOf(killed.dataDir))!
      process.kill(before, 'SIGKILL')
      await eventually('its owner reports the restart', () => killed.restarts.length === times)
      assert.notEqual(await pidOf(killed.dataDir), before)
      assert.isTrue(await answers(killed.url))
    }
    assert.deepEqual(killed.restarts, [null, null])
    assert.containSubset(await embeddedPostgresStatus(stopped.dataDir), { state: 'stopped' })
    assert.isEmpty(stopped.restarts)

    await killed.stop()
    assert.containSubset(await embeddedPostgresStatus(killed.dataDir), { state: 'stopped' })
  })
})
