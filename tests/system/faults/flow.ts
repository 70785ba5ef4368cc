/*
 * Whether orders flow: an order was accepted within the last second, and none that was accepted more than two
 * seconds ago waits for inventory's reply.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { slowdown } from '#tests/support/eventually'
import type { Load, Placed } from './load.ts'
import type { Shop } from './shop.ts'

const CHECK_EVERY_MS = 200
const ACCEPTED_WITHIN_MS = 1_000
const REPLY_WITHIN_MS = 2_000
/** How long orders must flow to count as recovered. */
const STEADY_MS = 3_000

interface Check {
  at: number
  /** Why orders do not flow; null if they do. */
  problem: string | null
}

export class Flow {
  readonly #shop: Shop
  readonly #load: Load
  /** Whether the order is expected to wait. */
  readonly #explained: (orderId: string) => boolean
  readonly #checks: Check[] = []
  readonly #running: Promise<void>
  #stopped = false

  constructor(shop: Shop, load: Load, explained: (orderId: string) => boolean = () => false) {
    this.#shop = shop
    this.#load = load
    this.#explained = explained
    this.#running = this.#watch()
  }

  /**
   * Waits until orders have flowed for three seconds.
   *
   * @param within - milliseconds, on a machine with nothing else to do
   * @throws Error with the last problem when they do not by then
   */
  async isNormal(within = 90_000) {
    const until = performance.now() + within * slowdown()
    while (!this.#steadySince(performance.now() - STEADY_MS)) {
      if (performance.now() > until)
        throw new Error(`orders do not flow within ${within / 1_000} s: ${this.#lastProblem}`)
      await sleep(CHECK_EVERY_MS)
    }
  }

  /**
   * Milliseconds from `from` to the last check before `to` that found a problem: 0 without any, null if
   * orders did not flow at `to` either.
   */
  disturbed(from: number, to: number): number | null {
    const checks = this.#checks.filter(({ at }) => at >= from && at <= to)
    if (checks.at(-1)?.problem) return null
    const last = checks.findLast(({ problem }) => problem)
    return last ? last.at - from : 0
  }

  async stop() {
    this.#stopped = true
    await this.#running
  }

  get #lastProblem() {
    return this.#checks.findLast(({ problem }) => problem)?.problem
  }

  #steadySince(moment: number) {
    const checks = this.#checks.filter(({ at }) => at >= moment - CHECK_EVERY_MS)
    return checks.length > 5 && checks.every(({ problem }) => !problem)
  }

  async #watch() {
    while (!this.#stopped) {
      const at = performance.now()
      const problem = await this.#problemAt(at).catch((error) => String(error.message))
      this.#checks.push({ at, problem })
      await sleep(CHECK_EVERY_MS)
    }
  }

  async #problemAt(at: number): Promise<string | null> {
    const accepted = this.#load.accepted
    const last = accepted.at(-1)
    if (!last || last.acceptedAt < at - ACCEPTED_WITHIN_MS) return 'no order is accepted'
    const rows = await this.#shop.query<{ id: string }>(
      `select id from orders.orders where status = 'pending'`
    )
    const pending = new Set(rows.map(({ id }) => id))
    const waits = ({ id, acceptedAt }: Placed) =>
      acceptedAt < at - REPLY_WITHIN_MS && pending.has(id) && !this.#explained(id)
    const waiting = accepted.filter(waits)
    return waiting.length > 0
      ? `${waiting.length} orders wait, the first is ${waiting[0].id}`
      : null
  }
}
