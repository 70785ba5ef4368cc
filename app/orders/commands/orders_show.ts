import { args } from '@adonisjs/core/ace'
import { EXIT } from '#console/exit_codes'
import { ReportCommand } from '#console/report_command'

export default class OrdersShow extends ReportCommand {
  static commandName = 'orders:show'
  static description =
    'Show the history of an order: revisions, steps, messages, mails, dead letters'
  static help = [
    'Takes the id or the number of the order.',
    'Exit codes: 0; 4: the database is unavailable; 5: order not found.',
    'Example: node ace orders:show Q-100001',
    'Example: node ace orders:show 0199d3bf-11aa-7c31-9b77-5d2e8f4a6c01 --json',
  ]

  @args.string({ description: 'Id or number of the order' })
  declare id: string

  async execute() {
    const { orderHistory } = await import('../queries/order_history.ts')
    const { historyJson, historyLines } = await import('./history_lines.ts')
    const db = await this.app.container.make('lucid.db')
    const history = await orderHistory(db.connection('orders'), this.id)
    if (!history) {
      this.logger.error(`No order "${this.id}". Use an id, or a number like Q-100001.`)
      this.exitCode = EXIT.nothing
      return
    }
    this.print(historyJson(history), () => historyLines(history))
  }
}
