import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#console/exit_codes'

export default class DemoSeed extends BaseCommand {
  static commandName = 'demo:seed'
  static description = 'Add the demo products with stock; existing products stay unchanged'
  static help = ['Example: node ace demo:seed --yes']
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Do not ask for confirmation' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    if (!this.yes) {
      if (!process.stdin.isTTY) {
        this.logger.error('This adds products. Pass --yes to confirm.')
        this.exitCode = EXIT.usage
        return
      }
      if (!(await this.prompt.confirm('Add twelve demo products with stock?'))) return
    }
    await guarded(this, async () => {
      const { seedCatalogue } = await import('./seed.ts')
      const listed = await seedCatalogue()
      this.logger.log(this.json ? JSON.stringify({ listed }) : `Added ${listed} products.`)
    })
  }
}
