/*
 * Whether orders flow. The flow is normal at a moment when an order was accepted in the second before it,
 * and none that was accepted more than two seconds before it still waits for inventory's answer.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { slowdown } from '#tests/support/eventually'
import type { Load, Placed } from './load.ts'
import type { Shop } from './shop.ts'

const LOOKS_EVERY_MS = 200
const ACCEPTED_WITHIN_MS = 1_000
const SETTLED_WITHIN_MS = 2_000
/** How long orders must flow to count as recovered. */
const STEADY_MS = 3_000

interface Look {
  at: number
  /** Why it is not normal; null: it is. */
  trouble: string | null
}

export class Flow {
  readonly #shop: Shop
  readonly #load: Load
  /** Orders that wait for a reason, which do not count. */
  readonly #explained: (orderId: string) => boolean
  readonly #looks: Look[] = []
  readonly #running: Promise<void>
  #stopped = false

  constructor(shop: Shop, load: Load, explained: (orderId: string) => boolean = () => false) {
    this.#shop = shop
    this.#load = load
    this.#explained = explained
    this.#running = this.#watch()
  }

  /**
   * Waits until the flow is normal and stays so.
   *
   * @param within - milliseconds, on a machine with nothing else to do
   * @throws Error when it is not so by then
   */
  async isNormal(within = 90_000) {
    const until = performance.now() + within * slowdown()
    while (!this.#steadySince(performance.now() - STEADY_MS)) {
      if (performance.now() > until)
        throw new Error(`orders do not flow within ${within / 1_000} s: ${this.#lastTrouble}`)
      await sleep(LOOKS_EVERY_MS)
    }
  }

  /**
   * How many milliseconds after `from` the last look before `to` was that found it not normal: 0 when
   * none did, null when it was not normal at `to` either.
   */
  disturbed(from: number, to: number): number | null {
    const looks = this.#looks.filter(({ at }) => at >= from && at <= to)
    if (looks.at(-1)?.trouble) return null
    const last = looks.findLast(({ trouble }) => trouble)
    return last ? last.at - from : 0
  }

  async stop() {
    this.#stopped = true
    await this.#running
  }

  get #lastTrouble() {
    return this.#looks.findLast(({ trouble }) => trouble)?.trouble
  }

  #steadySince(moment: number) {
    const looks = this.#looks.filter(({ at }) => at >= moment - LOOKS_EVERY_MS)
    return looks.length > 5 && looks.every(({ trouble }) => !trouble)
  }

  async #watch() {
    while (!this.#stopped) {
      const at = performance.now()
      const trouble = await this.#troubleAt(at).catch((error) => String(error.message))
      this.#looks.push({ at, trouble })
      await sleep(LOOKS_EVERY_MS)
    }
  }

  async #troubleAt(at: number): Promise<string | null> {
    const accepted = this.#load.accepted
    const last = accepted.at(-1)
    if (!last || last.acceptedAt < at - ACCEPTED_WITHIN_MS) return 'no order is accepted'
    const rows = await this.#shop.query<{ id: string }>(
      `select id from orders.orders where status = 'pending'`
    )
    const pending = new Set(rows.map(({ id }) => id))
    const waits = ({ id, acceptedAt }: Placed) =>
      acceptedAt < at - SETTLED_WITHIN_MS && pending.has(id) && !this.#explained(id)
    const waiting = accepted.filter(waits)
    return waiting.length > 0
      ? `${waiting.length} orders wait, the first is ${waiting[0].id}`
      : null
  }
}
