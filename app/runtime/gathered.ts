/** Items of one run. */
const MAX_ITEMS = 500

interface Call<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Gathers concurrent calls, so that they share an exchange with the database: those of one tick, those made while a run
 * is in progress, and those made within `interval` of the start of the last run. A call on its own runs at once.
 */
export class Gathered<Item, Result> {
  readonly #run: (items: Item[]) => Promise<Result[]>
  readonly #interval: number
  #calls: Call<Item, Result>[] = []
  #lastRun = -Infinity
  #running = false

  /**
   * @param run - returns the result of each item, in order. If it throws, every call fails.
   * @param interval - milliseconds between the starts of two runs
   */
  constructor(run: (items: Item[]) => Promise<Result[]>, interval = 0) {
    this.#run = run
    this.#interval = interval
  }

  call(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#calls.push({ item, resolve, reject })
      this.#schedule()
    })
  }

  #schedule() {
    if (this.#running || this.#calls.length === 0) return
    this.#running = true
    const wait = this.#lastRun + this.#interval - performance.now()
    if (wait <= 0) setImmediate(() => this.#begin())
    else setTimeout(() => this.#begin(), wait)
  }

  async #begin() {
    this.#lastRun = performance.now()
    const calls = this.#calls.splice(0, MAX_ITEMS)
    try {
      const results = await this.#run(calls.map(({ item }) => item))
      calls.forEach(({ resolve }, index) => resolve(results[index]))
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
    this.#running = false
    this.#schedule()
  }
}
