/*
 * Admission control by controlled delay. A limited number of requests run at once and the others wait in a queue, in
 * a burst for up to a second. A queue that has not been empty for a second means overload: from then on no request
 * waits for longer than 100 ms. Otherwise everyone waits, clients time out, and capacity is spent on abandoned requests.
 *
 * Nichols, Jacobson: Controlling Queue Delay, ACM Queue 2012. Adapted to servers: Maurer: Fail at Scale, ACM Queue 2015.
 */

/** How long a request waits in a burst. */
const BURST_MS = 1_000
/** How long a request waits under overload. */
const OVERLOAD_MS = 100
const POLL_MS = 20
/** A permit held for longer does not count while others wait, because its holder may be waiting for a lock. */
const PERMIT_MS = 2_000

interface Waiting {
  since: number
  decide: (permit: Permit | null) => void
}

/** Release it as soon as the work is done. Releasing it again has no effect. */
export interface Permit {
  since: number
  release(): void
}

export class ControlledDelay {
  readonly #atOnce: number
  readonly #now: () => number
  /** Oldest first. */
  readonly #queue: Waiting[] = []
  /** Oldest first. */
  readonly #permits = new Set<Permit>()
  #lastEmpty = 0
  #polling: NodeJS.Timeout | undefined

  /**
   * @param atOnce - number of permits
   * @param now - monotonic clock, in milliseconds
   */
  constructor(atOnce: number, now = () => performance.now()) {
    this.#atOnce = atOnce
    this.#now = now
  }

  get active() {
    return this.#permits.size
  }

  get waiting() {
    return this.#queue.length
  }

  /**
   * Whether a new request would most likely wait only to be rejected. True only while the oldest request has waited
   * too long: rejecting earlier would empty the queue, which counts as the end of the overload.
   */
  get overloaded() {
    const [oldest] = this.#queue
    const now = this.#now()
    return (
      oldest !== undefined && now - this.#lastEmpty > BURST_MS && now - oldest.since > OVERLOAD_MS
    )
  }

  /** Returns a permit if one is free and nobody waits; otherwise null. */
  tryAcquire(): Permit | null {
    if (this.#queue.length > 0) return null
    this.#lastEmpty = this.#now()
    return this.active < this.#atOnce ? this.#begin() : null
  }

  /** Waits for a permit. @returns null after too long a wait: reject the request */
  async acquire(): Promise<Permit | null> {
    const permit = this.tryAcquire()
    if (permit) return permit
    return new Promise((decide) => {
      this.#queue.push({ since: this.#now(), decide })
      this.#polling ??= setInterval(() => this.#poll(), POLL_MS).unref()
    })
  }

  #begin(): Permit {
    const permit: Permit = {
      since: this.#now(),
      release: () => void (this.#permits.delete(permit) && this.#poll()),
    }
    this.#permits.add(permit)
    return permit
  }

  /** Ends old permits, rejects requests that have waited too long, and starts the next ones. */
  #poll() {
    const now = this.#now()
    for (const permit of this.#permits) {
      if (now - permit.since < PERMIT_MS) break
      this.#permits.delete(permit)
    }
    const longest = now - this.#lastEmpty > BURST_MS ? OVERLOAD_MS : BURST_MS
    while (this.#queue.length > 0 && now - this.#queue[0].since > longest) {
      this.#queue.shift()!.decide(null)
    }
    while (this.#queue.length > 0 && this.active < this.#atOnce) {
      this.#queue.shift()!.decide(this.#begin())
    }
    if (this.#queue.length > 0) return
    this.#lastEmpty = now
    clearInterval(this.#polling)
    this.#polling = undefined
  }
}
