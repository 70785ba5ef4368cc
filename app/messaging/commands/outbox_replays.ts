import { flags } from '@adonisjs/core/ace'
import { inWords, newestOnRecord, SHOWN } from './recorded_act.ts'
import { chosenModules, onModule, ReportCommand } from '#console/report_command'

export default class OutboxReplays extends ReportCommand {
  static commandName = 'outbox:replays'
  static description = 'List replays: who published what again, when and why; newest first'
  static help = [
    'Continue an unfinished replay with outbox:replay --resume.',
    'Exit codes: 0; 2: unknown module or invalid id; 4: the database is unreachable.',
    'Example: node ace outbox:replays --module=orders --json',
  ]

  @onModule
  declare module?: string

  @flags.string({ description: 'Only replays older than this id' })
  declare before?: string

  async execute() {
    const { replays } = await import('../recovery/replay.ts')
    const { config } = await this.app.container.make('messaging')
    const db = await this.app.container.make('lucid.db')
    const modules = chosenModules(config.modules, this.module)
    const data = await newestOnRecord(modules, this.before, (module) =>
      replays(db.connection(module), { before: this.before, limit: SHOWN })
    )
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { id, module, at, who, why, filter, replayed, matched, finishedAt } of data) {
      const state = finishedAt ? `finished ${finishedAt.toISOString()}` : 'not finished'
      this.logger.log(`${at.toISOString()} ${module}: by ${who}: ${why}`)
      this.logger.log(
        `  ${id}, for ${inWords(filter) || 'all'}: ${replayed} of ${matched} messages, ${state}`
      )
    }
    if (data.length === 0) this.logger.log('No replays.')
    if (data.length === SHOWN) this.logger.log(`More: --before=${data[SHOWN - 1].id}`)
  }
}
