/*
 * Reports in each module's database which worker roles this process runs.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { reportWorkerRoles } from '#messaging/recovery/worker_roles'
import { PollingWorker } from '#runtime/polling_worker'

const BEAT_MS = 15_000
/** Short, so that a recovered database does not look as if no process worked on it. */
const RETRY_MS = { first: 1_000, most: 1_000 }

/** The roles that this process runs for one module. */
export interface RolesRun {
  client: () => QueryClientContract
  roles: readonly string[]
}

export class WorkerHeartbeat extends PollingWorker {
  readonly #modules: RolesRun[]

  constructor(modules: RolesRun[]) {
    super({ name: 'worker heartbeat', interval: BEAT_MS, retry: RETRY_MS })
    this.#modules = modules.filter(({ roles }) => roles.length > 0)
  }

  /** Reports to every module, even if another one fails. @throws the first failure */
  async poll() {
    const beats = this.#modules.map(({ client, roles }) => reportWorkerRoles(client(), roles))
    for (const result of await Promise.allSettled(beats)) {
      if (result.status === 'rejected') throw result.reason
    }
  }
}
