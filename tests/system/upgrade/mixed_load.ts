/*
 * Customers and clerks of a shop whose modules run apart: orders at a rate, of ten one is changed, one is
 * cancelled and one is fulfilled, and one asks for more than there is.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppProcess } from '#tests/support/processes/app_process'
import { eventually } from '#tests/support/eventually'

const SKUS = ['MUG', 'PLATE', 'BOWL']
const ON_HAND = 1_000_000
/** Orders a second. */
const RATE = 20

export class MixedLoad {
  readonly #placed: string[] = []
  /** Requests without an answer that says what became of them; they were sent again under their key. */
  askedAgain = 0

  /** @param apps - asked where they are at that moment: one may be replaced */
  constructor(
    readonly apps: Record<'orders' | 'inventory', AppProcess>,
    readonly token: string
  ) {}

  async stockShelves() {
    const { inventory } = this.apps
    for (const sku of SKUS) {
      const price = { amount: 1_000, currency: 'EUR' }
      await inventory.put(`/api/v1/products/${sku}`, this.token, { name: sku, price })
      await inventory.post(`/api/v1/stock/${sku}/restocks`, this.token, { quantity: ON_HAND })
    }
    await eventually('the last product can be ordered', async () => {
      const order = { lines: [{ sku: SKUS.at(-1), quantity: 1 }] }
      const { status, body } = await this.apps.orders.post('/api/v1/orders', this.token, order)
      return status === 202 && this.#placed.push(body.id)
    })
  }

  /** An order leaves at its time, whatever became of those before it. */
  async run(seconds: number) {
    const all: Promise<void>[] = []
    for (let n = 0; n < seconds * RATE; n++) {
      all.push(this.#customer(n))
      await sleep(1_000 / RATE)
    }
    await Promise.all(all)
  }

  /** Waits until inventory has answered every order. @returns how many are in which state */
  async settled(): Promise<Record<string, number>> {
    await eventually(
      'every order is answered',
      async () => {
        const waiting = '/api/v1/orders?status=pending&status=updating&limit=1'
        const { body } = await this.apps.orders.get(waiting, this.token)
        return body.data.length === 0
      },
      { within: 60_000, every: 250 }
    )
    const states: Record<string, number> = {}
    for (const id of this.#placed) {
      const { body } = await this.apps.orders.get(`/api/v1/orders/${id}`, this.token)
      states[body.status] = (states[body.status] ?? 0) + 1
    }
    return states
  }

  async #customer(n: number) {
    const quantity = n % 10 === 7 ? ON_HAND : 1 + (n % 3)
    const lines = [{ sku: SKUS[n % SKUS.length], quantity }]
    const { id } = await this.#sent('POST', '/api/v1/orders', { lines })
    this.#placed.push(id)
    const path = `/api/v1/orders/${id}`
    if (n % 10 === 1) {
      await this.#sent('PATCH', path, { lines: [{ ...lines[0], quantity: quantity + 1 }] })
    }
    if (n % 10 === 2) await this.#sent('POST', `${path}/cancellation`, {})
    if (n % 10 === 3) {
      const confirmed = async () => {
        const { body } = await this.apps.orders.get(path, this.token)
        return body.status === 'confirmed' && body
      }
      const { heldRevision } = await eventually(`order ${id} is confirmed`, () =>
        confirmed().catch(() => null)
      )
      await this.#sent('POST', `${path}/fulfilment`, { revision: heldRevision })
    }
  }

  /** Sent until it is answered, as a careful caller does. */
  async #sent(method: string, path: string, body: object) {
    const headers = {
      'idempotency-key': randomUUID(),
      ...(method === 'PATCH' && { 'if-match': '*' }),
    }
    const { token } = this
    for (;;) {
      const answer = await this.apps.orders
        .request(method, path, { token, body, headers })
        .catch(() => null)
      if (answer && answer.status < 300) return answer.body
      if (answer && ![409, 429, 503].includes(answer.status)) {
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
      }
      this.askedAgain++
      await sleep(250)
    }
  }
}
