import { randomInt, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { AppUnderTest } from './under_test/app.ts'

/** One request. Times are milliseconds since 1970, with fractions. */
export interface Sent {
  /** False during the warm-up. */
  counted: boolean
  intendedAt: number
  answeredAt: number
  /** HTTP status; 0 without a response. */
  status: number
  /** The problem code, or the reason for a missing response; null for an accepted order. */
  error: string | null
  orderId: string | null
}

const LINES = 2
const MOST_PIECES = 3
const MOST_RESTOCK = 1_000_000

interface HttpAnswer {
  status: number
  body: string
}

/** A client of the REST API that keeps its connections alive. */
export class Shop {
  readonly #app: AppUnderTest
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 10_000, maxFreeSockets: 10_000 })
  #skus: string[] = []
  /** Number of connections opened: the maximum number of concurrent requests. */
  connections = 0

  private constructor(app: AppUnderTest) {
    this.#app = app
    const connect = this.#agent.createConnection.bind(this.#agent)
    this.#agent.createConnection = (...args) => {
      this.connections++
      return connect(...args)
    }
  }

  /** Uses the demo products. */
  static async open(app: AppUnderTest): Promise<Shop> {
    const shop = new Shop(app)
    const { status, body } = await shop.#send('GET', '/api/v1/products?limit=200')
    if (status !== 200) throw new Error(`GET /products answers ${status}: ${body}`)
    shop.#skus = JSON.parse(body).data.map(({ sku }: { sku: string }) => sku)
    return shop
  }

  /** Gives every product enough stock for this many orders. */
  async restock(orders: number) {
    for (const sku of this.#skus) {
      for (let needed = orders * MOST_PIECES; needed > 0; needed -= MOST_RESTOCK) {
        const quantity = Math.min(needed, MOST_RESTOCK)
        const { status, body } = await this.#send('POST', `/api/v1/stock/${sku}/restocks`, {
          quantity,
          reference: 'BENCH',
        })
        if (status !== 201) throw new Error(`restocking ${sku} answers ${status}: ${body}`)
      }
    }
  }

  /**
   * Places an order of two different products.
   *
   * @returns the status, and the order's id or the error
   * @throws Error without a response
   */
  async placeOrder(): Promise<Pick<Sent, 'status' | 'orderId' | 'error'>> {
    const { status, body } = await this.#send('POST', '/api/v1/orders', { lines: this.#lines() })
    if (status === 202) return { status, orderId: JSON.parse(body).id, error: null }
    const code = /"code":"(\w+)"/.exec(body)?.[1] ?? ''
    return { status, orderId: null, error: `${status} ${code}`.trim() }
  }

  #lines() {
    const skus = new Set<string>()
    while (skus.size < LINES) skus.add(this.#skus[randomInt(this.#skus.length)])
    return [...skus].map((sku) => ({ sku, quantity: randomInt(1, MOST_PIECES + 1) }))
  }

  #send(method: string, path: string, body?: object): Promise<HttpAnswer> {
    const content = body && JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#app.url}${path}`, {
        method,
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${this.#app.token}`,
          ...(content && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(content),
            'idempotency-key': randomUUID(),
          }),
        },
      })
      asked.on('error', reject)
      asked.on('response', (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, body: text }))
        answer.on('error', reject)
      })
      asked.end(content)
    })
  }
}
