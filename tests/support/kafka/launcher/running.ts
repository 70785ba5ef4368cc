import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import { isOurs } from './recorded_process.ts'

/** The file that names the process to which a folder's cluster belongs. */
export const ownerFile = (dir: string) => join(dir, 'owner')

/** What this process has started and must not leave behind; true where the data goes as well. */
const running = new Map<Cluster, boolean>()
let watching = false

/** From now on, the end of this process is the end of the cluster, however this process ends. */
export function endWithUs(cluster: Cluster, throwaway: boolean) {
  running.set(cluster, throwaway)
  if (watching) return
  watching = true
  process.on('exit', () => running.forEach((_, each) => endNow(each)))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = () => {
      // Somebody else handles the signal and may need the broker for it: then 'exit' is our turn.
      if (process.listenerCount(name) > 1) return
      running.forEach((_, each) => endNow(each))
      process.off(name, onSignal)
      process.kill(process.pid, name)
    }
    process.on(name, onSignal)
  }
}

/** Ends the cluster without waiting, and gives its folder back. */
export function endNow(cluster: Cluster) {
  if (isOurs(ownerFile(cluster.shape.dir))) cluster.killNow()
  giveBack(cluster)
}

/** Forgets a cluster that has stopped, and removes its folder if it was a throwaway one. */
export function giveBack(cluster: Cluster) {
  const { dir } = cluster.shape
  if (isOurs(ownerFile(dir))) rmSync(ownerFile(dir), { force: true })
  if (running.get(cluster)) rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
  running.delete(cluster)
}
