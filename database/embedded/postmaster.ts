import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { choosePort } from './cluster.ts'
import { EmbeddedPostgresError, reasonIn } from './embedded_postgres_error.ts'
import type { Home } from './home.ts'
import { argumentsOf } from './process_identity.ts'
import { runAs, type ServerUser } from './server_user.ts'

/** A running server process of one cluster. */
export type Postmaster = { pid: number; port: number }

const START_SECONDS = 60
const STOP_SECONDS = 30
const RETRY_MILLISECONDS = 100
const RETRIES_MILLISECONDS = 15_000
const LOG_BYTES = 10_000_000

// Errors that pass: children of a killed server live for up to two seconds, and another process may take the port.
const TRANSIENT = /shared memory block|already exists|could not bind|could not create any TCP/

/**
 * The server of the cluster, once it accepts connections: waits while it is starting, recovering or stopping.
 *
 * @returns null when none runs
 * @throws EmbeddedPostgresError when it does not become ready within 60 s
 */
export async function runningPostmaster(clusterDir: string): Promise<Postmaster | null> {
  const deadline = Date.now() + START_SECONDS * 1000
  for (;;) {
    const found = await currentPostmaster(clusterDir)
    if (!found || found.state === 'ready') return found
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL (process ${found.pid}) has been "${found.state}" for ${START_SECONDS} s.\n` +
          'Read postgres.log in the data directory; if it hangs, stop it (kill -QUIT) and try again.'
      )
    }
    await setTimeout(RETRY_MILLISECONDS)
  }
}

/** The server of the cluster, with PostgreSQL's own name for its state; null when none runs. */
export async function currentPostmaster(
  clusterDir: string
): Promise<(Postmaster & { state: string }) | null> {
  const found = await readPidFile(clusterDir)
  return found && (await isServerOf(found.pid, clusterDir)) ? found : null
}

/**
 * Starts the server of a cluster where none runs. It logs to `postgres.log` and outlives this process.
 *
 * @throws EmbeddedPostgresError with the server's error when it does not start
 */
export async function startPostmaster(
  home: Home,
  binaries: Binaries,
  user: ServerUser
): Promise<Postmaster> {
  const deadline = Date.now() + RETRIES_MILLISECONDS
  for (;;) {
    await choosePort(home.clusterDir, user)
    await removeForeignPidFile(home.clusterDir)
    const { code, log } = await pgCtlStart(home, binaries, user)
    const running = code === 0 ? await runningPostmaster(home.clusterDir) : null
    if (running) return running
    if (!TRANSIENT.test(log) || Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL failed to start: ${reasonIn(log)}\n` +
          `Its log is "${home.logFile}". If it cannot be repaired: node ace db:embedded reset (deletes its data).`
      )
    }
    await setTimeout(RETRY_MILLISECONDS)
  }
}

/**
 * Cancels running statements and stops the server, if one runs.
 *
 * @throws EmbeddedPostgresError when it still runs after 30 s
 */
export async function stopPostmaster(
  clusterDir: string,
  binaries: Binaries,
  user: ServerUser
): Promise<void> {
  const found = await currentPostmaster(clusterDir)
  if (!found) return
  const args = ['stop', '-s', '-w', '-m', 'fast', '-t', String(STOP_SECONDS), '-D', clusterDir]
  // Detached: a second Ctrl-C would kill pg_ctl and leave the server running.
  const { printed } = await runAs(user, binaries.pgCtl, args, { detached: true })
  if (!(await currentPostmaster(clusterDir))) return
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL (process ${found.pid}) does not stop: ${reasonIn(printed)}\n` +
      `Stop it by hand: kill -QUIT ${found.pid}`
  )
}

/** Kills a server whose data directory was deleted: pg_ctl cannot stop it. */
export async function killPostmaster(pid: number): Promise<void> {
  const args = await argumentsOf(pid)
  if (args && basename(args[0]).startsWith('postgres')) process.kill(pid, 'SIGQUIT')
}

/** For the format see "Contents of postmaster.pid" in PostgreSQL's `miscadmin.h`. */
async function readPidFile(clusterDir: string) {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const lines = text.split('\n').map((line) => line.trim())
  return { pid: Number(lines[0]), port: Number(lines[3]), state: lines[7] || 'starting' }
}

/** Whether the process is the cluster's server, and not a later process with the same pid. */
async function isServerOf(pid: number, clusterDir: string): Promise<boolean> {
  const args = await argumentsOf(pid)
  if (args === null) return false
  if (args === undefined) return true
  if (!basename(args[0]).startsWith('postgres')) return false
  const served = await stat(args[args.indexOf('-D') + 1]).catch(() => null)
  const cluster = await stat(clusterDir)
  // A missing path was renamed while the server ran.
  return !served || (served.ino === cluster.ino && served.dev === cluster.dev)
}

/** PostgreSQL does not start while any process has the pid in its pid file. */
async function removeForeignPidFile(clusterDir: string): Promise<void> {
  const found = await readPidFile(clusterDir)
  if (!found) return
  const args = await argumentsOf(found.pid)
  if (args && !(await isServerOf(found.pid, clusterDir))) {
    await rm(join(clusterDir, 'postmaster.pid'), { force: true })
  }
}

async function pgCtlStart(home: Home, binaries: Binaries, user: ServerUser) {
  const old = await stat(home.logFile).catch(() => null)
  if (old && old.size > LOG_BYTES) await rename(home.logFile, `${home.logFile}.1`)
  // The server inherits the open file, because its user may not be allowed to open it.
  const log = await open(home.logFile, 'a+', 0o600)
  try {
    const { size: from } = await log.stat()
    const args = ['start', '-s', '-w', '-t', String(START_SECONDS), '-D', home.clusterDir]
    const { code, printed } = await runAs(user, binaries.pgCtl, args, { output: log.fd })
    const { size: to } = await log.stat()
    const { buffer } = await log.read(Buffer.alloc(to - from), 0, to - from, from)
    return { code, log: printed + buffer.toString() }
  } finally {
    await log.close()
  }
}
