import { randomUUID } from 'node:crypto'
import { Client, type HttpAnswer } from './client.ts'
import type { Placed, Sender } from './sent.ts'

/** Where and what a load generator sends. Serializable. */
export interface OrdersOptions {
  url: string
  path: string
  headers: Record<string, string>
  /** JSON of an order. `{{uuid}}` becomes a new UUID, `{{n}}` the number of the request. */
  body: string | { skus: number; lines: number; members: object }
}

/** Sends orders to any HTTP service. */
export class Orders implements Sender {
  readonly #options: OrdersOptions
  readonly #client: Client
  #sent = 0

  constructor(options: OrdersOptions) {
    this.#options = options
    this.#client = new Client(options.url, options.headers)
  }

  get connections() {
    return this.#client.connections
  }

  async placeOrder(): Promise<Placed> {
    const { path, body } = this.#options
    const n = this.#sent++
    const content =
      typeof body === 'string'
        ? body.replaceAll('{{uuid}}', () => randomUUID()).replaceAll('{{n}}', String(n))
        : JSON.stringify({ ...body.members, lines: linesOf(n, body) })
    const headers = { 'idempotency-key': randomUUID() }
    return readAnswer(await this.#client.send('POST', path, content, headers))
  }
}

/** SKUs in turn, so that each is ordered equally often. */
function linesOf(n: number, { skus, lines }: { skus: number; lines: number }) {
  return Array.from({ length: lines }, (_, line) => {
    return { sku: `SKU-${(n * lines + line) % skus}`, quantity: 1 }
  })
}

/** @returns the status, and the id of the order or the error */
export function readAnswer({ status, body }: HttpAnswer): Placed {
  if (status >= 200 && status < 300) {
    const orderId = /"id":\s*"([^"]+)"/.exec(body)?.[1] ?? null
    return { status, orderId, error: null }
  }
  const code = /"code":"(\w+)"/.exec(body)?.[1] ?? ''
  return { status, orderId: null, error: `${status} ${code}`.trim() }
}
