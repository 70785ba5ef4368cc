/** Wakes one waiting loop. A wake-up while nothing waits is kept for the next wait; several count as one. */
export class Wakeup {
  #raised = false
  #resume: (() => void) | null = null

  raise() {
    this.#raised = true
    this.#resume?.()
  }

  /** Resolves at the next wake-up, or after `milliseconds`. @returns whether it was a wake-up */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#raised) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        this.#resume = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const raised = this.#raised
    this.#resume = null
    this.#raised = false
    return raised
  }
}
