/**
 * Shared by the consumers of a process: one message at a time is handled alone. Otherwise two messages would be
 * blamed for the same crash.
 */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs work when the previous work has ended. @throws the error of the work */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
