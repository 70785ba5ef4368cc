import { args, flags } from '@adonisjs/core/ace'
import type { FullDeadLetter } from '../../recovery/dead_letter_queries.ts'
import { withModuleFlag } from '../module_flag.ts'
import { NothingFound } from '#console/exit_codes'
import { terminalOperator } from '#console/operator'
import { asOperator } from '#console/operator_command'
import { ReportCommand } from '#console/report_command'

export default class DeadLettersShow extends withModuleFlag(ReportCommand) {
  static commandName = 'deadletters:show'
  static description = 'Show a dead letter: its message, its error and its payload'
  static help = [
    'The payload is hidden because it may hold personal data. --payload shows it, and is recorded.',
    'Exit codes: 0; 2: unknown module; 4: the database is unreachable; 5: no such dead letter.',
    'Example: node ace deadletters:show 4711 --module=inventory --payload',
  ]

  @args.string({ description: 'Id of the dead letter' })
  declare id: string

  @flags.boolean({ description: 'Show the payload' })
  declare payload: boolean

  @asOperator
  declare as?: string

  async execute() {
    const { readDeadLetter } = await import('../../recovery/dead_letter_queries.ts')
    const { recordAction } = await import('../../recovery/operator_actions.ts')
    const id = Number(this.id)
    const found: (FullDeadLetter & { module: string })[] = []
    for (const { module, client } of await this.chosenModules()) {
      if (!Number.isSafeInteger(id)) break
      const letter = await readDeadLetter(client, module, id)
      if (!letter) continue
      if (this.payload) await recordAction(client, 'read', terminalOperator(this), { id })
      found.push({ module, ...letter, value: this.payload ? letter.value : null })
    }
    if (found.length === 0) throw new NothingFound(`There is no dead letter ${this.id}.`)
    if (this.json) return this.logger.log(JSON.stringify({ data: found }))
    for (const letter of found) this.#print(letter)
  }

  #print({ value, headers, stack, ...letter }: FullDeadLetter & { module: string }) {
    for (const [name, said] of Object.entries(letter)) {
      if (said === null) continue
      this.logger.log(`${name.padEnd(11)} ${said instanceof Date ? said.toISOString() : said}`)
    }
    this.logger.log(`headers     ${JSON.stringify(headers)}`)
    this.logger.log(`payload     ${this.payload ? (value ?? '–') : '•••• (shown with --payload)'}`)
    if (stack) this.logger.log(stack)
  }
}
