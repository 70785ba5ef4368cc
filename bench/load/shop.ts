import { randomInt, randomUUID } from 'node:crypto'
import type { AppUnderTest } from '../under_test/app.ts'
import { Client } from './client.ts'
import { readAnswer } from './orders.ts'
import type { Placed, Sender } from './sent.ts'

const LINES = 2
const MOST_PIECES = 3
const MOST_RESTOCK = 1_000_000

/** Places orders of the demo products as administrator. */
export class Shop implements Sender {
  readonly #client: Client
  #skus: string[] = []

  private constructor(client: Client) {
    this.#client = client
  }

  static async open({ url, token }: AppUnderTest): Promise<Shop> {
    const shop = new Shop(new Client(url, { authorization: `Bearer ${token}` }))
    const { status, body } = await shop.#client.send('GET', '/api/v1/products?limit=200')
    if (status !== 200) throw new Error(`GET /products answers ${status}: ${body}`)
    shop.#skus = JSON.parse(body).data.map(({ sku }: { sku: string }) => sku)
    return shop
  }

  get connections() {
    return this.#client.connections
  }

  /** Gives every product enough stock for this many orders. */
  async restock(orders: number) {
    for (const sku of this.#skus) {
      for (let needed = orders * MOST_PIECES; needed > 0; needed -= MOST_RESTOCK) {
        const quantity = Math.min(needed, MOST_RESTOCK)
        const path = `/api/v1/stock/${sku}/restocks`
        const { status, body } = await this.#post(path, { quantity, reference: 'BENCH' })
        if (status !== 201) throw new Error(`restocking ${sku} answers ${status}: ${body}`)
      }
    }
  }

  /** Places an order of two different products. */
  async placeOrder(): Promise<Placed> {
    return readAnswer(await this.#post('/api/v1/orders', { lines: this.#lines() }))
  }

  #lines() {
    const skus = new Set<string>()
    while (skus.size < LINES) skus.add(this.#skus[randomInt(this.#skus.length)])
    return [...skus].map((sku) => ({ sku, quantity: randomInt(1, MOST_PIECES + 1) }))
  }

  #post(path: string, body: object) {
    return this.#client.send('POST', path, JSON.stringify(body), {
      'idempotency-key': randomUUID(),
    })
  }
}
