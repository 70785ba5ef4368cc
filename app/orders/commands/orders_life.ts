import { readFile, writeFile } from 'node:fs/promises'
import { BaseCommand, flags } from '@adonisjs/core/ace'

export default class OrdersLife extends BaseCommand {
  static commandName = 'orders:life'
  static description = 'Generate docs/order-life.md, the state diagram of orders'
  static help = [
    'With --check it writes nothing, and exits 3 if the page is out of date.',
    'Example: node ace orders:life --check',
  ]

  @flags.boolean({ description: 'Fail if the page is out of date' })
  declare check: boolean

  async run() {
    const { format, resolveConfig } = await import('prettier')
    const { stateDiagram } = await import('./state_diagram.ts')
    const path = this.app.makePath('docs/order-life.md')
    const page = await format(stateDiagram(), {
      ...(await resolveConfig(path)),
      parser: 'markdown',
    })
    if (page === (await readFile(path, 'utf8').catch(() => ''))) return
    if (this.check) {
      this.logger.error('docs/order-life.md is out of date. Run "node ace orders:life".')
      this.exitCode = 3
      return
    }
    await writeFile(path, page)
    this.logger.success('docs/order-life.md updated')
  }
}
