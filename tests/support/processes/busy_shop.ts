/*
 * A shop with concurrent callers that place, change, cancel, fulfil and restock, and the checks of what must
 * be true afterwards.
 */
import { randomUUID } from 'node:crypto'
import type { Assert } from '@japa/assert'
import { piecesOf, type Pieces } from '#tests/system/histories/model'
import { SKUS, STOCKED, type Request } from '#tests/system/histories/history'
import { eventually } from '#tests/support/eventually'
import { type Answer, type AppProcess } from './app_process.ts'
import type { ShopProcess } from './shop_process.ts'

const OPENING = 40

type Module = 'orders' | 'inventory'

/** The responses that each request may get; any other is a bug. */
const EXPECTED: Record<Request['do'], string[]> = {
  place: ['202'],
  revise: ['200', '202', '409 order_not_open'],
  cancel: ['200', '409 order_not_open'],
  fulfil: ['200', '409 order_not_open', '409 order_not_confirmed', '409 revision_moved'],
  restock: ['201'],
}

export class BusyShop {
  readonly #shop: ShopProcess
  readonly #apps: (about: Module) => AppProcess[]
  readonly #placed: string[] = []
  readonly #restocked: Pieces = Object.fromEntries(STOCKED.map((sku) => [sku, OPENING]))
  readonly #ended: Record<string, 'cancelled' | 'fulfilled'> = {}
  /** Accepted changes of lines, and requests without a response. */
  #revised = 0
  #unanswered = 0
  /** Number of responses by kind, such as `fulfil 409 revision_moved`. */
  readonly answers: Record<string, number> = {}
  answered = 0

  /** @param apps - the processes that requests are sent to, in turn */
  constructor(shop: ShopProcess, apps: (about: Module) => AppProcess[] = () => [shop.app]) {
    this.#shop = shop
    this.#apps = apps
  }

