/*
 * Handles a batch until every message is done: handled, dead-lettered or set aside.
 *
 * A batch that fails is halved until the message at fault is alone. A transient error retries the whole batch;
 * a time limit halves it, because half of the work may fit. Messages of one key stay in order: a later one is
 * never handled before an earlier one is done.
 */
import type { CircuitBreaker } from './circuit_breaker.ts'
import { CircuitOpen } from './circuit_breaker.ts'
import type { RoutedMessage } from './message_router.ts'
import type { Alive, RetryLoop } from './retry_loop.ts'
import type { ReportedPause } from '../recovery/accept_failures.ts'
import { backoff } from '#runtime/backoff'
import { isPermanent, isTimeLimit } from '#postgres/errors'

/**
 * Attempts with a message alone before an unknown error counts as permanent, and before a message that hits a
 * time limit is set aside.
 */
const TRIES = 5

/** Attempts in a row that hit a time limit before a lock or a slow database is suspected, not the batch. */
const LIMITS_IN_A_ROW = 4

/** The operations of the consumer that a batch needs. */
export interface BatchWork {
  /**
   * One transaction, rolled back on any error.
   *
   * @returns how many messages the handler has handled; repeated and dead-lettered ones are not among them
   */
  commit(messages: RoutedMessage[]): Promise<number>
  deadLetter(message: RoutedMessage, error: Error, attempts: number): Promise<void>
  /** Sets the message and its key aside: they are retried without delaying the batch. */
  setAside(message: RoutedMessage, error: Error, attempts: number): Promise<void>
  /** Whether a retry of the same messages may succeed. */
  isTransient(error: unknown): Promise<boolean>
  retried(): void
  /** Reports to other processes that the circuit is open. */
  beginPause(): ReportedPause
  /** Records that the batch is done for which an operator accepted the failures. */
  recordAccepted(action: string, deadLettered: number): Promise<void>
  circuit: CircuitBreaker
  retryLoop: RetryLoop
  alive: Alive
}

/**
 * Returns when every message is done, however long that takes.
 *
 * @throws when the consumer is stopped, or when `alive` does
 */
export async function handleBatch(messages: RoutedMessage[], work: BatchWork): Promise<void> {
  await new BatchHandling(messages, work).run()
}

class BatchHandling {
  readonly #messages: RoutedMessage[]
  readonly #work: BatchWork
  readonly #done = new Set<RoutedMessage>()
  readonly #triesAlone = new Map<RoutedMessage, number>()
  /** Keys deferred to the next round: their first message has hit a time limit. */
  readonly #deferred = new Set<string>()
  #timeLimit: Error | null = null
  /** Attempts that hit a time limit since a message was last handled. */
  #limitsInARow = 0
  /** The action of an operator who accepts that the rest of the batch fails. */
  #acceptance: string | null = null
  /** Messages dead-lettered because of it. */
  #accepted = 0

  constructor(messages: RoutedMessage[], work: BatchWork) {
    this.#messages = messages
    this.#work = work
  }

  async run() {
    for (let round = 1; ; round++) {
      try {
        await this.#handle(this.#left())
      } catch (error) {
        if (!(error instanceof CircuitOpen)) throw error
        await this.#untilOneSucceeds(error)
      }
      if (this.#left().length === 0) break
      await this.#endRound(round)
    }
    if (this.#acceptance) await this.#work.recordAccepted(this.#acceptance, this.#accepted)
  }

  /** Waits before messages that hit a time limit are retried. */
  async #endRound(round: number) {
    const { retryLoop, alive } = this.#work
    if (this.#timeLimit) await retryLoop.backOff(this.#timeLimit, round, alive)
    this.#timeLimit = null
    this.#deferred.clear()
  }

  #left() {
    return this.#messages.filter((routed) => !this.#done.has(routed))
  }

  async #handle(all: RoutedMessage[]): Promise<void> {
    const { retryLoop, alive, isTransient } = this.#work
    const messages = all.filter(
      (routed) => !this.#done.has(routed) && !this.#deferred.has(routed.message.key)
    )
    if (messages.length === 0) return
    for (let attempt = 1; ; attempt++) {
      await retryLoop.assertRunning(alive)
      try {
        await this.#commit(messages)
        return
      } catch (error) {
        this.#work.retried()
        if (isTimeLimit(error)) return this.#handleAfterLimit(messages, error as Error)
        if (await isTransient(error)) {
          await retryLoop.backOff(error as Error, attempt, alive)
          continue
        }
        if (messages.length > 1) return this.#handleHalves(messages)
        const [routed] = messages
        const tries = this.#countTryAlone(routed)
        if (!isPermanent(error) && tries < TRIES) {
          await retryLoop.wait(backoff(tries), alive)
          continue
        }
        return this.#deadLetter(routed, error as Error, tries)
      }
    }
  }

