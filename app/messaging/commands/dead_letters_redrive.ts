import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { Redriven } from '../redrive_letters.ts'
import { letterFilter } from './dead_letters_flags.ts'
import { EXIT, guarded, Nothing } from './exit_codes.ts'
import { agreed, chosenModules, interruptible, operator, progress } from './operator.ts'

export default class DeadLettersRedrive extends BaseCommand {
  static commandName = 'deadletters:redrive'
  static description = 'Handle dead letters again, in the order of each key'
  static help = [
    'A key is handled from its first letter on, also where a later one is named. What fails again stays, ' +
      'with a higher count, and its key waits on. Ctrl-C stops after the key in hand; run it again to go on.',
    'Exits 0, 3 when something failed again or it was stopped, 5 when nothing matches, 2 for a filter that ' +
      'cannot be, 4 when the database is away.',
    'Example: node ace deadletters:redrive --module=inventory --group=3f1c9a20be --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only of the consumer of this module' })
  declare module?: string

  @flags.number({ description: 'The letter of this id' })
  declare id?: number

  @flags.string({ description: 'Letters of this key' })
  declare key?: string

  @flags.string({ description: 'Letters of this type' })
  declare type?: string

  @flags.string({ description: 'Letters of this group' })
  declare group?: string

  @flags.boolean({ description: 'All letters' })
  declare all: boolean

  @flags.string({ description: 'Who does it; by default the user of this terminal' })
  declare as?: string

  @flags.string({ description: 'Why; kept on record' })
  declare why?: string

  @flags.boolean({ description: 'Print what would be done, and change nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const { planRedrive } = await import('../redrive_letters.ts')
      const messaging = await this.app.container.make('messaging')
      const db = await this.app.container.make('lucid.db')
      const filter = letterFilter(this)
      const chosen = chosenModules(messaging.config.modules, this.module)
      const plans: { module: string; keys: string[]; junk: number[] }[] = []
      for (const module of chosen) {
        plans.push({ module, ...(await planRedrive(db.connection(module), module, filter)) })
      }
      const keys = plans.flatMap((plan) => plan.keys)
      const junk = plans.flatMap((plan) => plan.junk)
      if (keys.length + junk.length === 0) throw new Nothing('No dead letter matches.')
      if (this.dryRun) return this.#tellPlan(plans)
      const what = `Redrive ${keys.length} keys and ${junk.length} that were no message of ours?`
      if (!(await agreed(this, what))) return
      await interruptible(this, async (signal) => {
        const { redriveLetters } = await import('../redrive_letters.ts')
        const data: (Redriven & { module: string })[] = []
        for (const { module, ...plan } of plans) {
          if (plan.keys.length + plan.junk.length === 0) continue
          const line = progress(`${module}: redriven`)
          const consumer = messaging.consumer(module)
          const result = await redriveLetters(
            ...([db.connection(module), consumer, filter, operator(this)] as const),
            { turn: line.turn, signal }
          ).finally(line.end)
          data.push({ module, ...result })
        }
        this.#tell(data)
      })
    })
  }

  #tellPlan(plans: { module: string; keys: string[]; junk: number[] }[]) {
    if (this.json) return this.logger.log(JSON.stringify({ data: plans }))
    for (const { module, keys, junk } of plans) {
      this.logger.log(
        `${module}: would redrive ${keys.length} keys and ${junk.length} junk letters`
      )
      for (const key of keys.slice(0, 50)) this.logger.log(`  ${key}`)
    }
  }

  #tell(data: (Redriven & { module: string })[]) {
    if (data.some(({ waiting, junk, finished }) => waiting.length + junk > 0 || !finished)) {
      this.exitCode = EXIT.found
    }
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, handled, freed, waiting, junk, finished } of data) {
      this.logger.log(
        `${module}: ${handled} letters handled, ${freed} keys are free, ${waiting.length} failed again and wait, ${junk} are no message of ours still.`
      )
      for (const key of waiting.slice(0, 50)) this.logger.log(`  waits: ${key}`)
      if (!finished) this.logger.log('Stopped before the last key. Run it again to go on.')
    }
  }
}
