import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#messaging/commands/exit_codes'
import { progress } from '#messaging/commands/operator'

export default class OperationsReconcile extends BaseCommand {
  static commandName = 'operations:reconcile'
  static description = 'Prove that orders and inventory agree on what each order holds'
  static help = [
    'Asks the running apps over HTTP, at ORDERS_URL and INVENTORY_URL (by default HOST and PORT).',
    'Exits 0 when they agree, 3 with the list when not, 4 when an app or the database is away.',
    'Example: node ace operations:reconcile --json',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    const { AppAway } = await import('../reconcile.ts')
    await guarded(this, async () => {
      try {
        await this.#reconcile()
      } catch (error) {
        if (!(error instanceof AppAway)) throw error
        this.logger.error(error.message)
        this.exitCode = EXIT.unreachable
      }
    })
  }

  async #reconcile() {
    const { reconcileOperations } = await import('../reconcile.ts')
    const { inventoryUrl, ordersUrl } = await import('#config/app')
    const access = await this.app.container.make('operatorAccess')
    const { token, revoke } = await access.issue()
    try {
      const line = progress('compared')
      const { compared, disagreements } = await reconcileOperations({
        ...{ ordersUrl, inventoryUrl, token },
        turn: line.turn,
      }).finally(line.end)
      if (disagreements.length > 0) this.exitCode = EXIT.found
      if (this.json) return this.logger.log(JSON.stringify({ compared, data: disagreements }))
      for (const { orderId, status, ordersSays, inventorySays } of disagreements) {
        this.logger.log(
          `${orderId} (${status ?? 'unknown to orders'}): orders says ${JSON.stringify(ordersSays)}, inventory says ${JSON.stringify(inventorySays)}`
        )
      }
      this.logger.log(`${compared} orders compared, ${disagreements.length} differ.`)
    } finally {
      await revoke()
    }
  }
}
