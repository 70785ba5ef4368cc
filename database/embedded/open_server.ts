import { locateBinaries } from './binaries.ts'
import { clusterVersion, connectionUrl, createCluster } from './cluster.ts'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'
import { markStopped, unmarkStopped } from './guests.ts'
import { findHome, locateHome, type Home } from './home.ts'
import { runningPostmaster, startPostmaster, stopPostmaster } from './postmaster.ts'
import { serverUserFor } from './server_user.ts'

/** A server that accepts connections. */
export type OpenServer = {
  /** URL of the database, with user and password: a secret. */
  url: string
  /** Port on 127.0.0.1. */
  port: number
  /** Absolute path. */
  dataDir: string
  /** The server was already running. */
  adopted: boolean
  /** This call created the cluster: the database is empty. */
  firstRun: boolean
  pid: number
  home: Home
}

/**
 * Joins the running server or starts one, and creates the cluster if there is none. Call it under the cluster's lock.
 *
 * @param dataDir - an existing directory, as returned by `canonical`
 * @throws EmbeddedPostgresError
 */
export async function openServer(dataDir: string): Promise<OpenServer> {
  const { clusterDir } = await findHome(dataDir)
  const user = await serverUserFor(clusterDir)
  const home = await locateHome(dataDir, user)
  const version = await clusterVersion(home.clusterDir)
  const found = version === null ? null : await runningPostmaster(home.clusterDir)
  let running = found
  if (!running) {
    const binaries = await locateBinaries(dataDir, user)
    if (version === null) await createCluster(home, binaries, user)
    else assertSameRelease(home, version, binaries.version)
    running = await startPostmaster(home, binaries, user)
    await unmarkStopped(home.guestsDir)
  }
  const { pid, port } = running
  const url = await connectionUrl(home, port)
  return { url, port, dataDir, adopted: found !== null, firstRun: version === null, pid, home }
}

/**
 * Stops the server. Call it under the cluster's lock.
 *
 * @returns whether one was running
 * @throws EmbeddedPostgresError when it does not stop
 */
export async function stopServer(dataDir: string): Promise<boolean> {
  const { clusterDir, guestsDir } = await findHome(dataDir)
  if ((await clusterVersion(clusterDir)) === null) return false
  if (!(await runningPostmaster(clusterDir))) return false
  await markStopped(guestsDir)
  const user = await serverUserFor(clusterDir)
  await stopPostmaster(clusterDir, await locateBinaries(dataDir, user), user)
  return true
}

function assertSameRelease(home: Home, clusterMajor: string, installed: string): void {
  if (installed.startsWith(`${clusterMajor}.`)) return
  throw new EmbeddedPostgresError(
    `The data in "${home.clusterDir}" belongs to PostgreSQL ${clusterMajor}, installed is ${installed}.\n` +
      `Move it with pg_dump of release ${clusterMajor}, or start with an empty database: node ace db:embedded reset`
  )
}
