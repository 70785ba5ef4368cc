import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '#tests/support/eventually'

/** Writes steps one after the other until it is stopped. */
export class SteadyWriter {
  readonly #writing: Promise<void>
  #stopped = false
  #steps = 0

  constructor(step: (n: number) => Promise<unknown>) {
    this.#writing = this.#write(step)
    // A rejection reaches the code that waits for more steps.
    this.#writing.catch(() => {})
  }

  /** Waits until this many more have committed. */
  async pass(count: number) {
    const goal = this.#steps + count
    await eventually(`${count} more steps`, async () => {
      await Promise.race([this.#writing, sleep(0)])
      return this.#steps >= goal
    })
  }

  /** @returns the number of steps */
  async stop(): Promise<number> {
    this.#stopped = true
    await this.#writing
    return this.#steps
  }

  async #write(step: (n: number) => Promise<unknown>) {
    for (let n = 1; !this.#stopped; n++) {
      await step(n)
      this.#steps++
    }
  }
}
