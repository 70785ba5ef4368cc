import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded, Nothing, Usage } from './exit_codes.ts'
import { agreed, chosenModules, operator } from './operator.ts'

export default class OutboxUnpark extends BaseCommand {
  static commandName = 'outbox:unpark'
  static description = 'Let the relay try keys again whose message the broker has refused'
  static help = [
    'Shows the parked keys with --dry-run. What the broker still refuses is parked again.',
    'Exits 0, 5 when no such key is parked, 2 for an unknown module, 4 when the database is away.',
    'Example: node ace outbox:unpark --key=0199d3bf-11aa-7c31-9b77-5d2e8f4a6c01 --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only of this module' })
  declare module?: string

  @flags.string({ description: 'The key' })
  declare key?: string

  @flags.boolean({ description: 'All parked keys' })
  declare all: boolean

  @flags.string({ description: 'Who does it; by default the user of this terminal' })
  declare as?: string

  @flags.string({ description: 'Why; kept on record' })
  declare why?: string

  @flags.boolean({ description: 'Show what is parked, and change nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { parkedKeys, unpark } = await import('../parked_keys.ts')
      const messaging = await this.app.container.make('messaging')
      const db = await this.app.container.make('lucid.db')
      if (this.key === undefined && !this.all && !this.dryRun)
        throw new Usage('Say --key or --all.')
      const chosen = chosenModules(messaging.config.modules, this.module)
      const data: object[] = []
      for (const module of chosen) {
        const meant = await parkedKeys(db.connection(module), this.key)
        data.push(...meant.map((one) => ({ module, ...one })))
        if (this.json) continue
        for (const { key, error, waiting, parkedAt } of meant) {
          this.logger.log(
            `${module}: ${key}, parked ${parkedAt.toISOString()}, ${waiting} wait: ${error}`
          )
        }
      }
      if (data.length === 0) throw new Nothing('No such key is parked.')
      let freed = data.length
      if (!this.dryRun) {
        if (!(await agreed(this, `Let the relay try ${data.length} keys again?`))) return
        freed = 0
        for (const module of chosen) {
          const keys = await unpark(db.connection(module), this.key ?? null, operator(this))
          freed += keys.length
        }
      }
      if (this.json) return this.logger.log(JSON.stringify({ data }))
      const what = this.dryRun ? 'would be freed' : 'freed: the relay tries them again'
      this.logger.log(`${freed} ${freed === 1 ? 'key' : 'keys'} ${what}.`)
    })
  }
}
