import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import type { Group, TestContext } from '@japa/runner/core'
import pg from 'pg'
import {
  EmbeddedPostgresError,
  embeddedPostgresStatus,
  launchEmbeddedPostgres,
  resetEmbeddedPostgres,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { isRunning } from '#tests/support/processes/app_process'
import { asOrdinaryUser, isRoot, NOBODY } from '#tests/support/processes/ordinary_user'
import { eventually } from '#tests/support/eventually'

const APP_ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** An empty data directory; whatever runs on it ends with the test. */
async function dataDirectory({ cleanup }: TestContext, name = 'data'): Promise<string> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-')))
  await chmod(parent, 0o755)
  const dataDir = join(parent, name)
  cleanup(async () => {
    await stopEmbeddedPostgres(dataDir)
    await resetEmbeddedPostgres(dataDir)
    await rm(parent, { recursive: true })
  })
  return dataDir
}

/** One cluster for all tests of a group, each of which leaves it stopped: setting one up takes a second. */
function sharedCluster(group: Group): () => string {
  let parent: string
  group.setup(async () => {
    parent = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-')))
    await chmod(parent, 0o755)
    await launchEmbeddedPostgres(join(parent, 'data'))
    await stopEmbeddedPostgres(join(parent, 'data'))
  })
  group.each.teardown(async () => {
    await stopEmbeddedPostgres(join(parent, 'data'))
  })
  group.teardown(() => rm(parent, { recursive: true }))
  return () => join(parent, 'data')
}

async function query(url: string, sql: string): Promise<any[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(sql)
    return rows
  } finally {
    await client.end()
  }
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => null).catch((caught) => caught)
  if (error instanceof EmbeddedPostgresError) return error.message
  throw new Error(`Expected an EmbeddedPostgresError, got ${error}`)
}

const SCRIPT = `
  import { startEmbeddedPostgres } from '#database/embedded/server'
  const [dataDir, as] = process.argv.slice(1)
  try {
    const { stop, ...server } = await startEmbeddedPostgres({ dataDir, as })
    console.log(JSON.stringify(server))
    process.stdin.on('end', stop).resume()
  } catch (error) {
    console.log(JSON.stringify({ refused: error.name, message: error.message }))
  }`

/** Another process that starts PostgreSQL; it stops when its standard input ends. */
function startElsewhere(
  { cleanup }: TestContext,
  dataDir: string,
  as: 'owner' | 'guest',
  { detached = false, user }: { detached?: boolean; user?: 'ordinary' } = {}
) {
  const node = ['--import=@poppinss/ts-exec', '--input-type=module', '-e', SCRIPT]
  const args = [...node, '--', dataDir, as]
  const command =
    user === 'ordinary'
      ? asOrdinaryUser(process.execPath, args)
      : { program: process.execPath, args, options: {} }
  const child = spawn(command.program, command.args, {
    cwd: APP_ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached,
    ...command.options,
  })
  cleanup(() => kill(child))
  return { child, answer: () => firstLine(child) }
}

async function firstLine(child: ChildProcess): Promise<any> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line)
  throw new Error('The other process said nothing')
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function endOf(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.stdin!.end()
  await exit
}

