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

export class WorkerRoles implements Figures {
  readonly source = 'worker roles'
  #modules: ModuleRoles[] = []
  readonly #uptime: () => number
  /** Role → module → seconds. */
  #unseen = new Map<string, Map<string, number>>()

  /** @param uptime - seconds that this process runs */
  constructor(uptime = () => process.uptime()) {
    this.#uptime = uptime
  }

  /** The modules whose databases this process reads. */
  use(modules: ModuleRoles[]) {
    this.#modules = modules
  }

  async read() {
    const found = new Map<string, Map<string, number>>()
    for (const { module, client, roles } of this.#modules) {
      const seen = await workerRoleAges(client())
      for (const role of roles) {
        const seconds = seen.get(role) ?? this.#uptime()
        unseen.set({ module, role }, seconds)
        found.set(role, (found.get(role) ?? new Map()).set(module, seconds))
      }
    }
    this.#unseen = found
  }

  forget() {
    this.#unseen.clear()
    unseen.reset()
  }

  /** Warnings for operators; none in the first minute, while other processes may still be starting. */
  warnings(): string[] {
    if (this.#uptime() < UNSEEN_SECONDS) return []
    return [...this.#unseen].flatMap(([role, seconds]) => {
      const missing = [...seconds].filter(([, age]) => age > UNSEEN_SECONDS)
      if (missing.length === 0) return []
      const modules = missing.map(([module]) => module).join(' and ')
      const longest = Math.round(Math.max(...missing.map(([, age]) => age)))
      return `no process has run the ${role} worker of ${modules} for ${longest} s: start "node ace messaging:work"`
    })
  }
}

export const workerRoles = new WorkerRoles()
