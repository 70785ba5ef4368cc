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

// The children of a killed server live on for up to two seconds, and a port may be taken under our hands.
const PASSING = /shared memory block|already exists|could not bind|could not create any TCP/

/**
 * The server that runs on the cluster, or null. One that is starting, recovering or stopping is waited
 * for, so the answer is a server that accepts connections.
 *
 * @throws EmbeddedPostgresError when it stays half way for 60 s
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

/** The server that runs on the cluster as it is now: `state` is PostgreSQL's own word, or null. */
export async function currentPostmaster(
  clusterDir: string
): Promise<(Postmaster & { state: string }) | null> {
  const found = await readPidFile(clusterDir)
  return found && (await isServerOf(found.pid, clusterDir)) ? found : null
}

/**
 * Starts the server on a cluster where none runs; it writes to `postgres.log` and outlives us.
 *
 * @throws EmbeddedPostgresError with the server's own reason when it does not start
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
    if (!PASSING.test(log) || Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL failed to start: ${reasonIn(log)}\n` +
          `Its log is "${home.logFile}". If it cannot be repaired: node ace db:embedded reset (deletes its data).`
      )
    }
    await setTimeout(RETRY_MILLISECONDS)
  }
}

/**
 * Stops the server after its running statements were broken off ("fast"); does nothing if none runs.
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
  // An impatient second Ctrl-C must not leave the server behind.
  const { printed } = await runAs(user, binaries.pgCtl, args, { detached: true })
  if (!(await currentPostmaster(clusterDir))) return
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL (process ${found.pid}) does not stop: ${reasonIn(printed)}\n` +
      `Stop it by hand: kill -QUIT ${found.pid}`
  )
}

/** For a server whose files were deleted under it: it cannot be asked through them any more. */
export async function breakOffPostmaster(pid: number): Promise<void> {
  const args = await argumentsOf(pid)
  if (args && basename(args[0]).startsWith('postgres')) process.kill(pid, 'SIGQUIT')
}

/** Format: PostgreSQL's `miscadmin.h`, "Contents of postmaster.pid". */
async function readPidFile(clusterDir: string) {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const lines = text.split('\n').map((line) => line.trim())
  return { pid: Number(lines[0]), port: Number(lines[3]), state: lines[7] || 'starting' }
}

/** Whether that process is the cluster's server, and no later process that was given the same pid. */
async function isServerOf(pid: number, clusterDir: string): Promise<boolean> {
  const args = await argumentsOf(pid)
  if (args === null) return false
  if (args === undefined) return true
  if (!basename(args[0]).startsWith('postgres')) return false
  const served = await stat(args[args.indexOf('-D') + 1]).catch(() => null)
  const cluster = await stat(clusterDir)
  // A path that is gone was renamed while the server ran on it.
  return !served || (served.ino === cluster.ino && served.dev === cluster.dev)
}

/** PostgreSQL takes any living process with the noted pid for its server, and would never start. */
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
  // The server inherits the open file: so it may log where its user could not open one.
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
