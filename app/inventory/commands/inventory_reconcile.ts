import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#messaging/commands/exit_codes'

export default class InventoryReconcile extends BaseCommand {
  static commandName = 'inventory:reconcile'
  static description =
    'Prove that every balance is what its movements and its reservations add up to'
  static help = [
    'Exits 0 when all agree, 3 with the list when not, 4 when the database is away. ' +
      'There is no repair: a count corrects a balance, with a name on it.',
    'Example: node ace inventory:reconcile --json',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { directConnection } = await import('#config/database')
      const { reconcile } = await import('../reconcile.ts')
      const { items, differences } = await reconcile(directConnection('inventory'))
      if (differences.length > 0) this.exitCode = EXIT.found
      if (this.json) return this.logger.log(JSON.stringify({ items, data: differences }))
      for (const one of differences) {
        this.logger.log(
          `${one.sku}: on hand ${one.onHand}, the ledger says ${one.ledgerOnHand}; reserved ${one.reserved}, the ledger says ${one.ledgerReserved}, the orders hold ${one.held}`
        )
      }
      this.logger.log(`${items} stock items checked, ${differences.length} differ.`)
    })
  }
}
