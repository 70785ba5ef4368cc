import { args, BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#messaging/commands/exit_codes'

export default class OrdersShow extends BaseCommand {
  static commandName = 'orders:show'
  static description = 'Tell the whole story of an order: steps, revisions, messages, mails'
  static help = [
    'Takes the id, or the number as people see it.',
    'Exits 0, 5 when there is no such order, 4 when the database is away.',
    'Example: node ace orders:show Q-100001',
    'Example: node ace orders:show 0199d3bf-11aa-7c31-9b77-5d2e8f4a6c01 --json',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id or number of the order' })
  declare id: string

  @flags.boolean({ description: 'Print the story as JSON' })
  declare json: boolean

  async run() {
    const { orderStory } = await import('../order_story.ts')
    const { storyLines } = await import('./story_lines.ts')
    const db = await this.app.container.make('lucid.db')
    await guarded(this, async () => {
      const story = await orderStory(db.connection('orders'), this.id)
      if (!story) {
        this.logger.error(`There is no order "${this.id}". Give an id, or a number like Q-100001.`)
        this.exitCode = EXIT.nothing
        return
      }
      const printed = this.json ? [JSON.stringify(story)] : storyLines(story)
      for (const line of printed) this.logger.log(line)
    })
  }
}
