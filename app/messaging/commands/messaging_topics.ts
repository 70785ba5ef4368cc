import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from './exit_codes.ts'

export default class MessagingTopics extends BaseCommand {
  static commandName = 'messaging:topics'
  static description = 'Create the topics, show their partitions, or change how many there are'
  static help = [
    'A change waits until everything published is handled, so that no key overtakes itself; orders are',
    'accepted meanwhile. Partitions can only become more.',
    'Example: KAFKA_BROKERS=… node ace messaging:topics',
    'Example: KAFKA_BROKERS=… node ace messaging:topics --partitions=12 --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.number({ description: 'Change to so many partitions' })
  declare partitions?: number

  @flags.boolean({ description: 'Print what would be done, and change nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    const wanted = this.partitions
    if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= 1_000)) {
      return this.#wrong('--partitions must be a whole number from 1 to 1000.')
    }
    const messaging = await this.app.container.make('messaging')
    if (!messaging.config.kafka)
      return this.#wrong('KAFKA_BROKERS is not set: the embedded transport has no topics.')
    if (wanted !== undefined && !this.dryRun && !(await this.#agreed())) return
    await guarded(this, async () => {
      const { openTopics, changePartitions } = await import('../topics.ts')
      const before = await openTopics(messaging)
      const changing =
        wanted === undefined ? [] : before.filter(({ partitions }) => partitions !== wanted)
      if (wanted !== undefined && !this.dryRun) {
        for (const { topic } of before) await changePartitions(messaging, topic, wanted)
      }
      const data = this.dryRun ? before : await openTopics(messaging)
      if (this.json) return this.logger.log(JSON.stringify({ data }))
      for (const { topic, partitions } of data)
        this.logger.log(`${topic.padEnd(12)} ${partitions} partitions`)
      if (this.dryRun && wanted !== undefined) {
        this.logger.log(
          `Would change ${changing.map(({ topic }) => topic).join(', ') || 'nothing'} to ${wanted}.`
        )
      }
    })
  }

  async #agreed() {
    if (this.yes) return true
    if (process.stdin.isTTY) return this.prompt.confirm(`Change to ${this.partitions} partitions?`)
    this.#wrong('This changes topics. Say --yes to go on.')
    return false
  }

  #wrong(message: string) {
    this.logger.error(message)
    this.exitCode = EXIT.usage
  }
}
