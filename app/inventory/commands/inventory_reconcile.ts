import { EXIT } from '#console/exit_codes'
import { ReportCommand } from '#console/report_command'

export default class InventoryReconcile extends ReportCommand {
  static commandName = 'inventory:reconcile'
  static description = 'Check every balance against its movements and reservations'
  static help = [
    'Lists the balances that differ, and SKUs that only movements or reservations name. The command repairs nothing: count the stock to correct a balance.',
    'Exit codes: 0 all agree; 3 some differ; 4 the database is unavailable.',
    'Example: node ace inventory:reconcile --json',
  ]

  async execute() {
    const { directConnection } = await import('#config/database')
    const { reconcile } = await import('../stock/reconcile.ts')
    const { items, differences } = await reconcile(directConnection('inventory'))
    if (differences.length > 0) this.exitCode = EXIT.found
    if (this.json) return this.logger.log(JSON.stringify({ items, data: differences }))
    for (const one of differences) {
      this.logger.log(
        `${one.sku}: ${one.listed ? '' : 'no such product; '}on hand ${one.onHand}, ledger ${one.ledgerOnHand}; reserved ${one.reserved}, ledger ${one.ledgerReserved}, orders ${one.held}`
      )
    }
    this.logger.log(`${items} stock items checked, ${differences.length} differ.`)
  }
}
