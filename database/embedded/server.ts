import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { deleteCluster } from './cluster.ts'
import { EmbeddedPostgresError, explained } from './embedded_postgres_error.ts'
import { enterAsGuest, keepServer, leaveAsLastGuest, noteGuestServer } from './guests.ts'
import { canonical, findHome, forgetHome, type Home } from './home.ts'
import { exclusively, takeLock, type Lock } from './owner_lock.ts'
import { openServer, stopServer } from './open_server.ts'
import { breakOffPostmaster } from './postmaster.ts'

export { EmbeddedPostgresError }
export { embeddedPostgresStatus, type EmbeddedPostgresStatus } from './status.ts'

/** A server that accepts connections. */
export type EmbeddedPostgres = {
  /** Of the database, with user and password: a secret. */
  url: string
  /** On 127.0.0.1. */
  port: number
  /** Absolute. */
  dataDir: string
  /** The server ran already when this call came. */
  adopted: boolean
  /** This call created the cluster: the database is empty. */
  firstRun: boolean
  /** An owner stops the server, a guest only when it is the last one on a server that a guest started. */
  stop(): Promise<void>
}

/**
 * Gives a running PostgreSQL whose cluster lies in `dataDir/postgres`, created on first use: about 1.5 s
 * then, a tenth of a second later on.
 *
 * An owner (`npm start`) has the data directory for itself among owners, adopts a server that a killed
 * owner left behind, and stops it in `stop()`. A guest (ace commands, workers) joins what runs, and
 * starts the server when none does.
 *
 * @param dataDir relative to the working directory, or absolute; created when missing
 * @throws EmbeddedPostgresError when another owner lives, the directory cannot be used, or PostgreSQL
 * does not start
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  as: 'owner' | 'guest'
}): Promise<EmbeddedPostgres> {
  return explained(options.dataDir, async () => {
    const dataDir = await madeDirectory(options.dataDir)
    return options.as === 'owner' ? startAsOwner(dataDir) : startAsGuest(dataDir)
  })
}

/**
 * Starts the server, if none runs, and leaves it running when this process ends; no guest stops it.
 *
 * @throws EmbeddedPostgresError as `startEmbeddedPostgres`
 */
export async function launchEmbeddedPostgres(
  dataDirOption: string
): Promise<Omit<EmbeddedPostgres, 'stop'>> {
  return explained(dataDirOption, async () => {
    const dataDir = await madeDirectory(dataDirOption)
    return locked(dataDir, async () => {
      const { url, port, adopted, firstRun, home } = await openServer(dataDir)
      await keepServer(home.guestsDir)
      return { url, port, dataDir, adopted, firstRun }
    })
  })
}

/**
 * Stops the server even if processes use it; a running owner is left without a database.
 *
 * @returns whether one was running
 * @throws EmbeddedPostgresError when it does not stop
 */
export async function stopEmbeddedPostgres(dataDirOption: string): Promise<boolean> {
  return explained(dataDirOption, async () => {
    const dataDir = await canonical(dataDirOption)
    if (!(await exists(dataDir))) return false
    return locked(dataDir, () => stopServer(dataDir))
  })
}

/**
 * Deletes the cluster with all its data, its password and its log; stops the server before.
 *
 * @throws EmbeddedPostgresError while an owner lives
 */
export async function resetEmbeddedPostgres(dataDirOption: string): Promise<void> {
  return explained(dataDirOption, async () => {
    const dataDir = await canonical(dataDirOption)
    if (!(await exists(dataDir))) return
    const home = await findHome(dataDir)
    const lock = await takeOwnership(home, 'Nothing was deleted. Stop that process first.')
    try {
      await locked(dataDir, async () => {
        await stopServer(dataDir)
        await deleteCluster(home)
        await forgetHome(dataDir)
        await rm(home.guestsDir, { recursive: true, force: true })
        for (const log of [home.logFile, `${home.logFile}.1`]) await rm(log, { force: true })
      })
    } finally {
      await lock.release()
    }
  })
}

async function startAsOwner(dataDir: string): Promise<EmbeddedPostgres> {
  const lock = await takeOwnership(
    await findHome(dataDir),
    `Stop that process, or start with a directory of its own: DATA_DIR=${dataDir}-2`
  )
  try {
    return await locked(dataDir, async () => {
      const { pid, home, ...server } = await openServer(dataDir)
      await keepServer(home.guestsDir)
      const stop = async () => {
        try {
          if (await exists(dataDir)) await locked(dataDir, () => stopServer(dataDir))
          else await breakOffPostmaster(pid)
        } finally {
          await lock.release()
        }
      }
      return { ...server, stop: once(() => explained(dataDir, stop)) }
    })
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function startAsGuest(dataDir: string): Promise<EmbeddedPostgres> {
  return locked(dataDir, async () => {
    const { pid, home, ...server } = await openServer(dataDir)
    const guest = await enterAsGuest(home.guestsDir)
    if (!server.adopted) await noteGuestServer(home.guestsDir, pid)
    const stop = async () => {
      if (!(await exists(dataDir))) return
      await locked(dataDir, async () => {
        if (await leaveAsLastGuest(home.guestsDir, guest, pid)) await stopServer(dataDir)
      })
    }
    return { ...server, stop: once(() => explained(dataDir, stop)) }
  })
}

async function takeOwnership(home: Home, wayOut: string): Promise<Lock> {
  const taken = await takeLock(home.ownerFile)
  if ('lock' in taken) return taken.lock
  throw new EmbeddedPostgresError(
    `The data in "${home.dataDir}" is in use by process ${taken.heldBy}.\n${wayOut}`
  )
}

/** One starter or stopper at a time: the others wait, then find its result. */
function locked<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  return exclusively(join(dataDir, 'postgres.lock'), work)
}

async function madeDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true })
  return canonical(path)
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= work())
}
