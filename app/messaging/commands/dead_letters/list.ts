import { flags } from '@adonisjs/core/ace'
import type { DeadLetterFilter } from '../../recovery/dead_letter_queries.ts'
import { withDeadLetterFlags } from './flags.ts'
import { NothingFound, UsageError } from '#console/exit_codes'
import { ReportCommand } from '#console/report_command'

const SHOWN = 50
const NONE = 'There are no dead letters.'

export default class DeadLettersList extends withDeadLetterFlags(ReportCommand) {
  static commandName = 'deadletters:list'
  static description = 'List dead letters: grouped by error, or one by one'
  static help = [
    'Without a filter: the groups, largest first. With a filter: the dead letters, in the order of each key.',
    'Exit codes: 0, also without any dead letter; 2: invalid flag; 4: the database is unreachable; 5: no match.',
    'Example: node ace deadletters:list',
    'Example: node ace deadletters:list --module=inventory --group=3f1c9a20be --after=4711 --json',
  ]

  @flags.number({ description: 'Continue after the dead letter with this id' })
  declare after?: number

  async execute() {
    const { filter } = this
    if (filter) await this.#letters(filter)
    else await this.#groups()
  }

  async #groups() {
    const { deadLetterGroups, TIME_LIMIT_GROUP } =
      await import('../../recovery/dead_letter_queries.ts')
    const data = await this.readModules(({ module, client }) => deadLetterGroups(client, module))
    this.print({ data }, () => [
      ...data.flatMap(({ module, id, error, letters, keysHeld, waiting, first, newest }) => {
        const isRetried = id === TIME_LIMIT_GROUP
        const what = error ?? 'blocked: the dead letter that blocked the key was discarded'
        return [
          `${module} ${id}: ${isRetried ? 'retried automatically: ' : ''}${what}`,
          `  ${letters} ${isRetried ? 'hit a time limit' : 'failed'}, ${keysHeld} keys blocked, ${waiting} messages behind them; since ${first.toISOString()}; newest: ${newest.id}, ${newest.type ?? 'no type'}, key ${newest.key ?? '–'}`,
        ]
      }),
      ...(data.length === 0 ? [NONE] : []),
    ])
  }

  async #letters(filter: DeadLetterFilter) {
    const { listDeadLetters } = await import('../../recovery/dead_letter_queries.ts')
    const modules = await this.chosenModules()
    if (this.after !== undefined && modules.length > 1)
      throw new UsageError('--after needs --module: ids count per module.')
    const data: (Awaited<ReturnType<typeof listDeadLetters>>[number] & { module: string })[] = []
    const next: { module: string; after: number }[] = []
    for (const { module, client } of modules) {
      const page = { after: this.after, limit: SHOWN + 1 }
      const letters = await listDeadLetters(client, module, filter, page)
      const shown = letters.slice(0, SHOWN)
      data.push(...shown.map((letter) => ({ module, ...letter })))
      if (letters.length > SHOWN) next.push({ module, after: shown.at(-1)!.id })
    }
    if (data.length === 0 && !this.all && this.after === undefined)
      throw new NothingFound('No dead letter matches.')
    this.print({ data, next }, () => [
      ...data.map(({ module, id, reason, type, key, attempts, at, error }) => {
        return `${module} ${id}: ${reason}, ${type ?? 'no type'}, key ${key ?? '–'}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, ${at.toISOString()}${error ? `: ${error.slice(0, 200)}` : ''}`
      }),
      ...(data.length === 0 ? [NONE] : []),
      ...next.map(({ module, after }) => `More: --module=${module} --after=${after}`),
    ])
  }
}
