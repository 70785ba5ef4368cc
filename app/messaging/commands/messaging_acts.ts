import { flags } from '@adonisjs/core/ace'
import { inWords, newestOnRecord, SHOWN } from './recorded_act.ts'
import { chosenModules, onModule, ReportCommand } from '#console/report_command'

export default class MessagingActs extends ReportCommand {
  static commandName = 'messaging:acts'
  static description = 'List what operators did to messages, newest first'
  static help = [
    'Redrives, discards, unparked keys, prunes, republished products, skipped batches, resumed replays and ' +
      'payloads that were read. outbox:replays lists the replays.',
    'Exit codes: 0; 2: unknown module or invalid id; 4: the database is unreachable.',
    'Example: node ace messaging:acts --module=inventory --json',
  ]

  @onModule
  declare module?: string

  @flags.string({ description: 'Only entries older than this id' })
  declare before?: string

  async execute() {
    const { operatorActs } = await import('../recovery/operator_acts.ts')
    const { config } = await this.app.container.make('messaging')
    const db = await this.app.container.make('lucid.db')
    const modules = chosenModules(config.modules, this.module)
    const data = await newestOnRecord(modules, this.before, (module) =>
      operatorActs(db.connection(module), { before: this.before, limit: SHOWN })
    )
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { id, module, at, who, act, why, filter, outcome } of data) {
      this.logger.log(`${at.toISOString()} ${module}: ${act} by ${who}${why ? `: ${why}` : ''}`)
      const cameOfIt = inWords(outcome)
      this.logger.log(`  ${id}, for ${inWords(filter) || 'all'}${cameOfIt && `: ${cameOfIt}`}`)
    }
    if (data.length === 0) this.logger.log('No entries.')
    if (data.length === SHOWN) this.logger.log(`More: --before=${data[SHOWN - 1].id}`)
  }
}
