import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded } from './exit_codes.ts'
import { inWords, newestOnRecord, SHOWN } from './on_record.ts'
import { chosenModules } from './operator.ts'

export default class OutboxReplays extends BaseCommand {
  static commandName = 'outbox:replays'
  static description = 'List the replays: who published what again, when and why, the newest first'
  static help = [
    'One that is not finished can be gone on with: outbox:replay --resume.',
    'Exits 0, also when there is none; 2 for an unknown module or id, 4 when the database is away.',
    'Example: node ace outbox:replays --module=orders --json',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only of what this module has said' })
  declare module?: string

  @flags.string({ description: 'Only older ones than the replay of this id' })
  declare before?: string

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { replays } = await import('../replay.ts')
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
      if (data.length === 0) this.logger.log('Nothing was replayed.')
      if (data.length === SHOWN) this.logger.log(`More: --before=${data[SHOWN - 1].id}`)
    })
  }
}
