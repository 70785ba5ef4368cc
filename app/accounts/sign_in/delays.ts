import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Concurrent delays. When there are too many, a random one is cut short, so that nobody can choose whose, and in
 * a flood each has the same chance to complete.
 */
export class Delays {
  readonly #most: number
  readonly #running: AbortController[] = []

  /** @param most - maximum number of concurrent delays */
  constructor(most: number) {
    this.#most = most
  }

  /** @returns false when the delay was cut short */
  async wait(milliseconds: number): Promise<boolean> {
    const cut = new AbortController()
    this.#running.push(cut)
    if (this.#running.length > this.#most) this.#cutOne()
    // Only the signal ends the sleep early.
    return sleep(milliseconds, true, { signal: cut.signal })
      .catch(() => false)
      .finally(() => this.#remove(cut))
  }

  #cutOne() {
    const cut = this.#running[randomInt(this.#running.length)]
    this.#remove(cut)
    cut.abort()
  }

  #remove(cut: AbortController) {
    const index = this.#running.indexOf(cut)
    if (index >= 0) this.#running.splice(index, 1)
  }
}
