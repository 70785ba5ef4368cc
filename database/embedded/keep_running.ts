import { setTimeout } from 'node:timers/promises'
import { clusterVersion } from './cluster.ts'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'
import { wasStopped } from './guests.ts'
import { openServer, type OpenServer } from './open_server.ts'
import { currentPostmaster } from './postmaster.ts'

const INTERVAL_MILLISECONDS = 1_000

/** What the owner learns about its server: null when it was started again, else why it was not. */
export type OnRestart = (error: Error | null) => void

/**
 * Starts the server again when it has ended although nobody stopped it: it was killed, by a person or for lack of
 * memory. Clients reconnect to the same port.
 *
 * @param locked - runs work under the lock of the data directory
 * @param signal - ends the watch
 */
export async function keepRunning(
  server: OpenServer,
  locked: <T>(work: () => Promise<T>) => Promise<T>,
  onRestart: OnRestart,
  signal: AbortSignal
): Promise<void> {
  const { clusterDir, guestsDir } = server.home
  const isDown = async () => {
    if (await currentPostmaster(clusterDir).catch(() => true)) return false
    return !(await wasStopped(guestsDir)) && (await clusterVersion(clusterDir)) !== null
  }
  let reported = ''

  const restart = async () => {
    if (signal.aborted || !(await isDown())) return
    const { url, pid } = await openServer(server.dataDir)
    server.pid = pid
    if (url !== server.url) {
      throw new EmbeddedPostgresError('It has another port now. Start the app again.')
    }
    reported = ''
    onRestart(null)
  }
  while (await waited(signal)) {
    if (!(await isDown())) continue
    await locked(restart).catch((error: Error) => {
      if (error.message !== reported) onRestart(error)
      reported = error.message
    })
  }
}

function waited(signal: AbortSignal): Promise<boolean> {
  return setTimeout(INTERVAL_MILLISECONDS, true, { signal, ref: false }).catch(() => false)
}
