import { flags } from '@adonisjs/core/ace'
import type { UnreadableBatch } from '../inbox/unreadable_batches.ts'
import { withModuleFlag } from './module_flag.ts'
import { NothingFound, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'

type Skipped = UnreadableBatch & { consumer: string }

export default class ConsumersSkip extends withModuleFlag(OperatorCommand) {
  static commandName = 'consumers:skip'
  static description = 'Let consumers skip a record batch that they cannot read'
  static help = [
    'A consumer stops only the partition with the batch; readiness and log name topic, partition and offset. ' +
      'The messages of the batch are never handled: run messaging:verify afterwards and replay what it lists. ' +
      'A running consumer continues within seconds.',
    'Exit codes: 0; 2: invalid flag, no reason, or not confirmed; 4: the database is unreachable; 5: no consumer ' +
      'is stopped there.',
    'Example: node ace consumers:skip --topic=orders --partition=3 --offset=4711 --why="damaged disk" --yes',
  ]

  @flags.string({ description: 'The topic, without the topic prefix' })
  declare topic?: string

  @flags.number({ description: 'The partition' })
  declare partition?: number

  @flags.string({ description: 'The offset at which the consumer is stopped' })
  declare offset?: string

  async execute() {
    const at = this.#position()
    if (!this.dryRun) this.requireReason()
    const found = await this.#stoppedAt(at)
    if (this.dryRun) return this.#report(found, 'would be skipped')
    if (!this.json) this.#report(found, 'cannot be read')
    if (!(await this.confirmed('Skip the batch? Its messages are never handled.'))) return
    const { skipBatch } = await import('../recovery/skip_batch.ts')
    const by = this.requireReason()
    const data: Skipped[] = []
    for (const { module: consumer, client } of await this.chosenModules()) {
      if (!found.some((batch) => batch.consumer === consumer)) continue
      const batch = await skipBatch(client, consumer, at, by)
      if (batch) data.push({ consumer, ...batch })
    }
    if (data.length === 0) {
      throw new NothingFound('Nothing was skipped: no consumer is stopped there any more.')
    }
    this.#report(data, 'skipped')
  }

  #position() {
    const { topic, partition, offset } = this
    if (!topic) throw new UsageError('Name the topic, such as --topic=orders.')
    if (partition === undefined || !Number.isInteger(partition) || partition < 0) {
      throw new UsageError('--partition must be a whole number from 0.')
    }
    if (!/^\d{1,18}$/.test(offset ?? '')) {
      throw new UsageError(
        '--offset must be a whole number from 0, as in the log and in readiness.'
      )
    }
    return { topic, partition, offset: offset! }
  }

  /** @throws NothingFound when no consumer is stopped there; its message lists the stopped ones */
  async #stoppedAt(at: { topic: string; partition: number; offset: string }) {
    const { unreadableBatches } = await import('../inbox/unreadable_batches.ts')
    const offset = BigInt(at.offset)
    const batches = await this.readModules(({ client }) => unreadableBatches(client))
    const all = batches.filter(({ skipped }) => skipped === null)
    const found = all.filter(
      ({ topic, partition, first, last }) =>
        topic === at.topic &&
        partition === at.partition &&
        offset >= BigInt(first) &&
        offset <= BigInt(last)
    )
    if (found.length > 0) return found
    const elsewhere = all
      .map(({ consumer, topic, partition, first }) => {
        return `${consumer} at --topic=${topic} --partition=${partition} --offset=${first}`
      })
      .join('; ')
    throw new NothingFound(
      elsewhere
        ? `No consumer is stopped there. Stopped consumers: ${elsewhere}.`
        : 'No consumer is stopped at a batch that it cannot read.'
    )
  }

  #report(data: Skipped[], outcome: string) {
    const plain = data.map(({ consumer, topic, partition, first, last, reason }) => {
      return { consumer, topic, partition, first, last, reason }
    })
    this.print({ data: plain }, () =>
      plain.map(({ consumer, topic, partition, first, last, reason }) => {
        const offsets = first === last ? `offset ${first}` : `offsets ${first} to ${last}`
        return `${consumer}: ${offsets} of partition ${partition} of ${topic} ${outcome}: ${reason}`
      })
    )
  }
}
