import { flags } from '@adonisjs/core/ace'
import type { Acceptance } from '../../recovery/accept_failures.ts'
import { EXIT, NothingFound, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'

export default class DeadLettersAccept extends OperatorCommand {
  static commandName = 'deadletters:accept'
  static description = 'Let a paused consumer dead-letter the messages that it cannot handle'
  static help = [
    'A consumer pauses when nearly every message fails. Accept that only if the messages are wrong, not the code. The ' +
      'consumer then dead-letters the messages of its batch (at most 200) that still fail, and continues. If the next ' +
      'ones fail too, it pauses again, and needs the command again.',
    'The command waits up to 30 s for the process that runs the consumer.',
    'Exit codes: 0; 2: invalid flag, no reason, or not confirmed; 3: the consumer has begun but was not done in time; ' +
      '4: the database is unreachable; 5: the consumer is not paused, or the process that runs it is down.',
    'Example: node ace deadletters:accept --consumer=inventory --why="sent by the old importer" --yes',
  ]

  @flags.string({ description: 'The paused consumer: the name of its module' })
  declare consumer?: string

  async execute() {
    const { acceptFailures, isPaused } = await import('../../recovery/accept_failures.ts')
    const consumer = await this.#knownConsumer()
    if (!this.dryRun) this.requireReason()
    const db = await this.app.container.make('lucid.db')
    const client = db.connection(consumer)
    if (!(await isPaused(client))) {
      throw new NothingFound(
        `The consumer ${consumer} is not paused, or the process that runs it is down. Nothing was accepted.`
      )
    }
    if (this.dryRun) return this.#reportDryRun(consumer)
    const question = `Dead-letter the messages at which ${consumer} is paused, if they fail again?`
    if (!(await this.confirmed(question))) return
    const by = this.requireReason()
    await this.interruptible(async (signal) => {
      this.#report(consumer, await acceptFailures(client, consumer, by, { signal }))
    })
  }

  /** @throws UsageError without `--consumer`, and for an unknown one */
  async #knownConsumer(): Promise<string> {
    const { config } = await this.app.container.make('messaging')
    const names = config.modules.map(({ name }) => name)
    if (!this.consumer) throw new UsageError(`Name the consumer, such as --consumer=${names[0]}.`)
    if (names.includes(this.consumer)) return this.consumer
    const known = names.join(', ')
    throw new UsageError(`Unknown consumer "${this.consumer}". Known consumers: ${known}.`)
  }

  #reportDryRun(consumer: string) {
    this.print({ data: [{ consumer, paused: true }] }, () => [
      `${consumer}: paused; the messages of its batch that fail again would be dead-lettered`,
    ])
  }

  /** @throws NothingFound when no consumer took the action */
  #report(consumer: string, { taken, finished, deadLettered }: Acceptance) {
    if (!taken) {
      throw new NothingFound(
        `Nothing was accepted: the consumer ${consumer} is no longer paused, or the process that runs it did not ` +
          'answer. Start that process if it is down.'
      )
    }
    if (!finished) this.exitCode = EXIT.found
    this.print({ data: [{ consumer, finished, deadLettered }] }, () => [
      finished
        ? `${consumer}: ${deadLettered} messages dead-lettered; the consumer continues`
        : `${consumer}: has begun to dead-letter, and is not done yet; messaging:acts shows the result`,
    ])
  }
}
