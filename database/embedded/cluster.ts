import { randomBytes, randomInt } from 'node:crypto'
import { appendFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, reasonIn } from './embedded_postgres_error.ts'
import type { Home } from './home.ts'
import { giveTo, runAs, type ServerUser } from './server_user.ts'

// The names of the superuser and of its database.
const NAME = 'quartermaster'

// Below the range for outgoing connections, so that the port stays free between two starts.
const FIRST_PORT = 20_000
const LAST_PORT = 30_000

/** The major release of the cluster, like "18"; null without a cluster. */
export async function clusterVersion(clusterDir: string): Promise<string | null> {
  const version = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return version && version.trim()
}

/**
 * Creates the cluster with its superuser and database in a draft directory, and renames it when it is complete. Removes
 * the drafts of interrupted attempts.
 *
 * @throws EmbeddedPostgresError with the error of initdb
 */
export async function createCluster(
  home: Home,
  binaries: Binaries,
  user: ServerUser
): Promise<void> {
  await removeDrafts(home.clusterDir)
  await assertEmpty(home.clusterDir)
  const draft = draftOf(home.clusterDir)
  try {
    await mkdir(draft, { mode: 0o700 })
    await giveTo(user, draft)
    const password = randomBytes(24).toString('base64url')
    const draftCluster = await initdb(draft, password, binaries, user)
    await writeSettings(draftCluster, await freePort(), user)
    await createDatabase(draftCluster, binaries, user)
    await writeFile(home.passwordFile, password, { mode: 0o600 })
    await rename(draftCluster, home.clusterDir)
  } finally {
    await rm(draft, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Deletes the cluster and its password. It is renamed to a draft first, so that an interruption leaves no half cluster. */
export async function deleteCluster(home: Home): Promise<void> {
  await rename(home.clusterDir, draftOf(home.clusterDir)).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rm(home.passwordFile, { force: true })
  await removeDrafts(home.clusterDir)
}

/** Keeps the cluster's port if it is still free, else writes a new one to its settings. */
export async function choosePort(clusterDir: string, user: ServerUser): Promise<void> {
  const settings = await readFile(settingsFile(clusterDir), 'utf8').catch(() => '')
  const port = Number(/^port = (\d+)$/m.exec(settings)?.[1])
  if (!port || !(await isFree(port))) await writeSettings(clusterDir, await freePort(), user)
}

/**
 * The URL of the database, with user and password, for a server on this port.
 *
 * @throws EmbeddedPostgresError when the password file is missing
 */
export async function connectionUrl(home: Home, port: number): Promise<string> {
  const password = await readFile(home.passwordFile, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') throw error
    throw new EmbeddedPostgresError(
      `The password of the embedded PostgreSQL is missing ("${home.passwordFile}").\n` +
        'Put the file back, or start with an empty database: node ace db:embedded reset'
    )
  })
  return `postgresql://${NAME}:${password.trim()}@127.0.0.1:${port}/${NAME}`
}

async function assertEmpty(clusterDir: string): Promise<void> {
  const files = await readdir(clusterDir).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (files.length === 0) return
  throw new EmbeddedPostgresError(
    `"${clusterDir}" is in the way: it holds files, but no PostgreSQL cluster.\n` +
      'Move it away, or delete it with: node ace db:embedded reset'
  )
}

async function initdb(draft: string, password: string, binaries: Binaries, user: ServerUser) {
  const passwordFile = join(draft, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  await giveTo(user, passwordFile)
  const cluster = join(draft, 'cluster')
  const { code, printed } = await runAs(user, binaries.initdb, [
    ...['--pgdata', cluster, '--username', NAME, '--pwfile', passwordFile],
    // The built-in provider sorts the same on every system and needs no locale of the system.
    ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    '--auth=scram-sha-256',
  ])
  if (code !== 0) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL could not be set up in "${dirname(draft)}": ${reasonIn(printed)}\n` +
        'Fix the cause, choose another directory (DATA_DIR=/some/where), or set DATABASE_URL to your own PostgreSQL.'
    )
  }
  await appendFile(join(cluster, 'postgresql.conf'), "\ninclude = 'quartermaster.conf'\n")
  return cluster
}

/** Settings are in a file, because `pg_ctl restart` drops those of the command line. */
async function writeSettings(clusterDir: string, port: number, user: ServerUser): Promise<void> {
  const draft = `${settingsFile(clusterDir)}.draft`
  const settings = [
    '# Written by Quartermaster; your own settings go into postgresql.conf, below the include.',
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    "unix_socket_directories = ''",
    'max_connections = 300',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
  ]
  await writeFile(draft, `${settings.join('\n')}\n`, { mode: 0o600 })
  await giveTo(user, draft)
  await rename(draft, settingsFile(clusterDir))
}

/** In single-user mode, which is half a second faster than starting the server. */
async function createDatabase(clusterDir: string, binaries: Binaries, user: ServerUser) {
  const args = ['--single', '-j', '-D', clusterDir, 'postgres']
  const input = `CREATE DATABASE ${NAME}\n;\n\n`
  const { code, printed } = await runAs(user, binaries.postgres, args, { input })
  // Single-user mode exits with 0 even after a failed statement.
  if (code === 0 && !/\b(ERROR|FATAL|PANIC): /.test(printed)) return
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL could not create its database: ${reasonIn(printed)}\n` +
      'Fix the cause, or set DATABASE_URL to your own PostgreSQL.'
  )
}

async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await isFree(port)) return port
  }
  throw new EmbeddedPostgresError(
    `No free port between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1 for the embedded PostgreSQL.\n` +
      'Free one, or set DATABASE_URL to your own PostgreSQL.'
  )
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

function settingsFile(clusterDir: string): string {
  return join(clusterDir, 'quartermaster.conf')
}

function draftOf(clusterDir: string): string {
  return `${clusterDir}.draft-${randomBytes(4).toString('hex')}`
}

async function removeDrafts(clusterDir: string): Promise<void> {
  const prefix = `${basename(clusterDir)}.draft-`
  for (const name of await readdir(dirname(clusterDir)).catch(() => [])) {
    const path = join(dirname(clusterDir), name)
    // Retries, because an orphaned initdb may still be writing.
    if (name.startsWith(prefix)) await rm(path, { recursive: true, force: true, maxRetries: 5 })
  }
}
