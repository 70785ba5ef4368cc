/*
 * The circuit breaker of a consumer. When nearly every message fails in the handler, the fault is in our code
 * and not in the messages; dead-lettering them all would hide it, so the consumer pauses.
 *
 * Records that fail their schema do not count: another producer must not be able to pause the consumer.
 */

/** This many failures in a row, or half of a batch of at least `batch`, open the circuit. */
const OPENS_AT = { inARow: 20, batch: 40 }

/** The circuit has opened: nothing is dead-lettered until a message has been handled. */
export class CircuitOpen extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

export class CircuitBreaker {
  #failuresInRow = 0
  #batch = { size: 0, failed: 0 }

  /** @param size - messages of the batch that begins */
  beginBatch(size: number) {
    this.#batch = { size, failed: 0 }
  }

  succeeded() {
    this.#failuresInRow = 0
  }

  /** The message that was tried while the circuit was open has been handled: counting starts again. */
  close() {
    this.#failuresInRow = 0
    this.#batch.failed = 0
  }

  /** @throws CircuitOpen when one more failure is too many */
  assertMayFail(error: Error) {
    const { size, failed } = this.#batch
    const isHalf = size >= OPENS_AT.batch && (failed + 1) * 2 >= size
    if (this.#failuresInRow + 1 >= OPENS_AT.inARow || isHalf) throw new CircuitOpen(error)
  }

  /** A message has been dead-lettered because its handler failed. */
  failed() {
    this.#failuresInRow++
    this.#batch.failed++
  }
}
