/*
 * Concurrent placements share a statement: under load, most of what an order costs is its exchange with PostgreSQL
 * (docs/decisions/0028-concurrent-placements-share-a-statement.md).
 */
import { lockText } from '#http/idempotency'
import { isTransient } from '#postgres/errors'
import type { OrderToPlace, PlacedOrder } from '../store/placement.ts'

/** Statements at a time. While they run, the next one gathers. */
const CONCURRENT_STATEMENTS = 2
const MAX_ORDERS = 200
/** A statement that runs for longer no longer counts: it may hang on a dead connection, or wait for a lock. */
const COUNTED_MS = 2_000

type Insert = (orders: OrderToPlace[]) => Promise<(PlacedOrder | null)[]>

interface Waiting {
  order: OrderToPlace
  resolve(placed: PlacedOrder | null): void
  reject(error: unknown): void
}

export class CoalescedPlacements {
  readonly #insert: Insert
  #waiting: Waiting[] = []
  readonly #running = new Set<object>()
  #scheduled = false

  /** @param insert - places orders with different keys, all or none */
  constructor(insert: Insert) {
    this.#insert = insert
  }

  /**
   * Places an order, in one statement with others that arrive in the same tick or while two statements run. It
   * resolves after the commit. An order that PostgreSQL refuses does not affect the others.
   *
   * @returns null if its key is taken, by a request in progress or an earlier one
   * @throws the error of `insert`
   */
  async place(order: OrderToPlace): Promise<PlacedOrder | null> {
    // It may wait for the lock of its customer, and must not keep others waiting.
    if (order.limits) return this.#placeAlone(order)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, resolve, reject })
      this.#schedule()
    })
  }

  async #placeAlone(order: OrderToPlace) {
    const [placed] = await this.#insert([order])
    return placed
  }

  #schedule() {
    const full = this.#running.size >= CONCURRENT_STATEMENTS
    if (this.#scheduled || full || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(async () => {
      this.#scheduled = false
      const orders = this.#waiting.splice(0, MAX_ORDERS)
      const end = () => this.#running.delete(orders) && this.#schedule()
      this.#running.add(orders)
      const slow = setTimeout(end, COUNTED_MS).unref()
      await this.#placeTogether(orders)
      clearTimeout(slow)
      end()
    })
  }

  async #placeTogether(waiting: Waiting[]) {
    const byKey = Map.groupBy(waiting, ({ order }) => lockText(order.scope))
    const firsts = [...byKey.values()].map(([first]) => first)
    try {
      const placed = await this.#insert(firsts.map(({ order }) => order))
      firsts.forEach(({ resolve }, index) => resolve(placed[index]))
    } catch (error) {
      const alone = firsts.length > 1 && !isTransient(error)
      await Promise.all(
        firsts.map(({ order, resolve, reject }) =>
          alone ? this.#placeAlone(order).then(resolve, reject) : reject(error)
        )
      )
    }
    for (const [, ...repeated] of byKey.values()) repeated.forEach(({ resolve }) => resolve(null))
  }
}
