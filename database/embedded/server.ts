import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { deleteCluster } from './cluster.ts'
import { EmbeddedPostgresError, explained } from './embedded_postgres_error.ts'
import { enterAsGuest, keepServer, leaveAsLastGuest, markGuestServer } from './guests.ts'
import { canonical, findHome, forgetHome, type Home } from './home.ts'
import { keepRunning, type OnRestart } from './keep_running.ts'
import { exclusively, takeLock, type Lock } from './owner_lock.ts'
import { openServer, stopServer, type OpenServer } from './open_server.ts'
import { killPostmaster } from './postmaster.ts'

export { EmbeddedPostgresError }
export { embeddedPostgresStatus, type EmbeddedPostgresStatus } from './status.ts'

export type EmbeddedPostgres = Omit<OpenServer, 'pid' | 'home'> & {
  /** Stops the server for an owner, and for the last guest of a server that a guest started. */
  stop(): Promise<void>
}

/**
 * Starts or joins the PostgreSQL of a data directory. The first start creates the cluster and takes about 1.5 s, later
 * ones 0.1 s.
 *
 * An owner (`npm start`) is the only one of its data directory, adopts a server that a killed owner left running, and
 * starts it again if it is killed, and stops it in `stop()`. A guest (ace commands, workers) joins the running server, or starts it.
 *
 * @param options.dataDir - relative to the working directory, or absolute; created if missing
 * @param options.onRestart - called when the owner's server was killed
 * @throws EmbeddedPostgresError when another owner runs, the directory cannot be used, or PostgreSQL does not start
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  as: 'owner' | 'guest'
  onRestart?: OnRestart
}): Promise<EmbeddedPostgres> {
  return explained(options.dataDir, async () => {
    const dataDir = await madeDirectory(options.dataDir)
    return options.as === 'owner'
      ? startAsOwner(dataDir, options.onRestart ?? (() => {}))
      : startAsGuest(dataDir)
  })
}

/**
 * Starts the server if none runs. It keeps running when this process and all guests have ended.
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
 * Stops the server, even if an owner or guests use it.
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
 * Stops the server and deletes the cluster with its data, password and logs.
 *
 * @throws EmbeddedPostgresError while an owner runs
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

async function startAsOwner(dataDir: string, onRestart: OnRestart): Promise<EmbeddedPostgres> {
  const lock = await takeOwnership(
    await findHome(dataDir),
    `Stop that process, or start with a directory of its own: DATA_DIR=${dataDir}-2`
  )
  try {
    return await locked(dataDir, async () => {
      const opened = await openServer(dataDir)
      const { url, port, adopted, firstRun, home } = opened
      await keepServer(home.guestsDir)
      const ending = new AbortController()
      const watch = keepRunning(opened, (work) => locked(dataDir, work), onRestart, ending.signal)
      const stop = async () => {
        ending.abort()
        await watch
        try {
          if (await exists(dataDir)) await locked(dataDir, () => stopServer(dataDir))
          else await killPostmaster(opened.pid)
        } finally {
          await lock.release()
        }
      }
      return {
        ...{ url, port, dataDir, adopted, firstRun },
        stop: once(() => explained(dataDir, stop)),
      }
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
    if (!server.adopted) await markGuestServer(home.guestsDir, pid)
    const stop = async () => {
      if (!(await exists(dataDir))) return
      await locked(dataDir, async () => {
        if (await leaveAsLastGuest(home.guestsDir, guest, pid)) await stopServer(dataDir)
      })
    }
    return { ...server, stop: once(() => explained(dataDir, stop)) }
  })
}

async function takeOwnership(home: Home, remedy: string): Promise<Lock> {
  const taken = await takeLock(home.ownerFile)
  if ('lock' in taken) return taken.lock
  throw new EmbeddedPostgresError(
    `The data in "${home.dataDir}" is in use by process ${taken.heldBy}.\n${remedy}`
  )
}

/** Only one process at a time starts or stops the server. */
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
