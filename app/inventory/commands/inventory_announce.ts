import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded, Nothing } from '#messaging/commands/exit_codes'
import { agreed, interruptible, operator, progress } from '#messaging/commands/operator'

export default class InventoryAnnounce extends BaseCommand {
  static commandName = 'inventory:announce'
  static description = 'Say every product once more as it is: price lists are built anew from that'
  static help = [
    'Ctrl-C stops it; --after goes on behind the SKU that it names.',
    'Exits 0, 3 when it was stopped, 5 when there is no product, 2 without --yes, 4 when the database is away.',
    'Example: node ace inventory:announce --why="the price list of orders was restored from Monday" --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only products behind this SKU' })
  declare after?: string

  @flags.string({ description: 'Who does it; by default the user of this terminal' })
  declare as?: string

  @flags.string({ description: 'Why; kept on record' })
  declare why?: string

  @flags.boolean({ description: 'Print how many products there are, and say nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const db = await this.app.container.make('lucid.db')
      const { after = '' } = this
      const [{ total }] = await db
        .connection('inventory')
        .from('stock_items')
        .where('sku', '>', after)
        .count('* as total')
      if (total === 0) throw new Nothing('There is no product to announce.')
      if (this.dryRun) return this.#tell({ products: total }, 'would be announced')
      if (!(await agreed(this, `Announce ${total} products?`))) return
      await interruptible(this, (signal) => this.#announce(total, signal))
    })
  }

  async #announce(total: number, signal: AbortSignal) {
    const { announceProducts } = await import('../announce_products.ts')
    const { endAct, recordAct } = await import('#messaging/operator_acts')
    const db = await this.app.container.make('lucid.db')
    const client = db.connection('inventory')
    const { after } = this
    const act = await recordAct(client, 'announce', operator(this), { after })
    const line = progress('announced')
    const turn = (announced: number) => line.turn(announced, total)
    const { announced, last } = await announceProducts({ after, signal, turn }).finally(line.end)
    await endAct(client, act, { announced, last })
    if (signal.aborted) {
      this.exitCode = EXIT.found
      this.logger.error(`Stopped. Go on with ${last ? `--after=${last}` : 'the same command'}`)
    }
    this.#tell({ products: announced, last }, 'announced')
  }

  #tell(data: { products: number; last?: string | null }, did: string) {
    if (this.json) return this.logger.log(JSON.stringify(data))
    this.logger.log(`${data.products} products ${did}.`)
  }
}
