import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './app_process.ts'

/** Makes steps without a pause, one after the other, until it is stopped. */
export class SteadyWriter {
  readonly #writing: Promise<void>
  #stopped = false
  #steps = 0

  constructor(step: (n: number) => Promise<unknown>) {
    this.#writing = this.#write(step)
    // Whoever waits for more steps hears of it.
    this.#writing.catch(() => {})
  }

  /** Waits until so many more have committed. */
  async pass(count: number) {
    const goal = this.#steps + count
    await eventually(`${count} more steps`, async () => {
      await Promise.race([this.#writing, sleep(0)])
      return this.#steps >= goal
    })
  }

  /** @returns how many there were */
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
