import type { Redriven } from '../recovery/redrive.ts'
import {
  allDeadLetters,
  byGroup,
  byId,
  byKey,
  byType,
  deadLetterFilter,
} from './dead_letters_flags.ts'
import { EXIT, NothingFound } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'
import { chosenModules, onModule } from '#console/report_command'

export default class DeadLettersRedrive extends OperatorCommand {
  static commandName = 'deadletters:redrive'
  static description = 'Handle dead letters again, in the order of each key'
  static help = [
    'A key is redriven from its first dead letter, even if the filter selects a later one. A message that fails ' +
      'again stays and its key stays blocked. Ctrl-C stops after the current key; run the command again to continue.',
    'Exit codes: 0; 2: invalid filter, or not confirmed; 3: some failed again, or stopped; 4: the database is ' +
      'unreachable; 5: no match.',
    'Example: node ace deadletters:redrive --module=inventory --group=3f1c9a20be --yes',
  ]

  @onModule
  declare module?: string

  @byId
  declare id?: number

  @byKey
  declare key?: string

  @byType
  declare type?: string

  @byGroup
  declare group?: string

  @allDeadLetters
  declare all: boolean

  async execute() {
    const { planRedrive } = await import('../recovery/redrive.ts')
    const messaging = await this.app.container.make('messaging')
    const db = await this.app.container.make('lucid.db')
    const filter = deadLetterFilter(this)
    const chosen = chosenModules(messaging.config.modules, this.module)
    const plans: { module: string; keys: string[]; junk: number[] }[] = []
    for (const module of chosen) {
      plans.push({ module, ...(await planRedrive(db.connection(module), module, filter)) })
    }
    const keys = plans.flatMap((plan) => plan.keys)
    const junk = plans.flatMap((plan) => plan.junk)
    if (keys.length + junk.length === 0) throw new NothingFound('No dead letter matches.')
    if (this.dryRun) return this.#tellPlan(plans)
    const what = `Redrive ${keys.length} keys and ${junk.length} malformed messages?`
    if (!(await this.confirmed(what))) return
    await this.interruptible(async (signal) => {
      const { redriveDeadLetters } = await import('../recovery/redrive.ts')
      const data: (Redriven & { module: string })[] = []
      for (const { module, ...plan } of plans) {
        if (plan.keys.length + plan.junk.length === 0) continue
        const line = progress(`${module}: redriven`)
        const consumer = messaging.consumer(module)
        const result = await redriveDeadLetters(
          ...([db.connection(module), consumer, filter, this.operator] as const),
          { onProgress: line.update, signal }
        ).finally(line.end)
        data.push({ module, ...result })
      }
      this.#tell(data)
    })
  }

  #tellPlan(plans: { module: string; keys: string[]; junk: number[] }[]) {
    if (this.json) return this.logger.log(JSON.stringify({ data: plans }))
    for (const { module, keys, junk } of plans) {
      this.logger.log(
        `${module}: would redrive ${keys.length} keys and ${junk.length} malformed messages`
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
        `${module}: ${handled} messages handled, ${freed} keys unblocked, ${waiting.length} failed again and stay blocked, ${junk} still malformed.`
      )
      for (const key of waiting.slice(0, 50)) this.logger.log(`  blocked: ${key}`)
      if (!finished)
        this.logger.log('Stopped before the last key. Run the command again to continue.')
    }
  }
}
