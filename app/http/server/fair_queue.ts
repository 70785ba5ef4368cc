/*
 * A fair queue for expensive work that anyone can request, such as a password check. Permits go to groups
 * (client networks) in round-robin order, so a group with many requests delays only itself. Within a group
 * the newest request goes first, and when the queue is full the oldest request of the largest group is
 * rejected. In a flood, new requests get a quick response, instead of every request a late one.
 *
 * Maurer: Fail at Scale (adaptive LIFO), ACM Queue 2015.
 */

/** Returns the permit. Calling it again has no effect. */
export type ReleasePermit = () => void

interface Waiting {
  group: string
  decide(release: ReleasePermit | null): void
  timer: NodeJS.Timeout
}

export interface FairQueueOptions {
  /** Number of permits. */
  atOnce: number
  /** Maximum number of waiting requests. */
  waiting: number
  /** Milliseconds after which a waiting request is rejected. */
  patience: number
}

export class FairQueue {
  readonly #options: FairQueueOptions
  /** The next group comes first; within a group, the oldest request. */
  readonly #groups = new Map<string, Waiting[]>()
  #running = 0
  #waiting = 0

  constructor(options: FairQueueOptions) {
    this.#options = options
  }

  /** Number of waiting requests of a group. */
  waitingOf(group: string) {
    return this.#groups.get(group)?.length ?? 0
  }

  /** Waits for a permit. @returns null when the request is rejected */
  async acquire(group: string): Promise<ReleasePermit | null> {
    if (this.#running < this.#options.atOnce) return this.#begin()
    return new Promise((decide) => {
      const timer = setTimeout(() => this.#reject(waiting), this.#options.patience)
      const waiting = { group, decide, timer }
      const members = this.#groups.get(group) ?? []
      this.#groups.set(group, members)
      members.push(waiting)
      if (++this.#waiting > this.#options.waiting) this.#reject(this.#largest()[0])
    })
  }

  #begin(): ReleasePermit {
    this.#running++
    let released = false
    return () => {
      if (released) return
      released = true
      this.#running--
      this.#callNext()
    }
  }

  #callNext() {
    const [next] = this.#groups.values()
    if (!next) return
    const waiting = next.at(-1)!
    this.#remove(waiting)
    if (next.length > 0) {
      // Move the group to the end: the other groups are next.
      this.#groups.delete(waiting.group)
      this.#groups.set(waiting.group, next)
    }
    waiting.decide(this.#begin())
  }

  #reject(waiting: Waiting) {
    this.#remove(waiting)
    waiting.decide(null)
  }

  #remove(waiting: Waiting) {
    clearTimeout(waiting.timer)
    const members = this.#groups.get(waiting.group)!
    members.splice(members.lastIndexOf(waiting), 1)
    if (members.length === 0) this.#groups.delete(waiting.group)
    this.#waiting--
  }

  #largest() {
    let largest: Waiting[] = []
    for (const members of this.#groups.values()) {
      if (members.length > largest.length) largest = members
    }
    return largest
  }
}
