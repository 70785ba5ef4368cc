import { flags } from '@adonisjs/core/ace'
import type { Messaging } from '../messaging.ts'
import type { Topic } from '../topics.ts'
import { EXIT, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'

export default class MessagingTopics extends OperatorCommand {
  static commandName = 'messaging:topics'
  static description =
    'Create missing topics, show their partitions and compression.type, or add partitions'
  static help = [
    'A change waits until all published messages are handled, which keeps the order of each key. Orders are ' +
      'accepted meanwhile and published afterwards. Partitions cannot be removed. Ctrl-C cancels the wait.',
    'Exit codes: 0; 2: invalid number, or not confirmed; 3: cancelled; 4: the broker or the database is unreachable.',
    'Example: KAFKA_BROKERS=… node ace messaging:topics',
    'Example: KAFKA_BROKERS=… node ace messaging:topics --partitions=12 --yes',
  ]

  @flags.number({ description: 'The new number of partitions' })
  declare partitions?: number

  async execute() {
    const wanted = this.partitions
    if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= 1_000)) {
      throw new UsageError('--partitions must be a whole number from 1 to 1000.')
    }
    const messaging = await this.app.container.make('messaging')
    if (!messaging.transport.storesMessages) {
      throw new UsageError(`The ${messaging.transport.name} transport has no topics.`)
    }
    const { topicsOf } = await import('../topics.ts')
    const found = await topicsOf(messaging, { create: false })
    for (const { topic, partitions } of found) {
      if (wanted === undefined || (partitions ?? 0) <= wanted) continue
      throw new UsageError(
        `The topic ${topic} has ${partitions} partitions: partitions cannot be removed.`
      )
    }
    if (this.dryRun) return this.#report(found, wanted)
    if (wanted !== undefined) {
      if (!(await this.confirmed(`Change to ${wanted} partitions?`))) return
      if (!(await this.#change(messaging, wanted))) return
    }
    this.#report(await topicsOf(messaging, { create: true }))
  }

  /** @returns false when it was cancelled */
  async #change(messaging: Messaging, wanted: number): Promise<boolean> {
    const { changePartitions } = await import('../topics.ts')
    const db = await this.app.container.make('lucid.db')
    return this.interruptible(async (signal) => {
      const changed: string[] = []
      try {
        for (const { name } of messaging.config.modules) {
          await changePartitions(messaging, name, wanted, { ...this.operator, db, signal })
          changed.push(name)
        }
        return true
      } catch (error) {
        if (!signal.aborted) throw error
        const done = changed.length > 0 ? `Changed: ${changed.join(', ')}. ` : ''
        this.logger.error(
          `Cancelled while waiting for published messages to be handled. ${done}The rest is unchanged.`
        )
        this.exitCode = EXIT.found
        return false
      }
    })
  }

  /** @param wanted - the number of a dry run */
  #report(topics: Topic[], wanted?: number) {
    const data = topics.map((one) => ({ ...one, ...(wanted !== undefined && { wanted }) }))
    this.print({ data }, () =>
      topics.map(({ topic, partitions, compressionType }) => {
        const now =
          partitions === null
            ? 'does not exist yet'
            : `${partitions} partitions, compression.type ${compressionType ?? 'unknown'}`
        const change = wanted === undefined || wanted === partitions ? '' : `, would have ${wanted}`
        return `${topic.padEnd(12)} ${now}${change}`
      })
    )
  }
}
