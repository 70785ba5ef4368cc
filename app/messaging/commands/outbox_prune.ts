import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Duration } from 'luxon'
import { EXIT, guarded, Usage } from './exit_codes.ts'
import { agreed, chosenModules, interruptible, operator, progress } from './operator.ts'

const MILLISECONDS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export default class OutboxPrune extends BaseCommand {
  static commandName = 'outbox:prune'
  static description =
    'Delete published messages from the outboxes, earlier than the app does by itself'
  static help = [
    'What is deleted can no longer be replayed. Messages that wait, and those of parked keys, stay.',
    'Exits 0, 3 when it was stopped, 2 for a time or module that cannot be, 4 when the database is away.',
    'Example: node ace outbox:prune --older-than=2d --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only of this module' })
  declare module?: string

  @flags.string({ description: 'Published before that; OUTBOX_RETENTION by default' })
  declare olderThan?: string

  @flags.string({ description: 'Who does it; by default the user of this terminal' })
  declare as?: string

  @flags.string({ description: 'Why; kept on record' })
  declare why?: string

  @flags.boolean({ description: 'Print how many would be deleted, and change nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { config } = await this.app.container.make('messaging')
      const modules = chosenModules(config.modules, this.module)
      const olderThan = this.#olderThan() ?? config.retention.outbox
      // Counting reads the outbox: only for somebody who looks.
      const prunable = this.dryRun || !this.yes ? await this.#count(modules, olderThan) : []
      if (this.dryRun) return this.#tell(prunable, 'would be deleted')
      const rows = prunable.reduce((sum, one) => sum + one.rows, 0)
      const age = Duration.fromMillis(olderThan).rescale().toHuman()
      if (!(await agreed(this, `Delete ${rows} messages published more than ${age} ago?`))) return
      await interruptible(this, (signal) => this.#prune(modules, olderThan, signal))
    })
  }

  #olderThan() {
    if (this.olderThan === undefined) return null
    const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(this.olderThan) ?? []
    if (!amount) {
      throw new Usage(`--older-than is "${this.olderThan}", but must be a duration such as 7d.`)
    }
    return Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS]
  }

  async #count(modules: string[], olderThan: number) {
    const { countPrunable } = await import('../retention.ts')
    const { config } = await this.app.container.make('messaging')
    const data: { module: string; rows: number }[] = []
    for (const { name, direct } of config.modules) {
      if (!modules.includes(name)) continue
      data.push({ module: name, rows: await countPrunable(direct, olderThan) })
    }
    return data
  }

  async #prune(modules: string[], olderThan: number, signal: AbortSignal) {
    const { pruneOutbox } = await import('../retention.ts')
    const { recordAct, endAct } = await import('../operator_acts.ts')
    const db = await this.app.container.make('lucid.db')
    const data: { module: string; rows: number }[] = []
    for (const module of modules) {
      if (signal.aborted) break
      const client = db.connection(module)
      const act = await recordAct(client, 'prune', operator(this), { olderThan })
      const line = progress(`${module}: deleted`)
      const rows = await pruneOutbox(client, olderThan, signal, line.turn).finally(line.end)
      await endAct(client, act, { rows })
      data.push({ module, rows })
    }
    if (signal.aborted) this.exitCode = EXIT.found
    this.#tell(data, 'deleted')
  }

  #tell(data: { module: string; rows: number }[], did: string) {
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, rows } of data) this.logger.log(`${module}: ${rows} messages ${did}`)
  }
}
