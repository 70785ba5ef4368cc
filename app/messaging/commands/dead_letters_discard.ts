import type { DiscardedKey } from '../recovery/discard.ts'
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
import { chosenModules, onModule } from '#console/report_command'

const SHOWN = 50

type Discarded = DiscardedKey & { module: string }

export default class DeadLettersDiscard extends OperatorCommand {
  static commandName = 'deadletters:discard'
  static description = 'Discard dead letters: their messages will never be handled'
  static help = [
    'Lists the keys that miss a change from then on, and the dead letter that a redrive of each starts with. ' +
      'The record keeps their contents and the reason.',
    'Exit codes: 0; 2: no reason, or not confirmed; 3: stopped; 4: the database is unreachable; 5: no match.',
    'Example: node ace deadletters:discard --module=orders --id=4711 --why="sent by the old importer" --yes',
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
    const messaging = await this.app.container.make('messaging')
    deadLetterFilter(this)
    if (!this.dryRun) this.requireReason()
    const chosen = chosenModules(messaging.config.modules, this.module)
    const { would, upTo } = await this.#plan(chosen)
    if (would.length === 0) throw new NothingFound('No dead letter matches.')
    if (this.dryRun) return this.#tell(would, 'would be discarded')
    const letters = would.reduce((sum, { discarded }) => sum + discarded, 0)
    if (!this.yes && !this.json) this.#tell(would, 'would be discarded')
    if (!(await this.confirmed(`Discard ${letters} dead letters?`))) return
    await this.interruptible(async (signal) => {
      const data = await this.#discard(upTo, signal)
      if (signal.aborted) this.exitCode = EXIT.found
      this.#tell(data, 'discarded')
    })
  }

  /** @returns the plan, and the newest dead letter of each module that it covers */
  async #plan(modules: string[]) {
    const { planDiscard } = await import('../recovery/discard.ts')
    const db = await this.app.container.make('lucid.db')
    const would: Discarded[] = []
    const upTo = new Map<string, number>()
    for (const module of modules) {
      const plan = await planDiscard(db.connection(module), module, deadLetterFilter(this))
      would.push(...plan.keys.map((one) => ({ module, ...one })))
      upTo.set(module, plan.upTo)
    }
    return { would, upTo }
  }

  async #discard(planned: Map<string, number>, signal: AbortSignal) {
    const { discardDeadLetters } = await import('../recovery/discard.ts')
    const db = await this.app.container.make('lucid.db')
    const by = this.requireReason()
    const data: Discarded[] = []
    for (const [module, upTo] of planned) {
      const client = db.connection(module)
      const filter = { ...deadLetterFilter(this), upTo }
      const keys = await discardDeadLetters(client, module, filter, by, signal)
      data.push(...keys.map((one) => ({ module, ...one })))
    }
    return data
  }

  #tell(data: Discarded[], did: string) {
    this.print({ data }, () => [
      ...data.slice(0, SHOWN).map(({ module, key, discarded, next }) => {
        const then = next ? `a redrive continues with ${next.id} (${next.type})` : 'not blocked'
        return `${module}: ${discarded} ${did}; ${key === null ? 'no key' : `key ${key}: ${then}`}`
      }),
      ...(data.length > SHOWN ? [`… and ${data.length - SHOWN} more keys`] : []),
    ])
  }
}