test.group('Embedded PostgreSQL | first start', () => {
  test('gives an empty database on 127.0.0.1 only, even in a path with a space', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx, 'my data')
    const server = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isTrue(server.firstRun)
    assert.isFalse(server.adopted)
    assert.equal(server.dataDir, dataDir)

    const [settings] = await query(
      server.url,
      `select current_setting('listen_addresses') as addresses,
         current_setting('unix_socket_directories') as sockets,
         current_setting('max_connections')::int as connections,
         current_setting('fsync') as fsync,
         current_setting('server_encoding') as encoding,
         current_database() as database,
         (select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = current_user) as scram`
    )
    assert.deepEqual(settings, {
      addresses: '127.0.0.1',
      sockets: '',
      connections: 300,
      fsync: 'on',
      encoding: 'UTF8',
      database: 'quartermaster',
      scram: true,
    })
    const { mode } = await stat(join(dataDir, 'postgres.password'))
    assert.equal(mode & 0o777, 0o600)
    const wrongPassword = server.url.replace(/:[^:@]+@/, ':guessed@')
    await assert.rejects(() => query(wrongPassword, 'select 1'), /password authentication failed/)
    await server.stop()
  })

  test('an interrupted set-up is repeated from the start', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx)
    const drafts = async () => {
      const names = await readdir(dataDir).catch(() => [])
      return names.filter((name) => name.includes('draft'))
    }
    const { child } = startElsewhere(ctx, dataDir, 'owner', { detached: true })
    const isHalfWay = async () => {
      const found = await drafts()
      const half = await stat(join(dataDir, String(found[0]), 'cluster/base')).catch(() => null)
      return half && found
    }
    const [draft] = await eventually('a draft is half done', isHalfWay, { every: 5 })
    // The whole process group, as when a terminal window is closed hard.
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'exit')
    assert.deepEqual(await drafts(), [draft], 'the interruption came half way')
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { state: 'absent' })

    const server = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isTrue(server.firstRun)
    assert.lengthOf(await query(server.url, 'select 1'), 1)
    assert.deepEqual(await drafts(), [])
    await server.stop()
  })

  test('two processes that start at the same time share one server', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx)
    const both = await Promise.all([
      startElsewhere(ctx, dataDir, 'guest').answer(),
      startElsewhere(ctx, dataDir, 'guest').answer(),
    ])
    assert.equal(both[0].url, both[1].url)
    assert.sameMembers([both[0].firstRun, both[1].firstRun], [true, false])
  })
})

