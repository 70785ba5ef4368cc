/*
 * The limit: how many orders the tables of this app can take from few and large exchanges, on this machine, now.
 *
 * Orders are placed, reserved and confirmed on the app's own tables, with its indexes, foreign keys and triggers. A
 * statement places many orders; a consumer's transaction is two exchanges, as the statements of each are pipelined.
 * Left out: HTTP, validation, Kafka, mails, declined changes, metrics. The app's figures are quoted beside it.
 */
import pg from 'pg'
import { uuidv7 } from 'uuidv7'
import { Wakeup } from '#runtime/wakeup'
import { measureCpu } from '../measure/cpu.ts'
import { distribution, type Distribution } from '../report.ts'
import { answerOf, columns, messageIds, messages, type Line, type Pending } from './rows.ts'
import * as statements from './statements.ts'

export interface LimitOptions {
  /** A database with the app's tables, without orders. */
  url: string
  /** Process id of its server. */
  postgresPid: number
  seconds: number
  /** Orders in each placing statement; at a rate, the most. */
  together: number
  /** Orders per second; as many as it can take when null. */
  rate: number | null
  /** Lines of each order, of different SKUs. */
  lines: number
  skus: number
}

export interface LimitFigures {
  settledPerSecond: number
  confirmMs: Distribution
  cpuMicrosecondsPerOrder: Record<string, number | null>
}

const PLACING = 2
/** Orders that are placed and not confirmed, at most: placing must not outrun the rest. */
const MOST_OPEN = 2_000
const BATCH = 200
/** The messages that have a consumer. */
const HANDLED = ['order_placed', 'stock_reserved']
const WAIT_MS = 1_000
const WARM_UP_SECONDS = 1

export async function measureLimit(options: LimitOptions): Promise<LimitFigures> {
  const run = new LimitRun(options)
  try {
    return await run.measure()
  } finally {
    await run.end()
  }
}

class LimitRun {
  readonly #options: LimitOptions
  readonly #clients: pg.Client[] = []
  readonly #placedAt = new Map<string, number>()
  readonly #toPlace = new Wakeup()
  readonly #toReserve = new Wakeup()
  readonly #toConfirm = new Wakeup()
  #latencies: number[] = []
  #placed = 0
  #confirmed = 0
  #ending = false

  constructor(options: LimitOptions) {
    this.#options = options
  }

