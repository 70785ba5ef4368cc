import { flags } from '@adonisjs/core/ace'
import { EXIT, NothingFound } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'

export default class InventoryAnnounce extends OperatorCommand {
  static commandName = 'inventory:announce'
  static description = 'Publish every product again, so that price lists can be rebuilt'
  static help = [
    'Ctrl-C stops the command; continue with --after and the last SKU that it prints.',
    'Exit codes: 0 success; 2 not confirmed (--yes); 3 stopped; 4 the database is unavailable; 5 no products.',
    'Example: node ace inventory:announce --why="the price list of orders was restored from Monday" --yes',
  ]

  @flags.string({ description: 'Only products with a greater SKU' })
  declare after?: string

  async execute() {
    const db = await this.app.container.make('lucid.db')
    const { after = '' } = this
    const [{ total }] = await db
      .connection('inventory')
      .from('stock_items')
      .where('sku', '>', after)
      .count('* as total')
    if (total === 0) throw new NothingFound('There are no products to publish.')
    if (this.dryRun) return this.#report({ products: total }, 'would be published')
    if (!(await this.confirmed(`Publish ${total} products again?`))) return
    await this.interruptible((signal) => this.#republish(total, signal))
  }

  async #republish(total: number, signal: AbortSignal) {
    const { republishProducts } = await import('../products/republish_products.ts')
    const { endAction, recordAction } = await import('#messaging/recovery/operator_actions')
    const db = await this.app.container.make('lucid.db')
    const client = db.connection('inventory')
    const { after } = this
    const action = await recordAction(client, 'announce', this.operator, { after })
    const line = progress('published')
    const onProgress = (announced: number) => line.update(announced, total)
    const { announced, last } = await republishProducts({ after, signal, onProgress }).finally(
      line.end
    )
    await endAction(client, action, { announced, last })
    if (signal.aborted) {
      this.exitCode = EXIT.found
      this.logger.error(
        `Stopped. To continue, run the command ${last ? `with --after=${last}` : 'again'}.`
      )
    }
    this.#report({ products: announced, last }, 'published')
  }

  #report(data: { products: number; last?: string | null }, outcome: string) {
    if (this.json) return this.logger.log(JSON.stringify(data))
    this.logger.log(`${data.products} products ${outcome}.`)
  }
}
