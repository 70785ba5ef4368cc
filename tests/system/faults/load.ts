/*
 * Orders in an open loop: each is sent at its time, whatever happened to the ones before. Of ten orders one
 * is changed later, one is cancelled and one is fulfilled. The scarce product is restocked from time to time.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '#tests/support/processes/app_process'
import { SCARCE, SKUS, type Shop } from './shop.ts'

/** After this long without a response, the request is retried under the same key. */
const RESPONSE_WITHIN_MS = 5_000
const GIVES_UP_MS = 120_000
/** The longest wait between two tries. */
const LONGEST_WAIT_MS = 3_000
/** No more requests are in flight; if this limit holds sending back, the accepted rate shows it. */
const MOST_IN_FLIGHT = 2_000
/** The age from which orders are changed, cancelled and fulfilled. */
const TOUCHED_AFTER_MS = 3_000

/** Moments are milliseconds of `performance.now()`. */
export interface Placed {
  id: string
  sentAt: number
  acceptedAt: number
}

export class Load {
  readonly #shop: Shop
  readonly #rate: number
  readonly #inFlight = new Set<Promise<void>>()
  readonly #running: Promise<void>
  #stopped = false
  #nextTouched = 0
  #turn = 0
  readonly accepted: Placed[] = []
  /** Orders answered with 503 at the first try. */
  refused = 0
  /** Requests without a response after two minutes, and unexpected responses. */
  readonly wrong: string[] = []
  readonly #beganAt = performance.now()
  #endedAt = 0

  constructor(shop: Shop, rate: number) {
    this.#shop = shop
    this.#rate = rate
    this.#running = this.#run()
  }

  /** Accepted orders a second. */
  get acceptedRate() {
    return (this.accepted.length / ((this.#endedAt || performance.now()) - this.#beganAt)) * 1_000
  }

  get seconds() {
    return ((this.#endedAt || performance.now()) - this.#beganAt) / 1_000
  }

  /** Stops sending, and waits for the last response. */
  async stop() {
    this.#stopped = true
    await this.#running
    this.#endedAt = performance.now()
    await Promise.all(this.#inFlight)
  }

  async #run() {
    const began = performance.now()
    for (let n = 0; !this.#stopped; n++) {
      // Yields even when late, so that responses and proxied connections are served.
      await sleep(Math.max(0, began + (n * 1_000) / this.#rate - performance.now()))
      while (this.#inFlight.size > MOST_IN_FLIGHT && !this.#stopped) await sleep(10)
      this.#begin(this.#place())
      if (n % 10 === 2) this.#begin(this.#later('PATCH', '', { lines: lines() }))
      if (n % 10 === 5) this.#begin(this.#later('POST', '/cancellation', {}))
      if (n % 10 === 8) this.#begin(this.#later('POST', '/fulfilment', { revision: 1 }))
      if (n % 50 === 25) this.#begin(this.#restock())
    }
  }

  #begin(request: Promise<void>) {
    const done = request
      .catch((error) => void this.wrong.push(String(error.message)))
      .finally(() => this.#inFlight.delete(done))
    this.#inFlight.add(done)
  }

  async #place() {
    const sentAt = performance.now()
    const answer = await this.#ask('POST', '/api/v1/orders', { lines: lines() })
    if (answer.status === 503) return void this.refused++
    if (answer.status !== 202) throw new Error(`POST /orders: ${answer.status} ${answer.text}`)
    this.accepted.push({ id: answer.body.id, sentAt, acceptedAt: performance.now() })
  }

  async #later(method: string, path: string, body: object) {
    const order = this.accepted[this.#nextTouched]
    if (!order || order.acceptedAt > performance.now() - TOUCHED_AFTER_MS) return
    // Three of ten orders are touched, one in three.
    this.#nextTouched += 3
    const { status, text } = await this.#ask(method, `/api/v1/orders/${order.id}${path}`, body)
    if (![200, 202, 409, 503].includes(status))
      throw new Error(`${method} ${path}: ${status} ${text}`)
  }

  async #restock() {
    const { status, text } = await this.#ask('POST', `/api/v1/stock/${SCARCE}/restocks`, {
      quantity: 10,
    })
    if (![201, 503].includes(status)) throw new Error(`a restock: ${status} ${text}`)
  }

  /**
   * Sends the request to the processes in turn. Without a response it retries under the same key until there
   * is one; a 503 to the first attempt ends it.
   */
  async #ask(method: string, path: string, body: object): Promise<Answer> {
    const headers = { 'idempotency-key': randomUUID(), 'if-match': '*' }
    const until = performance.now() + GIVES_UP_MS
    let unanswered = false
    for (let wait = 100; performance.now() < until; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const { apps, token } = this.#shop
      const app = apps[this.#turn++ % apps.length]
      const answer = await app
        .request(method, path, { token, body, headers, within: RESPONSE_WITHIN_MS })
        .catch(() => null)
      unanswered ||= !answer
      const settled = answer && answer.body?.code !== 'request_in_progress'
      if (settled && (answer.status !== 503 || !unanswered)) return answer
      await sleep(wait * (0.5 + Math.random() / 2))
    }
    throw new Error(`${method} ${path} has no response after two minutes`)
  }
}

function lines() {
  const first = randomInt(SKUS.length)
  const second = (first + 1 + randomInt(SKUS.length - 1)) % SKUS.length
  return [first, second].map((n) => ({ sku: SKUS[n], quantity: randomInt(1, 4) }))
}
