import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#messaging/commands/exit_codes'

export default class DemoSeed extends BaseCommand {
  static commandName = 'demo:seed'
  static description = 'List the demo catalogue with stock; what is there stays as it is'
  static help = ['Example: node ace demo:seed --yes']
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    if (!this.yes) {
      if (!process.stdin.isTTY) {
        this.logger.error('This lists products. Say --yes to go on.')
        this.exitCode = EXIT.usage
        return
      }
      if (!(await this.prompt.confirm('List twelve demo products with stock here?'))) return
    }
    await guarded(this, async () => {
      const { seedCatalogue } = await import('./seed.ts')
      const listed = await seedCatalogue()
      this.logger.log(this.json ? JSON.stringify({ listed }) : `Listed ${listed} products.`)
    })
  }
}
