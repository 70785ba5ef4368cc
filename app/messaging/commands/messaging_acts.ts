import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded } from './exit_codes.ts'
import { inWords, newestOnRecord, SHOWN } from './on_record.ts'
import { chosenModules } from './operator.ts'

export default class MessagingActs extends BaseCommand {
  static commandName = 'messaging:acts'
  static description = 'List who did what to messages, when and why, the newest first'
  static help = [
    'Redrives, discards, keys that were freed, prunes, announcements, replays gone on with, and who has read a payload. What a ' +
      'discarded letter said is not shown. Replays are listed by outbox:replays.',
    'Exits 0, also when there is none; 2 for an unknown module or id, 4 when the database is away.',
    'Example: node ace messaging:acts --module=inventory --json',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only on messages of this module' })
  declare module?: string

  @flags.string({ description: 'Only older ones than the act of this id' })
  declare before?: string

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { operatorActs } = await import('../operator_acts.ts')
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
      if (data.length === 0) this.logger.log('Nothing is on record.')
      if (data.length === SHOWN) this.logger.log(`More: --before=${data[SHOWN - 1].id}`)
    })
  }
}
