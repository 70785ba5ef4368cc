/*
 * A shop run by an app process: a database, products with stock, an administrator, and the checks of what must
 * always be true.
 */
import { randomUUID } from 'node:crypto'
import type { Assert } from '@japa/assert'
import pg from 'pg'
import { createDatabase } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { administrator } from './administrator.ts'
import {
  aceInTurn,
  AppProcess,
  dataDirectory,
  type Answer,
  type AppOptions,
} from './app_process.ts'

/** Plenty of one, and fewer of the other than orders ask for. */
const PLENTY = { sku: 'PLENTY', onHand: 1_000 }
const SCARCE = { sku: 'SCARCE', onHand: 5 }

export interface Placed {
  id: string
  /** The order's Idempotency-Key. */
  key: string
}

export class ShopProcess {
  readonly options: AppOptions
  app!: AppProcess
  token = ''
  readonly #remove: () => Promise<void>
  /** Every order accepted with 202. */
  readonly accepted: Placed[] = []
  /** Every response to a placement; null without one. */
  answers: { answer: Answer | null }[] = []

  private constructor(options: AppOptions, remove: () => Promise<void>) {
    this.options = options
    this.#remove = remove
  }

  /**
   * Opens a shop with a running app of its own, and a database of its own unless one is given.
   *
   * @param withoutBroker - no message can be delivered yet: prices are inserted into orders' tables
   */
  static async open({
    withoutBroker = false,
    ...options
  }: Omit<AppOptions, 'dataDir'> & { withoutBroker?: boolean } = {}): Promise<ShopProcess> {
    const home = await dataDirectory()
    const database = options.databaseUrl ? null : await createDatabase()
    const shop = new ShopProcess(
      {
        databaseUrl: database?.url,
        ...options,
        dataDir: home.path,
        env: { LOG_LEVEL: 'warn', ...options.env },
      },
      async () => {
        await database?.drop()
        await home.remove()
      }
    )
    await shop.start()
    if (withoutBroker) await shop.#tellPrices()
    shop.token = await administrator(shop.options.databaseUrl!)
    await shop.#stock(PLENTY)
    await shop.#stock(SCARCE)
    return shop
  }

  /** Starts the app on the shop's database: as `npm start` does, or from another entry file. */
  async start(options: { entry?: string; env?: Record<string, string> } = {}) {
    const env = { ...this.options.env, ...options.env }
    this.app = await AppProcess.start({ ...this.options, ...options, env })
  }

  async close() {
    await this.app.endNow()
    await this.#remove()
  }

  /**
   * Places orders concurrently; every other one asks for the scarce SKU. An order without a response is
   * retried under its key.
   *
   * @param onAccepted - called for each 202
   */
  async place(count: number, onAccepted: () => void = () => {}) {
    const orders = Array.from({ length: count }, (_, place) => ({
      key: randomUUID(),
      sku: place % 2 === 0 ? PLENTY.sku : SCARCE.sku,
    }))
    await Promise.all(
      orders.map(async ({ key, sku }) => {
        const { body } = await eventually(
          `an order for ${sku} is accepted`,
          () => this.#try({ lines: [{ sku, quantity: 1 }] }, key),
          { every: 100 }
        )
        this.accepted.push({ id: body.id, key })
        onAccepted()
      })
    )
  }

  /** Waits until every accepted order is confirmed or rejected. @returns all orders */
  async settled(): Promise<{ id: string; status: string; lines: Line[] }[]> {
    return eventually('every order is confirmed or rejected', async () => {
      const answer = await this.app.get('/api/v1/orders?limit=200', this.token).catch(() => null)
      if (answer?.status !== 200) return null
      const orders: { id: string; status: string; lines: Line[] }[] = answer.body.data
      return orders.every(({ status }) => ['confirmed', 'rejected'].includes(status)) && orders
    })
  }