test.group('Embedded PostgreSQL | owners', (group) => {
  const cluster = sharedCluster(group)

  test('the second start finds the data, on the same port if it is free', async (ctx) => {
    const { assert } = ctx
    const dataDir = cluster()
    const first = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    await query(first.url, 'create table kept_over_stops as select 42 as answer')
    await first.stop()
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { state: 'stopped', pid: null })

    const second = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isFalse(second.firstRun)
    assert.equal(second.url, first.url)
    assert.deepEqual(await query(second.url, 'select answer from kept_over_stops'), [
      { answer: 42 },
    ])
    await second.stop()

    const stranger = createServer().listen(first.port, '127.0.0.1')
    await once(stranger, 'listening')
    ctx.cleanup(() => void stranger.close())
    const third = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.notEqual(third.port, first.port, 'a port that somebody took meanwhile is given up')
    assert.lengthOf(await query(third.url, 'select answer from kept_over_stops'), 1)
    await third.stop()
  })

  test('a second owner gets an error that names the first and the remedy', async (ctx) => {
    const { assert } = ctx
    const dataDir = cluster()
    const server = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    const second = await startElsewhere(ctx, dataDir, 'owner').answer()
    assert.equal(second.refused, 'EmbeddedPostgresError')
    assert.include(second.message, `in use by process ${process.pid}`)
    assert.include(second.message, 'DATA_DIR=')
    assert.include(await refusal(resetEmbeddedPostgres(dataDir)), `process ${process.pid}`)
    assert.lengthOf(await query(server.url, 'select 1'), 1)
    await server.stop()
    await server.stop()
  })

  test('a server whose owner was killed is adopted by the next one', async (ctx) => {
    const { assert } = ctx
    const dataDir = cluster()
    const { child, answer } = startElsewhere(ctx, dataDir, 'owner')
    const killed = await answer()
    const before = await embeddedPostgresStatus(dataDir)
    assert.containsSubset(before, { state: 'running', ownerPid: child.pid, port: killed.port })
    await kill(child)
    assert.containsSubset(await embeddedPostgresStatus(dataDir), {
      state: 'running',
      ownerPid: null,
    })

    const server = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isTrue(server.adopted)
    assert.equal(server.url, killed.url)
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { pid: before.pid })
    await server.stop()
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { state: 'stopped' })
  })

  test('after kill -9 of all processes it starts with all committed data', async (ctx) => {
    const { assert } = ctx
    const dataDir = cluster()
    const { child, answer } = startElsewhere(ctx, dataDir, 'owner')
    const { url } = await answer()
    await query(url, 'create table kept as select 42 as answer')
    const { pid } = await embeddedPostgresStatus(dataDir)
    await kill(child)
    process.kill(pid!, 'SIGKILL')
    await eventually('the server is gone', async () => !(await isRunning(pid!)))
    assert.include(await readdir(join(dataDir, 'postgres')), 'postmaster.pid')

    const server = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isFalse(server.adopted)
    assert.deepEqual(await query(server.url, 'select answer from kept'), [{ answer: 42 }])
    await server.stop()
  })

  test('a pid reused by another process is neither owner nor server', async ({ assert }) => {
    const dataDir = cluster()
    const first = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    const ownerFile = join(dataDir, 'postgres.owner')
    const owner = JSON.parse(await readFile(ownerFile, 'utf8'))
    const pidFile = join(dataDir, 'postgres/postmaster.pid')
    const pidLines = await readFile(pidFile, 'utf8')
    await first.stop()
    // As after a crash of the machine: both files name this test, which is alive and is neither.
    await writeFile(ownerFile, JSON.stringify({ ...owner, startedAt: 'before the crash' }))
    await writeFile(pidFile, pidLines.replace(/^\d+/, String(process.pid)))
    assert.containsSubset(await embeddedPostgresStatus(dataDir), {
      state: 'stopped',
      ownerPid: null,
    })

    const server = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isFalse(server.adopted)
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { ownerPid: process.pid })
    await server.stop()
  }).skip(process.platform === 'win32', 'Windows has no cheap start time of a process')

  test('one of many processes that find a dead owner’s lock becomes the owner', async ({
    assert,
  }) => {
    const dataDir = cluster()
    const dead = { pid: 1, startedAt: 'long ago', token: 'dead' }
    await writeFile(join(dataDir, 'postgres.owner'), JSON.stringify(dead))
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => startEmbeddedPostgres({ dataDir, as: 'owner' }))
    )
    const owners = attempts.filter((attempt) => attempt.status === 'fulfilled')
    assert.lengthOf(owners, 1)
    await owners[0].value.stop()
    assert.notMatch(String(await readdir(dataDir)), /owner|lock/)
  })
})

test.group('Embedded PostgreSQL | guests', (group) => {
  const cluster = sharedCluster(group)

  test('a guest joins the owner’s server and never stops it', async (ctx) => {
    const { assert } = ctx
    const dataDir = cluster()
    const owner = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    const { child, answer } = startElsewhere(ctx, dataDir, 'guest')
    const guest = await answer()
    assert.isTrue(guest.adopted)
    assert.equal(guest.url, owner.url)
    await endOf(child)
    assert.lengthOf(await query(owner.url, 'select 1'), 1)
    await owner.stop()
  })

  test('the last guest stops a server that a guest started', async ({ assert }) => {
    const dataDir = cluster()
    const first = await startEmbeddedPostgres({ dataDir, as: 'guest' })
    const second = await startEmbeddedPostgres({ dataDir, as: 'guest' })
    assert.deepEqual([first.adopted, second.adopted], [false, true])
    await first.stop()
    assert.lengthOf(await query(second.url, 'select 1'), 1)
    await second.stop()
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { state: 'stopped' })
  })

  test('a guest hands its server to a new owner, or keeps it running on request', async ({
    assert,
  }) => {
    const dataDir = cluster()
    const guest = await startEmbeddedPostgres({ dataDir, as: 'guest' })
    const owner = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.isTrue(owner.adopted)
    await guest.stop()
    assert.lengthOf(await query(owner.url, 'select 1'), 1)
    await owner.stop()

    const another = await startEmbeddedPostgres({ dataDir, as: 'guest' })
    const { url } = await launchEmbeddedPostgres(dataDir)
    await another.stop()
    assert.lengthOf(await query(url, 'select 1'), 1)
    assert.containsSubset(await embeddedPostgresStatus(dataDir), {
      state: 'running',
      ownerPid: null,
    })
    assert.isTrue(await stopEmbeddedPostgres(dataDir))
    assert.isFalse(await stopEmbeddedPostgres(dataDir))
  })

  test('a reset deletes the data, and the next start is empty', async ({ assert }) => {
    const dataDir = cluster()
    await launchEmbeddedPostgres(dataDir)
    await resetEmbeddedPostgres(dataDir)
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { state: 'absent', version: null })
    assert.deepEqual(await readdir(dataDir), [])
  })
})

