import { flags } from '@adonisjs/core/ace'
import { Duration } from 'luxon'
import { withModuleFlag } from './module_flag.ts'
import { duration } from './replay_flags.ts'
import { EXIT, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'

export default class OutboxPrune extends withModuleFlag(OperatorCommand) {
  static commandName = 'outbox:prune'
  static description = 'Delete published messages from the outboxes before their retention ends'
  static help = [
    'Deleted messages cannot be replayed. Pending messages and those of parked keys stay, and so does the newest ' +
      'message that went through Kafka until messaging:verify has found nothing.',
    'Exit codes: 0; 2: invalid flag, or not confirmed; 3: stopped; 4: the database is unreachable.',
    'Example: node ace outbox:prune --older-than=2d --yes',
  ]

  @flags.string({
    description: 'Only messages published longer ago than this; by default OUTBOX_RETENTION',
  })
  declare olderThan?: string

  async execute() {
    const { config } = await this.app.container.make('messaging')
    const olderThan = this.#olderThan() ?? config.retention.outbox
    // Counting reads the whole outbox, so it is skipped if nobody sees the number.
    const prunable = this.dryRun || !this.yes ? await this.#count(olderThan) : []
    if (this.dryRun) return this.#report(prunable, 'would be deleted')
    const rows = prunable.reduce((sum, one) => sum + one.rows, 0)
    const age = Duration.fromMillis(olderThan).rescale().toHuman()
    if (!(await this.confirmed(`Delete ${rows} messages published more than ${age} ago?`))) return
    await this.interruptible((signal) => this.#prune(olderThan, signal))
  }

  #olderThan() {
    if (this.olderThan === undefined) return null
    const olderThan = duration(this.olderThan)
    if (olderThan === null) {
      throw new UsageError(
        `--older-than is "${this.olderThan}", but must be a duration such as 7d.`
      )
    }
    return olderThan
  }

  async #count(olderThan: number) {
    const { countPrunable } = await import('../recovery/retention.ts')
    return this.readModules(async ({ direct }) => [
      { rows: await countPrunable(direct, olderThan) },
    ])
  }

  async #prune(olderThan: number, signal: AbortSignal) {
    const { pruneOutbox } = await import('../recovery/retention.ts')
    const { recordAction, endAction } = await import('../recovery/operator_actions.ts')
    const data: { module: string; rows: number }[] = []
    for (const { module, client } of await this.chosenModules()) {
      if (signal.aborted) break
      const action = await recordAction(client, 'prune', this.operator, { olderThan })
      const line = progress(`${module}: deleted`)
      const rows = await pruneOutbox(client, olderThan, signal, line.update).finally(line.end)
      await endAction(client, action, { rows })
      data.push({ module, rows })
    }
    if (signal.aborted) this.exitCode = EXIT.found
    this.#report(data, 'deleted')
  }

  #report(data: { module: string; rows: number }[], outcome: string) {
    this.print({ data }, () =>
      data.map(({ module, rows }) => `${module}: ${rows} messages ${outcome}`)
    )
  }
}
