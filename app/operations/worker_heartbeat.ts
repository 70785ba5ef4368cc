/*
 * Says in each module's database which worker roles this process runs: one small statement every 15 s. By the
 * database's clock, so that the clocks of the machines need not agree.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { reportWorkerRoles } from '#messaging/recovery/worker_roles'
import { PollingWorker } from '#runtime/polling_worker'

const BEAT_MS = 15_000
/** After a beat that failed: a database that is back must not look as if nobody worked on it. */
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

  /** Every module is tried, whatever happens to the others. @throws the first failure */
  async poll() {
    const beats = this.#modules.map(({ client, roles }) => reportWorkerRoles(client(), roles))
    for (const result of await Promise.allSettled(beats)) {
      if (result.status === 'rejected') throw result.reason
    }
  }
}