test.group('Embedded PostgreSQL | users and directories', () => {
  test('a path that cannot be a directory is named, with the remedy', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx)
    await writeFile(dataDir, 'a file in the way')
    ctx.cleanup(() => rm(dataDir))
    const message = await refusal(
      startEmbeddedPostgres({ dataDir: join(dataDir, 'below'), as: 'owner' })
    )
    assert.include(message, join(dataDir, 'below'))
    assert.match(message, /a part of the path is a file[^]*DATA_DIR=/)
  })

  test('files that are not a cluster are untouched', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx)
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    await writeFile(join(dataDir, 'postgres', 'letter.txt'), 'keep me')
    const message = await refusal(startEmbeddedPostgres({ dataDir, as: 'owner' }))
    assert.include(message, 'holds files, but no PostgreSQL cluster')
    assert.equal(await readFile(join(dataDir, 'postgres', 'letter.txt'), 'utf8'), 'keep me')
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { ownerPid: null })
  })

  test('an ordinary user runs the server as themselves', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx)
    await mkdir(dataDir)
    await chown(dataDir, NOBODY, NOBODY)
    const { child, answer } = startElsewhere(ctx, dataDir, 'owner', { user: 'ordinary' })
    const server = await answer()
    assert.isTrue(server.firstRun, server.message)
    assert.lengthOf(await query(server.url, 'select 1'), 1)
    await endOf(child)
    assert.containsSubset(await embeddedPostgresStatus(dataDir), { state: 'stopped' })
  }).skip(!isRoot, 'every other test runs as an ordinary user already')

  test('a read-only directory is named, with the remedy', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx)
    await mkdir(dataDir, { mode: 0o555 })
    const server = await startElsewhere(ctx, dataDir, 'owner', { user: 'ordinary' }).answer()
    await chmod(dataDir, 0o755)
    assert.equal(server.refused, 'EmbeddedPostgresError')
    assert.include(server.message, dataDir)
    assert.match(server.message, /permission denied[^]*DATA_DIR=/)
  }).skip(process.platform === 'win32', 'Windows has no such mode')

  test('root can keep its data below a private home', async (ctx) => {
    const { assert } = ctx
    const dataDir = await dataDirectory(ctx, 'private/data')
    await mkdir(join(dataDir, '..'), { mode: 0o700 })
    const first = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    await query(first.url, 'create table kept as select 42 as answer')
    await first.stop()
    const elsewhere = await readFile(join(dataDir, 'postgres.location'), 'utf8')
    const second = await startEmbeddedPostgres({ dataDir, as: 'owner' })
    assert.deepEqual(await query(second.url, 'select answer from kept'), [{ answer: 42 }])
    await second.stop()
    await resetEmbeddedPostgres(dataDir)
    assert.isNull(await stat(elsewhere).catch(() => null))
  }).skip(!isRoot, 'only root runs the server as another user')
})
