/** A doorbell for one waiting loop: a ring while nobody waits is not lost, and many rings are one. */
export class Wakeup {
  #raised = false
  #resume: (() => void) | null = null

  raise() {
    this.#raised = true
    this.#resume?.()
  }

  /** Resolves at the next ring, or after `milliseconds`. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#raised) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        this.#resume = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#resume = null
    this.#raised = false
  }
}
