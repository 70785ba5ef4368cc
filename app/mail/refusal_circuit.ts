/** Different recipients refused in a row before the queue pauses. */
export const REFUSED_IN_A_ROW = 20

/**
 * A circuit breaker for a server that refuses all recipients. While it is open, one mail is sent at a time; the first
 * delivery closes it.
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

  /** @returns whether this refusal has opened the circuit */
  refused(recipient: string, now = Date.now()): boolean {
    if (this.open) return false
    this.#recipients.add(recipient.toLowerCase())
    if (this.open) this.#nextProbe = now + this.#probeEvery
    return this.open
  }

  /** @returns whether this delivery has closed the circuit */
  delivered(): boolean {
    const wasOpen = this.open
    this.#recipients.clear()
    return wasOpen
  }

  /** Whether the next probe is due. */
  probeDue(now = Date.now()): boolean {
    return now >= this.#nextProbe
  }

  /** Whether the next probe is due. If it is, schedules the one after it. */
  takeProbe(now = Date.now()): boolean {
    if (!this.probeDue(now)) return false
    this.#nextProbe = now + this.#probeEvery
    return true
  }
}
