import { flags } from '@adonisjs/core/ace'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { ClientConfig } from 'pg'
import { UsageError } from '#console/exit_codes'
import type { ReportCommand } from '#console/report_command'

export type CommandClass = abstract new (...args: any[]) => ReportCommand

export interface ChosenModule {
  module: string
  client: QueryClientContract
  /** For a dedicated connection. */
  direct: ClientConfig
}

/** Adds `--module` to a command that works on one module or on all. */
export function withModuleFlag<Base extends CommandClass>(base: Base) {
  abstract class WithModuleFlag extends base {
    @flags.string({ description: 'Only this module' })
    declare module?: string

    /** @throws UsageError for an unknown module */
    protected async chosenModules(): Promise<ChosenModule[]> {
      const { config } = await this.app.container.make('messaging')
      const db = await this.app.container.make('lucid.db')
      const chosen = config.modules.filter(({ name }) => name === (this.module ?? name))
      if (chosen.length === 0) {
        const known = config.modules.map(({ name }) => name).join(', ')
        throw new UsageError(`Unknown module "${this.module}". Known modules: ${known}.`)
      }
      return chosen.map(({ name, direct }) => ({
        module: name,
        client: db.connection(name),
        direct,
      }))
    }

    /** Reads from each chosen module. @returns all entries, each with the name of its module */
    protected async readModules<Entry extends object>(
      read: (from: ChosenModule) => Promise<Entry[]>
    ): Promise<(Entry & { module: string })[]> {
      const found: (Entry & { module: string })[] = []
      for (const from of await this.chosenModules()) {
        const entries = await read(from)
        found.push(...entries.map((entry) => ({ module: from.module, ...entry })))
      }
      return found
    }
  }
  return WithModuleFlag
}
