import { ConfirmedCommand } from '#console/confirmed_command'

export default class DemoSeed extends ConfirmedCommand {
  static commandName = 'demo:seed'
  static description = 'Add the demo products with stock; existing products stay unchanged'
  static help = ['Example: node ace demo:seed --yes']

  async execute() {
    if (!(await this.confirmed('Add twelve demo products with stock?'))) return
    const { seedCatalogue } = await import('./seed.ts')
    const listed = await seedCatalogue()
    this.print({ listed }, () => [`Added ${listed} products.`])
  }
}
