import { args, BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { WholeLetter } from '../letters.ts'
import { guarded, Nothing } from './exit_codes.ts'
import { chosenModules, operator } from './operator.ts'

export default class DeadLettersShow extends BaseCommand {
  static commandName = 'deadletters:show'
  static description = 'Show a dead letter: what it is, why it lies there, and what it says'
  static help = [
    'What it says is masked, for it may be about a customer; --payload shows it, and that is on record.',
    'Exits 0, 5 when there is no such letter, 4 when the database is away.',
    'Example: node ace deadletters:show 4711 --module=inventory --payload',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the letter' })
  declare id: string

  @flags.string({ description: 'The module whose consumer it is of' })
  declare module?: string

  @flags.boolean({ description: 'Show what it says' })
  declare payload: boolean

  @flags.string({ description: 'Who asks; by default the user of this terminal' })
  declare as?: string

  @flags.boolean({ description: 'Print the letter as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { wholeLetter } = await import('../letters.ts')
      const { recordAct } = await import('../operator_acts.ts')
      const messaging = await this.app.container.make('messaging')
      const db = await this.app.container.make('lucid.db')
      const id = Number(this.id)
      const found: (WholeLetter & { module: string })[] = []
      for (const module of chosenModules(messaging.config.modules, this.module)) {
        if (!Number.isSafeInteger(id)) break
        const letter = await wholeLetter(db.connection(module), module, id)
        if (!letter) continue
        if (this.payload) await recordAct(db.connection(module), 'read', operator(this), { id })
        found.push({ module, ...letter, value: this.payload ? letter.value : null })
      }
      if (found.length === 0) throw new Nothing(`There is no dead letter ${this.id}.`)
      if (this.json) return this.logger.log(JSON.stringify({ data: found }))
      for (const letter of found) this.#print(letter)
    })
  }

  #print({ value, headers, stack, ...letter }: WholeLetter & { module: string }) {
    for (const [name, said] of Object.entries(letter)) {
      if (said === null) continue
      this.logger.log(`${name.padEnd(11)} ${said instanceof Date ? said.toISOString() : said}`)
    }
    this.logger.log(`headers     ${JSON.stringify(headers)}`)
    this.logger.log(`payload     ${this.payload ? (value ?? '–') : '•••• (--payload shows it)'}`)
    if (stack) this.logger.log(stack)
  }
}