  /** Asserts the promises: no accepted order is lost, nothing happens twice, nothing is oversold. */
  async assertKept(assert: Assert) {
    const orders = await this.settled()
    assert.sameMembers(
      orders.map(({ id }) => id),
      this.accepted.map(({ id }) => id),
      'each accepted order is there once, and no other'
    )
    const confirmed = orders.filter(({ status }) => status === 'confirmed')
    for (const { sku, onHand } of [PLENTY, SCARCE]) {
      const sold = confirmed
        .flatMap(({ lines }) => lines)
        .filter((line) => line.sku === sku)
        .reduce((sum, { quantity }) => sum + quantity, 0)
      const { body } = await this.app.get(`/api/v1/stock/${sku}`, this.token)
      assert.deepInclude(body, { onHand, reserved: sold }, sku)
      assert.isAtMost(sold, onHand)
    }
    const told = await this.query<{ order_id: string; kind: string }>(
      'select order_id, kind from orders.notifications'
    )
    assert.sameDeepMembers(
      told,
      orders.map(({ id, status }) => ({ order_id: id, kind: `order_${status}` })),
      'each customer is told once'
    )
  }

  /** Runs the operator's proofs when no message is in transit: re-sent messages may arrive late. */
  async assertProven(assert: Assert) {
    await eventually('everything that was said is handled', async () => {
      const underWay = await this.query(UNDER_WAY)
      return underWay.length === 0
    })
    const { code, stdout, stderr } = await aceInTurn(this.app.env, [
      ['messaging:verify', '--older-than=0s', '--json'],
      ['inventory:reconcile', '--json'],
      ['operations:reconcile', '--json'],
    ])
    assert.equal(code, 0, stdout + stderr)
  }

  async deadLetters() {
    const [{ n }] = await this.query<{ n: number }>(
      `select (select count(*) from orders.dead_letters)::int
            + (select count(*) from inventory.dead_letters)::int as n`
    )
    return n
  }

  /** Queries the app's database directly. */
  async query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    const client = new pg.Client(this.options.databaseUrl)
    await client.connect()
    try {
      const { rows } = await client.query<Row>(sql)
      return rows
    } finally {
      await client.end()
    }
  }

  async #try(order: object, key: string) {
    const answer = await this.app.post('/api/v1/orders', this.token, order, key).catch(() => null)
    this.answers.push({ answer })
    // 503: the database is down; 409: the first try is in progress.
    if (!answer || answer.status === 503 || answer.status === 409) return null
    if (answer.status !== 202) throw new Error(`${answer.status}: ${answer.text}`)
    return answer
  }

  /** Lists a product, and waits until orders knows its price. */
  async #stock({ sku, onHand }: { sku: string; onHand: number }) {
    const product = { name: sku, price: { amount: 1_000, currency: 'EUR' } }
    const listed = await this.app.put(`/api/v1/products/${sku}`, this.token, product)
    const path = `/api/v1/stock/${sku}/restocks`
    const restocked = await this.app.post(path, this.token, { quantity: onHand })
    if (listed.status !== 201 || restocked.status !== 201) {
      throw new Error(`${sku}: ${listed.text}${restocked.text}`)
    }
    await eventually(`${sku} can be ordered`, async () => {
      const priced = await this.query(`select from orders.price_list where sku = '${sku}'`)
      return priced.length > 0
    })
  }

  /** Version 0, so that inventory's message replaces the row. */
  async #tellPrices() {
    const rows = [PLENTY, SCARCE].map(({ sku }) => `('${sku}', '${sku}', 1000, 'EUR', true, 0)`)
    await this.query(
      `insert into orders.price_list (sku, name, price_amount, price_currency, active, version)
       values ${rows.join()}`
    )
  }
}

interface Line {
  sku: string
  quantity: number
}

/** Messages of one module that the other has neither handled nor dead-lettered. */
const UNDER_WAY = [
  ['orders', 'inventory', ['order_placed', 'order_revised', 'order_cancelled', 'order_fulfilled']],
  ['inventory', 'orders', ['stock_reserved', 'stock_rejected', 'stock_released', 'stock_deducted']],
]
  .map(
    ([says, hears, types]) => `
      select from ${says}.outbox as said where type in ('${[types].flat().join(`','`)}')
        and not exists (select from ${hears}.inbox where message_id = said.message_id)
        and not exists (select from ${hears}.dead_letters as letter where letter.message_id = said.message_id)`
  )
  .join(' union all ')
