import { args, BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#console/exit_codes'

export default class OrdersShow extends BaseCommand {
  static commandName = 'orders:show'
  static description =
    'Show the history of an order: revisions, steps, messages, mails, dead letters'
  static help = [
    'Takes the id or the number of the order.',
    'Exit codes: 0; 4: the database is unavailable; 5: order not found.',
    'Example: node ace orders:show Q-100001',
    'Example: node ace orders:show 0199d3bf-11aa-7c31-9b77-5d2e8f4a6c01 --json',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id or number of the order' })
  declare id: string

  @flags.boolean({ description: 'Print the history as JSON' })
  declare json: boolean

  async run() {
    const { orderHistory } = await import('../queries/order_history.ts')
    const { historyJson, historyLines } = await import('./history_lines.ts')
    const db = await this.app.container.make('lucid.db')
    await guarded(this, async () => {
      const history = await orderHistory(db.connection('orders'), this.id)
      if (!history) {
        this.logger.error(`No order "${this.id}". Use an id, or a number like Q-100001.`)
        this.exitCode = EXIT.nothing
        return
      }
      const printed = this.json ? [JSON.stringify(historyJson(history))] : historyLines(history)
      for (const line of printed) this.logger.log(line)
    })
  }
}
