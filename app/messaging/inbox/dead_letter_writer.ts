/*
 * Writes and logs the dead letters of one consumer.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { writeDeadLetters, type DeadLetterEntry } from './dead_letter_store.ts'
import type { RoutedMessage } from './message_router.ts'
import { retryKeyLater } from './blocked_keys.ts'
import { admit } from './inbox.ts'
import type { Alive, RetryLoop } from './retry_loop.ts'
import type { ConsumerMetrics } from './consumer_metrics.ts'
import { inTrace } from '#runtime/trace_context'

export interface DeadLetterWriterOptions {
  consumer: string
  client: () => QueryClientContract
  logger: Logger
  metrics: ConsumerMetrics
  retryLoop: RetryLoop
  onCommit(): void
}

export class DeadLetterWriter {
  readonly #options: DeadLetterWriterOptions

  constructor(options: DeadLetterWriterOptions) {
    this.#options = options
  }

  /** Dead-letters a message that failed; later messages of its key wait behind it. */
  async failed(routed: RoutedMessage, error: Error, attempts: number, alive: Alive) {
    const { delivery, message } = routed
    const entry: DeadLetterEntry = { delivery, message, reason: 'failed', error, attempts }
    const { consumer } = this.#options
    if (await this.#write(routed, alive, (trx) => writeDeadLetters(trx, consumer, [entry])))
      this.log([entry])
  }

  /**
   * Sets a message aside that hits a time limit even alone. Later messages of its key wait behind it until
   * `BlockedKeyRetries` has retried it successfully.
   */
  async setAside(routed: RoutedMessage, error: Error, tries: number, alive: Alive) {
    const { delivery, message } = routed
    const { consumer, logger } = this.#options
    const entry: DeadLetterEntry = { delivery, message, reason: 'waiting', error, attempts: tries }
    const isWritten = await this.#write(routed, alive, async (trx) => {
      await writeDeadLetters(trx, consumer, [entry])
      await retryKeyLater(trx, consumer, message.key, tries)
    })
    if (!isWritten) return
    const { id: messageId, type, key, headers } = message
    const fields = { consumer, messageId, type, key, tries, reason: error.message }
    inTrace(headers.traceparent, () => logger.error(fields, 'message set aside: time limit'))
  }

  /** Dead-letters malformed records; they block no key. */
  async malformed(entries: DeadLetterEntry[], alive: Alive) {
    await this.#commitUntilDone(
      (trx) => writeDeadLetters(trx, this.#options.consumer, entries),
      alive
    )
    this.#options.metrics.addMalformed(entries.length)
    this.log(entries)
  }

  log(entries: DeadLetterEntry[]) {
    const { logger, consumer } = this.#options
    const failed = entries.filter(({ error }) => error)
    for (const { message, error } of failed) {
      const { id: messageId, type, key, headers } = message ?? {}
      const letter = { consumer, messageId, type, key, reason: error!.message }
      inTrace(headers?.traceparent, () => logger.error(letter, 'message dead-lettered'))
    }
    const letters = entries.length - failed.length
    if (letters > 0) logger.error({ consumer, letters }, 'messages blocked by a dead letter')
  }

  /** @returns false when another process, which owns the partition now, was first */
  async #write(
    { message }: RoutedMessage,
    alive: Alive,
    write: (trx: TransactionClientContract) => Promise<void>
  ) {
    const { consumer, metrics } = this.#options
    let isFresh = false
    await this.#commitUntilDone(async (trx) => {
      const { fresh } = await admit(trx, consumer, [message])
      isFresh = fresh.has(message.id)
      if (isFresh) await write(trx)
    }, alive)
    metrics.add(isFresh ? 'dead' : 'repeated', [message])
    return isFresh
  }

  /** Commits a transaction that only a transient error can stop. */
  async #commitUntilDone(work: (trx: TransactionClientContract) => Promise<void>, alive: Alive) {
    const { retryLoop, client, onCommit } = this.#options
    await retryLoop.untilDone(() => client().transaction(work), alive)
    onCommit()
  }
}
