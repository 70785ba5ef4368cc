import { flags } from '@adonisjs/core/ace'
import { withModuleFlag } from './module_flag.ts'
import { inWords, newestEntries, pageEnd } from './recorded_entries.ts'
import { ReportCommand } from '#console/report_command'

export default class MessagingActs extends withModuleFlag(ReportCommand) {
  static commandName = 'messaging:acts'
  static description = 'List what operators did to messages, newest first'
  static help = [
    'Redrives, discards, unparked keys, prunes, republished products, skipped batches, resumed replays and ' +
      'payloads that were read. outbox:replays lists the replays.',
    'Exit codes: 0; 2: unknown module or invalid id; 4: the database is unreachable.',
    'Example: node ace messaging:acts --module=inventory --json',
  ]

  @flags.string({ description: 'Only entries older than this id' })
  declare before?: string

  async execute() {
    const { operatorActs } = await import('../recovery/operator_acts.ts')
    const data = await newestEntries(await this.chosenModules(), this.before, operatorActs)
    this.print({ data }, () => [
      ...data.flatMap(({ id, module, at, who, act, why, filter, outcome }) => [
        `${at.toISOString()} ${module}: ${act} by ${who}${why ? `: ${why}` : ''}`,
        `  ${id}, for ${[inWords(filter) || 'all', inWords(outcome)].filter(Boolean).join(': ')}`,
      ]),
      ...pageEnd(data, 'No entries.'),
    ])
  }
}
