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
/** A turn counts no longer where others wait: who holds it may wait for a body that trickles in. */
const TURN_MS = 2_000

interface Waiting {
  since: number
  called: (turn: Turn | null) => void
}

/** To be ended as soon as the work is done, by whoever got it; to end it again changes nothing. */
export interface Turn {
  since: number
  end(): void
}

export class ControlledDelay {
  readonly #atOnce: number
  readonly #now: () => number
  readonly #line: Waiting[] = []
  /** The oldest first. */
  readonly #turns = new Set<Turn>()
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

  get atWork() {
    return this.#turns.size
  }

  get waiting() {
    return this.#line.length
  }

  /** Waits in line. @returns null for who has waited too long and is sent away */
  async turn(): Promise<Turn | null> {
    if (this.#line.length === 0) {
      this.#lastEmpty = this.#now()
      if (this.atWork < this.#atOnce) return this.#begin()
    }
    return new Promise((called) => {
      this.#line.push({ since: this.#now(), called })
      this.#looking ??= setInterval(() => this.#look(), LOOKS_EVERY_MS).unref()
    })
  }

  #begin(): Turn {
    const turn: Turn = {
      since: this.#now(),
      end: () => void (this.#turns.delete(turn) && this.#look()),
    }
    this.#turns.add(turn)
    return turn
  }

  /** Takes back turns, sends away who has waited too long, and calls as many as may begin. */
  #look() {
    const now = this.#now()
    for (const turn of this.#turns) {
      if (now - turn.since < TURN_MS) break
      this.#turns.delete(turn)
    }
    const longest = now - this.#lastEmpty > BURST_MS ? OVERLOAD_MS : BURST_MS
    while (this.#line.length > 0 && now - this.#line[0].since > longest) {
      this.#line.shift()!.called(null)
    }
    while (this.#line.length > 0 && this.atWork < this.#atOnce) {
      this.#line.shift()!.called(this.#begin())
    }
    if (this.#line.length > 0) return
    this.#lastEmpty = now
    clearInterval(this.#looking)
    this.#looking = undefined
  }
}
