import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { DiscardedKey } from '../discard_letters.ts'
import { letterFilter } from './dead_letters_flags.ts'
import { EXIT, guarded, Nothing, Usage } from './exit_codes.ts'
import { agreed, chosenModules, interruptible, operator } from './operator.ts'

const SHOWN = 50

type Discarded = DiscardedKey & { module: string }

export default class DeadLettersDiscard extends BaseCommand {
  static commandName = 'deadletters:discard'
  static description = 'Give dead letters up: what they ask for is never done'
  static help = [
    'Names the keys whose state stays behind, and what a redrive of each begins with next. The letters stay ' +
      'on record, with the reason.',
    'Exits 0, 3 when it was stopped, 5 when nothing matches, 2 without a reason or --yes, 4 when the database ' +
      'is away.',
    'Example: node ace deadletters:discard --module=orders --id=4711 --why="sent by the old importer" --yes',
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
      const messaging = await this.app.container.make('messaging')
      letterFilter(this)
      if (!this.why?.trim() && !this.dryRun) throw new Usage('Say why: --why="…"')
      const chosen = chosenModules(messaging.config.modules, this.module)
      const { would, upTo } = await this.#plan(chosen)
      if (would.length === 0) throw new Nothing('No dead letter matches.')
      if (this.dryRun) return this.#tell(would, 'would be discarded')
      const letters = would.reduce((sum, { discarded }) => sum + discarded, 0)
      if (!this.yes && !this.json) this.#tell(would, 'would be discarded')
      if (!(await agreed(this, `Discard ${letters} dead letters?`))) return
      await interruptible(this, async (signal) => {
        const data = await this.#discard(upTo, signal)
        if (signal.aborted) this.exitCode = EXIT.found
        this.#tell(data, 'discarded')
      })
    })
  }

  /** @returns also up to which letter of each module */
  async #plan(modules: string[]) {
    const { planDiscard } = await import('../discard_letters.ts')
    const db = await this.app.container.make('lucid.db')
    const would: Discarded[] = []
    const upTo = new Map<string, number>()
    for (const module of modules) {
      const plan = await planDiscard(db.connection(module), module, letterFilter(this))
      would.push(...plan.keys.map((one) => ({ module, ...one })))
      upTo.set(module, plan.upTo)
    }
    return { would, upTo }
  }

  async #discard(planned: Map<string, number>, signal: AbortSignal) {
    const { discardLetters } = await import('../discard_letters.ts')
    const db = await this.app.container.make('lucid.db')
    const by = { ...operator(this), why: this.why?.trim() ?? '' }
    const data: Discarded[] = []
    for (const [module, upTo] of planned) {
      const client = db.connection(module)
      const filter = { ...letterFilter(this), upTo }
      const keys = await discardLetters(client, module, filter, by, signal)
      data.push(...keys.map((one) => ({ module, ...one })))
    }
    return data
  }

  #tell(data: Discarded[], did: string) {
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, key, discarded, next } of data.slice(0, SHOWN)) {
      const then = next
        ? `letter ${next.id} (${next.type}) is redriven next`
        : 'nothing waits any longer'
      this.logger.log(
        `${module}: ${discarded} ${did}; ${key === null ? 'no key' : `the state of ${key} stays behind, ${then}`}`
      )
    }
    if (data.length > SHOWN) this.logger.log(`… and ${data.length - SHOWN} keys more`)
  }
}
