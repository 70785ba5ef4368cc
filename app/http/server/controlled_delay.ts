/*
 * Admission control by controlled delay. So many are at work at once, the others stand in line, and a burst
 * may stand in it for a second. A line that does not empty is no burst but an overload: then nobody stands in
 * it for longer than a moment, or all would wait for what all others wait for, callers would go before
 * their answers come, and the work for those who have gone would be lost to those who have not.
 *
 * Nichols, Jacobson: Controlling Queue Delay, ACM Queue 2012. For servers as here: Maurer: Fail at Scale,
 * ACM Queue 2015.
 */

const BURST_MS = 1_000
const OVERLOAD_MS = 100
const LOOKS_EVERY_MS = 20
/** A permit held for longer no longer counts while others wait: its holder may be waiting for a lock. */
const PERMIT_MS = 2_000

interface Waiting {
  since: number
  called: (permit: Permit | null) => void
}

/** End it as soon as the work is done. Ending it twice has no further effect. */
export interface Permit {
  since: number
  release(): void
}

export class ControlledDelay {
  readonly #atOnce: number
  readonly #now: () => number
  readonly #line: Waiting[] = []
  /** The oldest first. */
  readonly #permits = new Set<Permit>()
  #lastEmpty = 0
  #looking: NodeJS.Timeout | undefined

  /**
   * @param atOnce - how many may be at work at once
   * @param now - milliseconds that never go back
   */
  constructor(atOnce: number, now = () => performance.now()) {
    this.#atOnce = atOnce
    this.#now = now
  }

  get active() {
    return this.#permits.size
  }

  get waiting() {
    return this.#line.length
  }

  /**
   * Whether a request that came now would most likely wait in line only to be rejected: cheap to ask, before
   * anything is done for it. Only while the oldest has waited too long already: rejecting earlier would empty the
   * line, and an empty line counts as the end of the overload.
   */
  get overloaded() {
    const [oldest] = this.#line
    const now = this.#now()
    return (
      oldest !== undefined && now - this.#lastEmpty > BURST_MS && now - oldest.since > OVERLOAD_MS
    )
  }

  /** Begins if nobody waits and there is room. @returns null when the caller would have to wait */
  tryAcquire(): Permit | null {
    if (this.#line.length > 0) return null
    this.#lastEmpty = this.#now()
    return this.active < this.#atOnce ? this.#begin() : null
  }

  /** Waits in line. @returns null after waiting too long: reject the request */
  async acquire(): Promise<Permit | null> {
    const permit = this.tryAcquire()
    if (permit) return permit
    return new Promise((called) => {
      this.#line.push({ since: this.#now(), called })
      this.#looking ??= setInterval(() => this.#look(), LOOKS_EVERY_MS).unref()
    })
  }

  #begin(): Permit {
    const permit: Permit = {
      since: this.#now(),
      release: () => void (this.#permits.delete(permit) && this.#look()),
    }
    this.#permits.add(permit)
    return permit
  }

  /** Takes back permits, rejects those that have waited too long, and starts as many as may begin. */
  #look() {
    const now = this.#now()
    for (const permit of this.#permits) {
      if (now - permit.since < PERMIT_MS) break
      this.#permits.delete(permit)
    }
    const longest = now - this.#lastEmpty > BURST_MS ? OVERLOAD_MS : BURST_MS
    while (this.#line.length > 0 && now - this.#line[0].since > longest) {
      this.#line.shift()!.called(null)
    }
    while (this.#line.length > 0 && this.active < this.#atOnce) {
      this.#line.shift()!.called(this.#begin())
    }
    if (this.#line.length > 0) return
    this.#lastEmpty = now
    clearInterval(this.#looking)
    this.#looking = undefined
  }
}
