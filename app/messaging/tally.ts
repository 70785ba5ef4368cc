/*
 * What has become of the messages of one consumer: counted, and said of each where steps are logged.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { Message } from './message.ts'
import { consumed, retries } from './metrics.ts'
import { inTrace } from './trace.ts'

/** `skipped`: of no type that is subscribed to. `repeated`: seen before. `dead`: a dead letter now. */
type Outcome = 'handled' | 'skipped' | 'repeated' | 'dead'

export class Tally {
  readonly counts = { handled: 0, skipped: 0, repeated: 0, dead: 0, retried: 0 }
  readonly #consumer: string
  readonly #logger: Logger

  constructor(consumer: string, logger: Logger) {
    this.#consumer = consumer
    this.#logger = logger
  }

  add(outcome: Outcome, messages: Message[]) {
    this.counts[outcome] += messages.length
    const consumer = this.#consumer
    for (const { type } of messages) {
      // Anyone may invent types that nobody hears: they are one.
      consumed.inc({ consumer, type: outcome === 'skipped' ? 'other' : type, outcome })
    }
    if (this.#logger.isLevelEnabled('debug')) this.#say(outcome, messages)
  }

  /** @param letters - how many, of which nothing more can be read */
  addJunk(letters: number) {
    this.counts.dead += letters
    consumed.inc({ consumer: this.#consumer, type: 'other', outcome: 'dead' }, letters)
  }

  addRetry() {
    this.counts.retried++
    retries.inc({ consumer: this.#consumer })
  }

  #say(outcome: Outcome, messages: Message[]) {
    for (const { id: messageId, type, key, headers } of messages) {
      const step = { consumer: this.#consumer, messageId, type, key, outcome }
      inTrace(headers.traceparent, () => this.#logger.debug(step, 'a message is consumed'))
    }
  }
}
