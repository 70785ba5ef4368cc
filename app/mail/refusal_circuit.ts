/** Different recipients refused in a row before the queue pauses. */
export const REFUSED_IN_A_ROW = 20

/**
 * A circuit breaker: a server that refuses everybody is at fault, not the recipients. Open, it lets
 * one mail through at a time, and closes on the first that is delivered.
 */
export class RefusalCircuit {
  readonly #recipients = new Set<string>()
  readonly #probeEvery: number
  #nextProbe = 0

  /** @param probeEvery - milliseconds between two mails while it is open */
  constructor(probeEvery: number) {
    this.#probeEvery = probeEvery
  }

  get open(): boolean {
    return this.#recipients.size >= REFUSED_IN_A_ROW
  }

  /** @returns whether this refusal has opened it */
  refused(recipient: string, now = Date.now()): boolean {
    const before = this.open
    if (before) return false
    this.#recipients.add(recipient.toLowerCase())
    if (this.open) this.#nextProbe = now + this.#probeEvery
    return this.open
  }

  /** @returns whether this delivery has closed it */
  delivered(): boolean {
    const before = this.open
    this.#recipients.clear()
    return before
  }

  /** True when the next probe is due; it counts as made. */
  takeProbe(now = Date.now()): boolean {
    if (now < this.#nextProbe) return false
    this.#nextProbe = now + this.#probeEvery
    return true
  }
}
