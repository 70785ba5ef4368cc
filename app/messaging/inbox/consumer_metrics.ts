/*
 * Counts the outcomes of one consumer's messages, and logs each at level debug.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { Message } from '../message/message.ts'
import type { MessagingMetrics } from '../metrics.ts'
import { inTrace } from '#runtime/trace_context'

/** `skipped`: no subscription. `repeated`: handled before. `dead`: dead-lettered. */
type Outcome = 'handled' | 'skipped' | 'repeated' | 'dead'

export class ConsumerMetrics {
  readonly counts = { handled: 0, skipped: 0, repeated: 0, dead: 0, retried: 0 }
  readonly #consumer: string
  readonly #metrics: MessagingMetrics
  readonly #logger: Logger

  constructor(consumer: string, metrics: MessagingMetrics, logger: Logger) {
    this.#consumer = consumer
    this.#metrics = metrics
    this.#logger = logger
  }

  add(outcome: Outcome, messages: Message[]) {
    this.counts[outcome] += messages.length
    const consumer = this.#consumer
    for (const { type } of messages) {
      // Other producers may send any type: types without a subscription share one label.
      this.#metrics.consumed.inc({
        consumer,
        type: outcome === 'skipped' ? 'other' : type,
        outcome,
      })
    }
    if (this.#logger.isLevelEnabled('debug')) this.#log(outcome, messages)
  }

  /** @param count - of malformed messages, whose type is unknown */
  addMalformed(count: number) {
    this.counts.dead += count
    this.#metrics.consumed.inc({ consumer: this.#consumer, type: 'other', outcome: 'dead' }, count)
  }

  addRetry() {
    this.counts.retried++
    this.#metrics.retries.inc({ consumer: this.#consumer })
  }

  #log(outcome: Outcome, messages: Message[]) {
    for (const { id: messageId, type, key, headers } of messages) {
      const step = { consumer: this.#consumer, messageId, type, key, outcome }
      inTrace(headers.traceparent, () => this.#logger.debug(step, 'message consumed'))
    }
  }
}
