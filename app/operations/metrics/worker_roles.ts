/*
 * Worker roles that no process runs. Every process reads them from the heartbeats in the databases
 * (worker_heartbeat.ts), also a process without workers.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { Gauge } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'
import { workerRoleAges } from '#messaging/recovery/worker_roles'

/** Seconds without a heartbeat that are worth a warning. */
const UNSEEN_SECONDS = 60

const unseen = new Gauge({
  name: 'quartermaster_worker_role_unseen_seconds',
  help: 'Seconds since a process last reported that it runs a worker role; if none ever did, since this process started.',
  labelNames: ['module', 'role'] as const,
})

interface ModuleRoles {
  module: string
  client: () => QueryClientContract
  /** The roles that have work in this module. */
  roles: readonly string[]
}

/** Seconds since a role was last reported in a module's database. */
interface RoleAge {
  module: string
  role: string
  seconds: number
}

export class WorkerRoles implements Figures {
  readonly source = 'worker roles'
  #modules: ModuleRoles[] = []
  readonly #uptime: () => number
  #ages: RoleAge[] = []

  /** @param uptime - seconds since this process started */
  constructor(uptime = () => process.uptime()) {
    this.#uptime = uptime
  }

  /** The modules whose databases this process reads. */
  use(modules: ModuleRoles[]) {
    this.#modules = modules
  }

  async read() {
    const ages: RoleAge[] = []
    for (const { module, client, roles } of this.#modules) {
      const seen = await workerRoleAges(client())
      for (const role of roles) {
        ages.push({ module, role, seconds: seen.get(role) ?? this.#uptime() })
      }
    }
    for (const { module, role, seconds } of ages) unseen.set({ module, role }, seconds)
    this.#ages = ages
  }

  forget() {
    this.#ages = []
    unseen.reset()
  }

  /** Warnings for operators; none in the first minute, while other processes may still be starting. */
  warnings(): string[] {
    if (this.#uptime() < UNSEEN_SECONDS) return []
    const missing = this.#ages.filter(({ seconds }) => seconds > UNSEEN_SECONDS)
    return [...Map.groupBy(missing, ({ role }) => role)].map(([role, ages]) => {
      const modules = ages.map(({ module }) => module).join(' and ')
      const longest = Math.round(Math.max(...ages.map(({ seconds }) => seconds)))
      return `no process has run the ${role} worker of ${modules} for ${longest} s: start "node ace messaging:work"`
    })
  }
}

export const workerRoles = new WorkerRoles()
