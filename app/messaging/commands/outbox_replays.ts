import { inOneLine, pageEnd, withPageFlags } from './page_flags.ts'
import { ReportCommand } from '#console/report_command'

export default class OutboxReplays extends withPageFlags(ReportCommand) {
  static commandName = 'outbox:replays'
  static description = 'List replays: who published what again, when and why; newest first'
  static help = [
    'Continue an unfinished replay with outbox:replay --resume.',
    'Exit codes: 0; 2: unknown module or invalid id; 4: the database is unreachable.',
    'Example: node ace outbox:replays --module=orders --json',
  ]

  async execute() {
    const { replays } = await import('../recovery/replay.ts')
    const data = await this.newestEntries(replays)
    this.print({ data }, () => [
      ...data.flatMap(({ id, module, at, who, why, filter, replayed, matched, finishedAt }) => {
        const state = finishedAt ? `finished ${finishedAt.toISOString()}` : 'not finished'
        const progress = `${replayed} of ${matched} messages, ${state}`
        return [
          `${at.toISOString()} ${module}: by ${who}: ${why}`,
          `  ${id}, for ${inOneLine(filter) || 'all'}: ${progress}`,
        ]
      }),
      ...pageEnd(data, 'No replays.'),
    ])
  }
}
