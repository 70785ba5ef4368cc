import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from './exit_codes.ts'
import { progress } from './operator.ts'

const SHOWN = 50

export default class MessagingVerify extends BaseCommand {
  static commandName = 'messaging:verify'
  static description =
    'Prove that no message is lost: published, in its topic, known to its consumers'
  static help = [
    'Exits 0 when nothing is missing, 3 with the list when something is, 4 when database or broker is away. ' +
      'Messages younger than 30 s never count, for they may be on their way.',
    'Example: node ace messaging:verify --json',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Younger messages are left out', default: '30s' })
  declare olderThan: string

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    const match = /^(\d+)s$/.exec(this.olderThan)
    if (!match) {
      this.logger.error(`--older-than is "${this.olderThan}", but must be seconds, such as 30s.`)
      this.exitCode = EXIT.usage
      return
    }
    await guarded(this, () => this.#verify(Number(match[1]) * 1_000))
  }

  async #verify(olderThan: number) {
    const messaging = await this.app.container.make('messaging')
    const transport = messaging.transport()
    try {
      const line = progress('checked')
      const { checked, findings } = await messaging
        .verify(olderThan, transport, line.turn)
        .finally(line.end)
      if (findings.length > 0) this.exitCode = EXIT.found
      else await messaging.recordVerified()
      if (this.json) return this.logger.log(JSON.stringify({ checked, data: findings }))
      for (const found of findings.slice(0, SHOWN)) {
        const { module, kind, consumer, type, key, messageId } = found
        const where = consumer ? ` by ${consumer}` : ''
        this.logger.log(`${module}: ${kind}${where}: ${type} ${messageId}, key ${key}`)
      }
      if (findings.length > SHOWN) this.logger.log(`… and ${findings.length - SHOWN} more`)
      this.logger.log(
        `${checked} messages checked over ${transport.name}, ${findings.length} missing.`
      )
    } finally {
      await transport.close()
    }
  }
}
