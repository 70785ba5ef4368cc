import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded, Nothing, Usage } from './exit_codes.ts'
import { chosenModules } from './operator.ts'
import { letterFilter, type LetterFlags } from './dead_letters_flags.ts'

const SHOWN = 50

export default class DeadLettersList extends BaseCommand {
  static commandName = 'deadletters:list'
  static description = 'List what could not be handled: grouped by error, or letter by letter'
  static help = [
    'Without a filter the groups, largest first; with one the letters, in the order of their keys.',
    'Exits 0, also when there is none at all; 5 when a filter matches none, 2 for an unknown module, 4 when the database is away.',
    'Example: node ace deadletters:list',
    'Example: node ace deadletters:list --module=inventory --group=3f1c9a20be --after=4711 --json',
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

  @flags.boolean({ description: 'All letters one by one' })
  declare all: boolean

  @flags.number({ description: 'Go on after the letter of this id' })
  declare after?: number

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      const messaging = await this.app.container.make('messaging')
      const modules = chosenModules(messaging.config.modules, this.module)
      const grouped = ![this.id, this.key, this.type, this.group, this.all || undefined].some(
        (given) => given !== undefined
      )
      if (grouped) await this.#groups(modules)
      else await this.#letters(modules)
    })
  }

  async #groups(modules: string[]) {
    const { letterGroups } = await import('../letters.ts')
    const db = await this.app.container.make('lucid.db')
    const data: (Awaited<ReturnType<typeof letterGroups>>[number] & { module: string })[] = []
    for (const module of modules) {
      const groups = await letterGroups(db.connection(module), module)
      data.push(...groups.map((group) => ({ module, ...group })))
    }
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, id, error, letters, keysHeld, waiting, first, newest } of data) {
      this.logger.log(`${module} ${id}: ${error ?? 'wait behind a letter that was discarded'}`)
      this.logger.log(
        `  ${letters} failed, ${keysHeld} keys held, ${waiting} wait behind them; since ${first.toISOString()}; newest: letter ${newest.id}, ${newest.type ?? 'no type'}, key ${newest.key ?? '–'}`
      )
    }
    if (data.length === 0) this.logger.log('No dead letters.')
  }

  async #letters(modules: string[]) {
    const { lettersOf } = await import('../letters.ts')
    const db = await this.app.container.make('lucid.db')
    const filter = letterFilter(this as LetterFlags)
    if (this.after !== undefined && modules.length > 1)
      throw new Usage('--after is the id of a letter of one module: say which with --module.')
    const data: (Awaited<ReturnType<typeof lettersOf>>[number] & { module: string })[] = []
    const next: { module: string; after: number }[] = []
    for (const module of modules) {
      const page = { after: this.after, limit: SHOWN + 1 }
      const letters = await lettersOf(db.connection(module), module, filter, page)
      const shown = letters.slice(0, SHOWN)
      data.push(...shown.map((letter) => ({ module, ...letter })))
      if (letters.length > SHOWN) next.push({ module, after: shown.at(-1)!.id })
    }
    if (data.length === 0 && !this.all && this.after === undefined)
      throw new Nothing('No dead letter matches.')
    if (this.json) return this.logger.log(JSON.stringify({ data, next }))
    for (const { module, id, reason, type, key, attempts, at, error } of data) {
      this.logger.log(
        `${module} ${id}: ${reason}, ${type ?? 'no type'}, key ${key ?? '–'}, ${attempts} ${attempts === 1 ? 'try' : 'tries'}, ${at.toISOString()}${error ? `: ${error.slice(0, 200)}` : ''}`
      )
    }
    if (data.length === 0) this.logger.log('No dead letters.')
    for (const { module, after } of next) {
      this.logger.log(`More: --module=${module} --after=${after}`)
    }
  }
}