  async #handleHalves(messages: RoutedMessage[]) {
    const half = Math.ceil(messages.length / 2)
    await this.#handle(messages.slice(0, half))
    await this.#handle(messages.slice(half))
  }

  async #handleAfterLimit(messages: RoutedMessage[], error: Error) {
    this.#limitsInARow++
    if (messages.length === 1) await this.#defer(messages[0], error)
    if (this.#limitsInARow >= LIMITS_IN_A_ROW) await this.#tryOneAtATime(error)
    if (messages.length > 1) await this.#handleHalves(messages)
  }

  /**
   * Every attempt hits the time limit: readiness warns, and the batch is not halved further until an attempt with
   * one message stays below it. The first messages of all keys take turns.
   */
  async #tryOneAtATime(limit: Error) {
    const { retryLoop, alive } = this.#work
    await retryLoop.backOff(limit, this.#limitsInARow, alive)
    const tried = new Set(this.#deferred)
    for (;;) {
      const firsts = this.#firstOfEachKey()
      if (firsts.length === 0) return
      if (firsts.every(({ message }) => tried.has(message.key))) tried.clear()
      const routed = firsts.find(({ message }) => !tried.has(message.key))!
      tried.add(routed.message.key)
      await retryLoop.assertRunning(alive)
      try {
        if ((await this.#commit([routed])) > 0) return
      } catch (error) {
        this.#work.retried()
        // The time limit was not hit. The next attempt handles the other error.
        if (!isTimeLimit(error)) {
          this.#limitsInARow = 0
          return
        }
        this.#limitsInARow++
        await this.#defer(routed, error as Error)
        await retryLoop.backOff(error as Error, this.#limitsInARow, alive)
      }
    }
  }

  async #commit(messages: RoutedMessage[]) {
    const handled = await this.#work.commit(messages)
    for (const routed of messages) this.#done.add(routed)
    if (handled > 0) this.#limitsInARow = 0
    return handled
  }

  #countTryAlone(routed: RoutedMessage) {
    const tries = (this.#triesAlone.get(routed) ?? 0) + 1
    this.#triesAlone.set(routed, tries)
    return tries
  }

  /** Retries the message after the messages of other keys. */
  async #defer(routed: RoutedMessage, error: Error) {
    const tries = this.#countTryAlone(routed)
    if (tries < TRIES) {
      this.#deferred.add(routed.message.key)
      this.#timeLimit = error
      return
    }
    await this.#work.setAside(routed, error, tries)
    this.#done.add(routed)
  }

  /** @throws CircuitOpen, unless an operator has accepted the failures */
  async #deadLetter(routed: RoutedMessage, error: Error, attempts: number) {
    const { circuit, deadLetter } = this.#work
    if (!this.#acceptance) circuit.assertMayFail(error)
    await deadLetter(routed, error, attempts)
    this.#done.add(routed)
    if (this.#acceptance) this.#accepted++
    else circuit.failed()
  }

  /**
   * The circuit is open: one message is tried at a time, and the first that is handled closes it. The first
   * messages of all keys take turns, so one message that always fails does not stop the others. An operator who
   * accepts the failures closes it for the rest of the batch.
   */
  async #untilOneSucceeds(open: CircuitOpen) {
    const { retryLoop, circuit, alive } = this.#work
    const pause = this.#work.beginPause()
    retryLoop.pause(open)
    try {
      let wait = true
      for (let turn = 0; ; turn++) {
        this.#acceptance = await pause.takeAcceptance()
        if (this.#acceptance) return circuit.close()
        if (wait) await retryLoop.waitBetweenTrials(alive)
        await retryLoop.assertRunning(alive)
        const candidates = this.#firstOfEachKey()
        if (candidates.length === 0) return
        const handled = await this.#try(candidates[turn % candidates.length])
        if (handled > 0) return circuit.close()
        // A repeated message proves nothing: try the next one at once.
        wait = handled < 0
      }
    } finally {
      retryLoop.resume()
      await pause.end()
    }
  }

  /** @returns how many messages were handled; -1 when it failed */
  async #try(routed: RoutedMessage) {
    try {
      return await this.#commit([routed])
    } catch {
      this.#work.retried()
      return -1
    }
  }

  #firstOfEachKey() {
    const firsts = new Map<string, RoutedMessage>()
    for (const routed of this.#left()) {
      if (!firsts.has(routed.message.key)) firsts.set(routed.message.key, routed)
    }
    return [...firsts.values()]
  }
}