  async measure(): Promise<LimitFigures> {
    await this.#stock()
    const placers = Array.from({ length: PLACING }, async () => {
      return this.#place(await this.#connect('orders'))
    })
    const loops = [
      ...placers,
      this.#consume('orders', this.#toReserve, await this.#reserver()),
      this.#consume('inventory', this.#toConfirm, await this.#confirmer()),
    ]
    const failed = Promise.all(loops).then(() => {})
    await Promise.race([failed, seconds(WARM_UP_SECONDS)])
    const began = performance.now()
    const before = this.#confirmed
    const endCpu = measureCpu({ postgres: this.#options.postgresPid, limit: process.pid })
    this.#latencies = []
    await Promise.race([failed, seconds(this.#options.seconds)])
    const { parts } = endCpu()
    const confirmed = this.#confirmed - before
    const took = (performance.now() - began) / 1_000
    const confirmMs = distribution(this.#latencies)
    this.#ending = true
    for (const each of [this.#toPlace, this.#toReserve, this.#toConfirm]) each.raise()
    await failed
    const cpu = Object.entries(parts).map(([name, ms]) => [name, ms && (ms * 1_000) / confirmed])
    return {
      settledPerSecond: confirmed / took,
      confirmMs,
      cpuMicrosecondsPerOrder: Object.fromEntries(cpu),
    }
  }

  async end() {
    this.#ending = true
    await Promise.all(this.#clients.map((client) => client.end().catch(() => {})))
  }

  async #stock() {
    const client = await this.#connect('inventory')
    await client.query(
      `insert into stock_items (sku, name, price_amount, price_currency, on_hand)
       select 'SKU-' || n, 'SKU-' || n, 1250, 'EUR', 1000000000 from generate_series(0, $1::int - 1) as n`,
      [this.#options.skus]
    )
    await client.query('analyze stock_items')
  }

  async #place(client: pg.Client) {
    const { together, rate } = this.#options
    const began = performance.now()
    while (!this.#ending) {
      if (this.#placed - this.#confirmed > MOST_OPEN) {
        await this.#toPlace.wait(WAIT_MS)
        continue
      }
      const due =
        rate === null ? together : ((performance.now() - began) * rate) / 1_000 - this.#placed
      if (due < 1) {
        await seconds((1 - due) / rate!)
        continue
      }
      const orders = Array.from({ length: Math.min(together, Math.floor(due)) }, () =>
        this.#newOrder()
      )
      const lines = orders.flatMap((order) =>
        order.lines.map(({ sku }, index) => ({ orderId: order.id, position: index + 1, sku }))
      )
      await query(client, statements.placeOrders, [
        orders.map(({ id }) => id),
        orders.map((order) => answerOf(order)),
        ...columns(lines, 'orderId', 'position', 'sku'),
        ...messages(orders.map(({ id, lines: data }) => [id, { revision: 1, lines: data }])),
      ])
      this.#toReserve.raise()
    }
  }

  #newOrder() {
    const { lines, skus } = this.#options
    const id = uuidv7()
    const first = this.#placed++ * lines
    this.#placedAt.set(id, performance.now())
    const ordered = Array.from({ length: lines }, (_, line) => {
      return { sku: `SKU-${(first + line) % skus}`, quantity: 1 }
    })
    return { id, lines: ordered }
  }

  /** Reads the pending messages of a module, hands them over in batches, and marks them. */
  async #consume(module: string, woken: Wakeup, handle: (batch: Pending[]) => Promise<void>) {
    // What is marked only after its effect may be handed over again: the marks need no flush, as in the app.
    const relay = await this.#connect(module, '-c synchronous_commit=off')
    while (!this.#ending) {
      const pending = await query<Pending>(relay, statements.readPending, [])
      if (pending.length === 0) {
        await woken.wait(WAIT_MS)
        continue
      }
      const handled = pending.filter(({ type }) => HANDLED.includes(type))
      for (let from = 0; from < handled.length; from += BATCH) {
        await handle(handled.slice(from, from + BATCH))
      }
      // Not awaited: the next read follows on this connection, and sees the marks.
      void query(relay, statements.markPublished, [pending.map(({ id }) => id)])
    }
    await query(relay, { name: 'limit_end', text: 'select' }, [])
  }

  async #reserver() {
    const client = await this.#connect('inventory')
    return async (batch: Pending[]) => {
      const ids = batch.map(({ key }) => key)
      const lines = batch.map((each) => (JSON.parse(each.json) as { lines: Line[] }).lines)
      const skus = [...new Set(lines.flat().map(({ sku }) => sku))]
      void client.query('begin')
      const locked = await query<Balance>(client, statements.lockStock, [
        messageIds(batch),
        ids,
        skus,
      ])
      const balances = new Map(
        locked.map((row): [string, Balance] => [row.sku, { ...row, last: '' }])
      )
      const movements = batch.flatMap(({ key: orderId, messageId }, index) =>
        lines[index].map(({ sku, quantity }) => {
          const balance = balances.get(sku)!
          balance.reserved += quantity
          balance.last = uuidv7()
          return { ...balance, id: balance.last, orderId, messageId }
        })
      )
      await Promise.all([
        query(client, statements.writeReservations, [
          ...columns(movements, 'id', 'sku', 'onHand', 'reserved', 'orderId', 'messageId'),
          ...columns([...balances.values()], 'sku', 'reserved', 'last'),
          ...messages(ids.map((id) => [id, { revision: 1, heldRevision: 1 }])),
        ]),
        client.query('commit'),
      ])
      this.#toConfirm.raise()
    }
  }

  async #confirmer() {
    const client = await this.#connect('orders')
    return async (batch: Pending[]) => {
      const ids = batch.map(({ key }) => key)
      void client.query('begin')
      const rows = await query<Line & { orderId: string }>(client, statements.lockOrders, [
        messageIds(batch),
        ids,
      ])
      const lines = Map.groupBy(rows, ({ orderId }) => orderId)
      const confirmed = ids.map((id): [string, object] => {
        const held = lines.get(id)!.map(({ sku, quantity }) => ({ sku, quantity }))
        return [id, { revision: 1, heldRevision: 1, lines: held, declined: null }]
      })
      await Promise.all([
        query(client, statements.confirmOrders, [ids, messageIds(batch), ...messages(confirmed)]),
        client.query('commit'),
      ])
      this.#note(ids)
    }
  }

  #note(confirmed: string[]) {
    const now = performance.now()
    this.#confirmed += confirmed.length
    for (const id of confirmed) {
      this.#latencies.push(now - this.#placedAt.get(id)!)
      this.#placedAt.delete(id)
    }
    this.#toPlace.raise()
    this.#toReserve.raise()
  }

  async #connect(schema: string, settings = '') {
    const client = new pg.Client({
      connectionString: this.#options.url,
      options: `-c search_path=${schema} ${settings}`,
      pipeline: true,
    })
    await client.connect()
    this.#clients.push(client)
    return client
  }
}

interface Balance {
  sku: string
  onHand: number
  reserved: number
  /** Its last movement. */
  last: string
}

async function query<Row extends object>(
  client: pg.Client,
  { name, text }: statements.Statement,
  values: unknown[]
) {
  const { rows } = await client.query<Row & pg.QueryResultRow>({ name, text, values })
  return rows
}

function seconds(count: number) {
  return new Promise<void>((resolve) => setTimeout(resolve, count * 1_000))
}
