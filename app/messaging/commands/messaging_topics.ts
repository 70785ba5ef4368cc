import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { Messaging } from '../messaging.ts'
import type { Topic } from '../topics.ts'
import { EXIT, guarded, Usage } from './exit_codes.ts'
import { agreed, interruptible, operator } from './operator.ts'

export default class MessagingTopics extends BaseCommand {
  static commandName = 'messaging:topics'
  static description = 'Create the topics, show their partitions, or change how many there are'
  static help = [
    'A change waits until everything published is handled, so that no key overtakes itself; orders are ' +
      'accepted meanwhile, and published after it. Partitions can only become more. Ctrl-C ends the waiting.',
    'Exits 0, 3 when it was stopped, 2 for a number that cannot be or without --yes, 4 when broker or database is away.',
    'Example: KAFKA_BROKERS=… node ace messaging:topics',
    'Example: KAFKA_BROKERS=… node ace messaging:topics --partitions=12 --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.number({ description: 'Change to so many partitions' })
  declare partitions?: number

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
    const wanted = this.partitions
    if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= 1_000)) {
      return this.#wrong('--partitions must be a whole number from 1 to 1000.')
    }
    const messaging = await this.app.container.make('messaging')
    if (!messaging.config.kafka)
      return this.#wrong('KAFKA_BROKERS is not set: the embedded transport has no topics.')
    await guarded(this, async () => {
      const { topicsOf } = await import('../topics.ts')
      const found = await topicsOf(messaging, { create: false })
      for (const { topic, partitions } of found) {
        if (wanted === undefined || (partitions ?? 0) <= wanted) continue
        throw new Usage(
          `The topic ${topic} has ${partitions} partitions: Kafka cannot take some away.`
        )
      }
      if (this.dryRun) return this.#tell(found, wanted)
      if (wanted !== undefined) {
        if (!(await agreed(this, `Change to ${wanted} partitions?`))) return
        if (!(await this.#change(messaging, wanted))) return
      }
      this.#tell(await topicsOf(messaging, { create: true }))
    })
  }

  /** @returns false when it was stopped */
  async #change(messaging: Messaging, wanted: number): Promise<boolean> {
    const { changePartitions } = await import('../topics.ts')
    const db = await this.app.container.make('lucid.db')
    return interruptible(this, async (signal) => {
      const changed: string[] = []
      try {
        for (const { name } of messaging.config.modules) {
          await changePartitions(messaging, name, wanted, { ...operator(this), db, signal })
          changed.push(name)
        }
        return true
      } catch (error) {
        if (!signal.aborted) throw error
        const done = changed.length > 0 ? `after that of ${changed.join(', ')}, ` : ''
        this.logger.error(
          `Stopped ${done}before a change: something published may not be handled yet.`
        )
        this.exitCode = EXIT.found
        return false
      }
    })
  }

  /** @param wanted - what a dry run is about */
  #tell(topics: Topic[], wanted?: number) {
    const data = topics.map((one) => ({ ...one, ...(wanted !== undefined && { wanted }) }))
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { topic, partitions } of topics) {
      const now = partitions === null ? 'is not there yet' : `${partitions} partitions`
      const change = wanted === undefined || wanted === partitions ? '' : `, would get ${wanted}`
      this.logger.log(`${topic.padEnd(12)} ${now}${change}`)
    }
  }

  #wrong(message: string) {
    this.logger.error(message)
    this.exitCode = EXIT.usage
  }
}