  async open() {
    for (const sku of STOCKED) {
      const product = { name: sku, price: { amount: 1_000, currency: 'EUR' } }
      await this.#shop.app.put(`/api/v1/products/${sku}`, this.#shop.token, product)
      const path = `/api/v1/stock/${sku}/restocks`
      await this.#shop.app.post(path, this.#shop.token, { quantity: OPENING })
    }
    // Orders knows this SKU, inventory does not.
    await this.#shop.query(
      `insert into orders.price_list (sku, name, price_amount, price_currency, active, version)
       values ('${SKUS.at(-1)}', 'A ghost', 1000, 'EUR', true, 1)`
    )
    await eventually('everything can be ordered', async () => {
      const priced = await this.#shop.query(
        `select from orders.price_list where sku in ('${SKUS.join(`','`)}')`
      )
      return priced.length === SKUS.length
    })
  }

  /** Callers run concurrently; each sends one request after the other. */
  async serve(callers: Request[][]) {
    await Promise.all(
      callers.map(async (requests) => {
        for (const request of requests) await this.#ask(request)
      })
    )
  }

  async isAtRest() {
    await eventually('every order is at rest', async () => {
      return (await this.#shop.query(UNSETTLED)).length === 0
    })
  }

  async assertAtRest(assert: Assert) {
    await this.isAtRest()
    for (const [what, sql] of BROKEN) assert.deepEqual(await this.#shop.query(sql), [], what)
    await this.#assertNothingLost(assert)
    await this.#assertShelves(assert)
    await this.#shop.assertProven(assert)
  }

  async #ask(request: Request) {
    // One of the latest orders: some wait for a reply, others have it.
    const back = 'order' in request ? (request.order * 6) % (this.#placed.length || 1) : 0
    const order = this.#placed.at(-1 - back)
    if ('order' in request && !order) return
    const key = randomUUID()
    const { body, status } = await eventually(
      `an answer to ${request.do}`,
      () => this.#try(request, order ?? '', key),
      { every: 100 }
    )
    this.answered++
    const told = status < 400 ? String(status) : `${status} ${body.code}`
    if (!EXPECTED[request.do].includes(told)) {
      throw new Error(`${JSON.stringify(request)}: ${told} ${JSON.stringify(body)}`)
    }
    const answer = `${request.do} ${told}`
    this.answers[answer] = (this.answers[answer] ?? 0) + 1
    if (request.do === 'place') this.#placed.push(body.id)
    if (request.do === 'restock') this.#restocked[request.sku] += request.quantity
    if (answer === 'revise 202') this.#revised++
    if (answer === 'cancel 200') this.#ended[body.id] = 'cancelled'
    if (answer === 'fulfil 200') this.#ended[body.id] = 'fulfilled'
  }

  /** Null if the caller should retry under the same key. */
  async #try(request: Request, id: string, key: string): Promise<Answer | null> {
    const apps = this.#apps(request.do === 'restock' ? 'inventory' : 'orders')
    const app = apps[Math.floor(Math.random() * apps.length)]
    const answer = await this.#send(app, request, id, key).catch(() => null)
    if (answer === null) this.#unanswered++
    if (!answer || answer.status === 503 || answer.body?.code === 'request_in_progress') return null
    return answer
  }

  async #send(app: AppProcess, request: Request, id: string, key: string) {
    const { token } = this.#shop
    const path = `/api/v1/orders/${id}`
    switch (request.do) {
      case 'place':
        return app.post('/api/v1/orders', token, { lines: request.lines }, key)
      case 'restock': {
        const { sku, quantity } = request
        return app.post(`/api/v1/stock/${sku}/restocks`, token, { quantity }, key)
      }
      case 'revise': {
        const headers = { 'if-match': '*' }
        return app.request('PATCH', path, { token, headers, body: { lines: request.lines } })
      }
      case 'cancel':
        return app.post(`${path}/cancellation`, token, {}, key)
      case 'fulfil': {
        const held = (await this.#slip(app, path)).heldRevision ?? 1
        const revision = request.packed === 'in force' ? held : held + 1
        return app.post(`${path}/fulfilment`, token, { revision }, randomUUID())
      }
    }
  }

  /** Reads the order, and waits a while for a pending reply. */
  async #slip(app: AppProcess, path: string): Promise<{ heldRevision: number | null }> {
    for (let looks = 1; ; looks++) {
      const { body } = await app.get(path, this.#shop.token)
      if (looks === 10 || !['pending', 'updating'].includes(body.status)) return body
    }
  }

  /** Every accepted request had its effect once. */
  async #assertNothingLost(assert: Assert) {
    const orders = await this.#shop.query<{ id: string; status: string }>(
      'select id, status from orders.orders'
    )
    assert.sameMembers(
      orders.map(({ id }) => id),
      this.#placed
    )
    const status = new Map(orders.map((order) => [order.id, order.status]))
    for (const id in this.#ended) assert.equal(status.get(id), this.#ended[id])
    const [{ revised }] = await this.#shop.query<{ revised: number }>(
      `select count(*)::int as revised from orders.timeline_steps where type = 'revised'`
    )
    assert.isAtLeast(revised, this.#revised)
    assert.isAtMost(revised, this.#revised + this.#unanswered)
  }

  /** On hand equals receipts less fulfilments. */
  async #assertShelves(assert: Assert) {
    const gone = await this.#shop.query<{ sku: string; quantity: number }>(
      `select sku, quantity from orders.orders
       join orders.order_lines on order_id = orders.id and order_lines.revision = held_revision
       where status = 'fulfilled'`
    )
    const parcels = piecesOf(gone)
    const stock = await this.#shop.query<{ sku: string; on_hand: number }>(
      `select sku, on_hand from inventory.stock_items where sku in ('${STOCKED.join(`','`)}')`
    )
    const expected = STOCKED.map((sku) => [sku, this.#restocked[sku] - (parcels[sku] ?? 0)])
    assert.sameDeepMembers(
      stock.map(({ sku, on_hand: onHand }) => [sku, onHand]),
      expected
    )
  }
}

/** Orders that are not in a final or stable state. */
export const UNSETTLED = `
  select id from orders.orders where status in ('pending', 'updating')
    or (status = 'cancelled' and stock_released_at is null)
    or (status = 'fulfilled' and stock_deducted_at is null)`

/** Queries that must never find a row. */
export const BROKEN: [what: string, sql: string][] = [
  [
    'an SKU is oversold',
    `select sku, on_hand, reserved from inventory.stock_items where reserved < 0 or reserved > on_hand`,
  ],
  [
    'what orders knows to be held is not the last that inventory said',
    `select id, held_revision from orders.orders
     where held_revision is distinct from
       (select max((data ->> 'heldRevision')::int) from inventory.outbox where key = orders.id::text)`,
  ],
  [
    'a timeline has a gap, or a step twice',
    `select id from orders.orders
     where version <> (select count(*) from orders.timeline_steps where order_id = orders.id)
        or version <> (select max(sequence) from orders.timeline_steps where order_id = orders.id)`,
  ],
  [
    'a customer is not told of a step, or of a step that was none',
    `with steps as (
       select order_id, revision, case when type like 'change%' then type else 'order_' || type end as kind
       from orders.timeline_steps
       where type in ('confirmed', 'rejected', 'change_accepted', 'change_declined', 'cancelled', 'fulfilled')
     ), mails as (select order_id, revision, kind from orders.notifications)
     (select * from steps except all select * from mails)
     union all (select * from mails except all select * from steps)`,
  ],
  ['an order asks for a person', 'select id from orders.orders where attention'],
  [
    'a message was dead-lettered',
    'select key from orders.dead_letters union all select key from inventory.dead_letters',
  ],
]
