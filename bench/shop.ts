import { randomInt, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { AppUnderTest } from './app_under_test.ts'
import type { Sent } from './open_loop.ts'

const LINES = 2
const MOST_PIECES = 3
const MOST_RESTOCK = 1_000_000

interface HttpAnswer {
  status: number
  body: string
}

/** The app's REST API as a busy customer's program sees it: every connection is kept. */
export class Shop {
  readonly #app: AppUnderTest
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 10_000, maxFreeSockets: 10_000 })
  #skus: string[] = []
  /** How many connections were opened for orders: as many as were in use at once. */
  connections = 0

  private constructor(app: AppUnderTest) {
    this.#app = app
    const connect = this.#agent.createConnection.bind(this.#agent)
    this.#agent.createConnection = (...args) => {
      this.connections++
      return connect(...args)
    }
  }

  /** A shop with the demo's products. */
  static async open(app: AppUnderTest): Promise<Shop> {
    const shop = new Shop(app)
    const { status, body } = await shop.#send('GET', '/api/v1/products?limit=200')
    if (status !== 200) throw new Error(`GET /products answers ${status}: ${body}`)
    shop.#skus = JSON.parse(body).data.map(({ sku }: { sku: string }) => sku)
    return shop
  }

  /** Gives every product more stock than so many orders can ask of it. */
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
   * @returns the status, and the order's id when it is accepted, else what came instead
   * @throws Error when there is no answer
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
