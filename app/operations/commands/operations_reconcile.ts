import { EXIT } from '#console/exit_codes'
import { progress } from '#console/progress'
import { ReportCommand } from '#console/report_command'

export default class OperationsReconcile extends ReportCommand {
  static commandName = 'operations:reconcile'
  static description = 'Prove that orders and inventory agree on the stock that each order holds'
  static help = [
    'Reads both from the running apps over HTTP, at ORDERS_URL and INVENTORY_URL (by default HOST and PORT).',
    'Exit codes: 0: they agree; 3: they differ, with the list; 4: an app or the database is unreachable.',
    'Example: node ace operations:reconcile --json',
  ]

  async execute() {
    const { reconcileOperations } = await import('../reconcile/reconcile.ts')
    const { inventoryUrl, ordersUrl } = await import('#config/app')
    const { RenewedToken } = await import('../reconcile/renewed_token.ts')
    const token = new RenewedToken(await this.app.container.make('operatorAccess'))
    const line = progress('compared')
    const { compared, disagreements } = await reconcileOperations({
      ...{ ordersUrl, inventoryUrl, onProgress: line.update },
      token: () => token.current(),
    }).finally(async () => {
      line.end()
      await token.revoke()
    })
    if (disagreements.length > 0) this.exitCode = EXIT.found
    this.print({ compared, data: disagreements }, () => [
      ...disagreements.map(
        ({ orderId, status, ordersSays, inventorySays }) =>
          `${orderId} (${status ?? 'unknown to orders'}): orders says ${JSON.stringify(ordersSays)}, inventory says ${JSON.stringify(inventorySays)}`
      ),
      `${compared} orders compared, ${disagreements.length} differ.`,
    ])
  }
}
