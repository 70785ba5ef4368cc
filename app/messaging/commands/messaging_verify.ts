import { flags } from '@adonisjs/core/ace'
import { EXIT, UsageError } from '#console/exit_codes'
import { progress } from '#console/progress'
import { ReportCommand } from '#console/report_command'

const SHOWN = 50

export default class MessagingVerify extends ReportCommand {
  static commandName = 'messaging:verify'
  static description =
    'Prove that no message is lost: published, stored in its topic, handled by its consumers'
  static help = [
    'Messages younger than 30 s do not count: they may be on their way. Skipped offsets (consumers:skip) are ' +
      'listed; messages there that no replay has published again are missing.',
    'Exit codes: 0: nothing is missing; 3: some are, with the list; 2: invalid flag; 4: the database or the ' +
      'broker is unreachable.',
    'Example: node ace messaging:verify --json',
  ]

  @flags.string({ description: 'Ignore messages younger than this', default: '30s' })
  declare olderThan: string

  async execute() {
    const [, seconds] = /^(\d+)s$/.exec(this.olderThan) ?? []
    if (!seconds) {
      throw new UsageError(`--older-than is "${this.olderThan}", but must be seconds, such as 30s.`)
    }
    const messaging = await this.app.container.make('messaging')
    const transport = messaging.createTransport()
    try {
      const line = progress('checked')
      const { checked, findings, skipped } = await messaging
        .verify(Number(seconds) * 1_000, transport, line.update)
        .finally(line.end)
      if (findings.length > 0) this.exitCode = EXIT.found
      else await messaging.recordVerified()
      this.print({ checked, data: findings, skipped }, () => [
        ...findings.slice(0, SHOWN).map(({ module, kind, consumer, type, key, messageId }) => {
          const where = consumer ? ` by ${consumer}` : ''
          return `${module}: ${kind}${where}: ${type} ${messageId}, key ${key}`
        }),
        ...(findings.length > SHOWN ? [`… and ${findings.length - SHOWN} more`] : []),
        ...skipped.map(({ consumer, topic, partition, first, last, who, why }) => {
          const where = `offsets ${first} to ${last} of partition ${partition} of ${topic}`
          return `${consumer}: skipped ${where}, by ${who}: ${why}`
        }),
        `${checked} messages checked over ${transport.name}, ${findings.length} missing.`,
      ])
    } finally {
      await transport.close()
    }
  }
}
