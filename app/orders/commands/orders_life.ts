import { readFile, writeFile } from 'node:fs/promises'
import { BaseCommand, flags } from '@adonisjs/core/ace'

export default class OrdersLife extends BaseCommand {
  static commandName = 'orders:life'
  static description =
    'Write docs/order-life.md, the picture of an order’s states, from their table'
  static help = [
    'With --check it writes nothing, and exits 3 when the page is not current.',
    'Example: node ace orders:life --check',
  ]

  @flags.boolean({ description: 'Fail when the page is not current' })
  declare check: boolean

  async run() {
    const { format, resolveConfig } = await import('prettier')
    const { orderLife } = await import('../order_life.ts')
    const path = this.app.makePath('docs/order-life.md')
    const page = await format(orderLife(), { ...(await resolveConfig(path)), parser: 'markdown' })
    if (page === (await readFile(path, 'utf8').catch(() => ''))) return
    if (this.check) {
      this.logger.error('docs/order-life.md is not current: run "node ace orders:life"')
      this.exitCode = 3
      return
    }
    await writeFile(path, page)
    this.logger.success('docs/order-life.md is written')
  }
}
