import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded } from './exit_codes.ts'

export default class OutboxStatus extends BaseCommand {
  static commandName = 'outbox:status'
  static description = 'Show what waits in each outbox, and for how long'
  static help = ['Exits 0, 4 when the database is away.', 'Example: node ace outbox:status --json']
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const messaging = await this.app.container.make('messaging')
      const data = await messaging.outboxStatus()
      if (this.json) return this.logger.log(JSON.stringify({ data }))
      const table = this.ui.table()
      table.head([
        'Module',
        'Pending',
        'Replayed',
        'Oldest',
        'Published/min',
        'Parked keys',
        'Dead letters',
        'Waiting keys',
      ])
      for (const one of data) {
        const oldest = one.oldestSeconds === null ? '–' : `${one.oldestSeconds.toFixed(1)} s`
        table.row([
          one.module,
          String(one.pending),
          String(one.replayed),
          oldest,
          String(one.publishedPerMinute),
          String(one.parkedKeys),
          String(one.deadLetters),
          String(one.waitingKeys),
        ])
      }
      table.render()
    })
  }
}
