import { inOneLine, pageEnd, withPageFlags } from './page_flags.ts'
import { ReportCommand } from '#console/report_command'

export default class MessagingActs extends withPageFlags(ReportCommand) {
  static commandName = 'messaging:acts'
  static description = 'List what operators did to messages, newest first'
  static help = [
    'Redrives, discards, accepted failures, unparked keys, prunes, republished products, skipped batches, resumed ' +
      'replays and payloads that were read. outbox:replays lists the replays.',
    'Exit codes: 0; 2: unknown module or invalid id; 4: the database is unreachable.',
    'Example: node ace messaging:acts --module=inventory --json',
  ]

  async execute() {
    const { operatorActions } = await import('../recovery/operator_actions.ts')
    const data = await this.newestEntries(operatorActions)
    this.print({ data }, () => [
      ...data.flatMap(({ id, module, at, who, act, why, filter, outcome }) => [
        `${at.toISOString()} ${module}: ${act} by ${who}${why ? `: ${why}` : ''}`,
        `  ${id}, for ${[inOneLine(filter) || 'all', inOneLine(outcome)].filter(Boolean).join(': ')}`,
      ]),
      ...pageEnd(data, 'No operator actions.'),
    ])
  }
}
