/*
 * A shop of the real use cases, consumers and tables. The transport alone is the test's: it takes what
 * the outboxes hold and hands it over when and as often as the history says.
 */
import { randomUUID } from 'node:crypto'
import { fail, strictEqual } from 'node:assert/strict'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import messaging from '#messaging/service'
import { messagingMetrics } from '#messaging/metrics'
import { NAMESPACE } from '#config/namespace'
import { SYSTEM, type SignedIn } from '#contracts/actor'
import type { Line } from '#contracts/messages/fields'
import { Problem } from '#http/problem'
import { restock } from '#inventory/stock/restock'
import { subscriptions as inventorySubscriptions } from '#inventory/subscriptions'
import { Consumer } from '#messaging/inbox/consumer'
import {
  handleWithin,
  on,
  type BatchHandler,
  type TransactionHandler,
} from '#messaging/inbox/subscription'
import { encode } from '#messaging/message/message'
import type { Delivery } from '#messaging/transports/transport'
import { cancelOrder } from '#orders/changes/cancel_order'
import { acceptedResponse } from '#orders/api/transformers/order_body'
import { fulfilOrder } from '#orders/changes/fulfil_order'
import { resendDue } from '#orders/store/overdue_orders'
import { placeOrder } from '#orders/placing/place_order'
import { reviseOrder } from '#orders/changes/revise_order'
import { subscriptions as ordersSubscriptions } from '#orders/subscriptions'
import { SKUS, type Side } from './history.ts'
import type { Outcome, Pieces } from './model.ts'
import { balances, snapshotOf } from './read_database.ts'
import type { Said, Shop } from './tell.ts'

/** Who places for guests, and may do everything. */
const CLERK: SignedIn = {
  id: randomUUID(),
  role: 'clerk',
  email: 'clerk@example.com',
  name: 'Clerk',
}

const OUTCOMES: Record<string, 'reserved' | 'rejected' | 'released' | 'deducted'> = {
  stock_reserved: 'reserved',
  stock_rejected: 'rejected',
  stock_released: 'released',
  stock_deducted: 'deducted',
}
const TARGETS = ['order_placed', 'order_revised', 'order_cancelled', 'order_fulfilled']

/** A row of an outbox. */
interface Row {
  id: number
  message_id: string
  topic: string
  key: string
  type: string
  version: number
  data: { revision: number; heldRevision: number | null }
  headers: Record<string, string>
  created_at: Date
}

interface Sent extends Said {
  delivery: Delivery
}

let shops = 0

export class ShopInDatabase implements Shop<Sent> {
  readonly losesMessages = false
  /** Ends every SKU of this shop, so that the next one begins with empty shelves. */
  readonly #mark = `-${++shops}`
  readonly #ids: string[] = []
  readonly #consumers: Record<Side, Consumer>
  readonly #taken: Record<Side, Sent[]> = { inventory: [], orders: [] }
  #dying = false

  private constructor() {
    this.#consumers = { inventory: this.#consumer('inventory'), orders: this.#consumer('orders') }
  }

  static async open(stock: Pieces) {
    const shop = new ShopInDatabase()
    const product = { price_amount: 1_000, price_currency: 'EUR', active: true, version: 1 }
    const listed = (sku: string) => ({ sku: shop.#marked(sku), name: sku, ...product })
    // Orders has heard of every SKU, inventory of those in stock alone.
    await db.connection('orders').table('price_list').multiInsert(SKUS.map(listed))
    await db.connection('inventory').transaction(async (trx) => {
      await trx.table('stock_items').multiInsert(Object.keys(stock).map(listed))
      for (const sku in stock) if (stock[sku] > 0) await shop.#receive(trx, sku, stock[sku])
    })
    return shop
  }

  async place(lines: Line[]) {
    const scope = {
      ...{ accountId: CLERK.id, method: 'POST', path: '/api/v1/orders' },
      ...{ key: randomUUID(), payloadHash: '' },
    }
    const wanted = { lines: this.#wanted(lines) }
    const { body } = await placeOrder(wanted, CLERK, scope, acceptedResponse)
    const { id } = body as { id: string }
    this.#ids.push(id)
    return id
  }

  async revise(id: string, lines: Line[]) {
    return this.#move(async (trx) => {
      const { linesChanged } = await reviseOrder(
        trx,
        id,
        { lines: this.#wanted(lines) },
        CLERK,
        null
      )
      return linesChanged
    })
  }

  async cancel(id: string) {
    return this.#move(async (trx) => {
      const before = await this.#revision(trx, id)
      return (await cancelOrder(trx, id, {}, CLERK)).revision > before
    })
  }

  async fulfil(id: string, packed: number) {
    return this.#move(async (trx) => {
      const before = await this.#revision(trx, id)
      return (await fulfilOrder(trx, id, { revision: packed }, CLERK)).revision > before
    })
  }

  /** With each delivery the price changes: later pieces of an order are lines of their own. */
  async restock(sku: string, quantity: number) {
    await db
      .connection('orders')
      .from('price_list')
      .where('sku', this.#marked(sku))
      .increment('price_amount', quantity)
    await db.connection('inventory').transaction((trx) => this.#receive(trx, sku, quantity))
  }

  async sweep(ids: string[]) {
    // The sweeper leaves alone what was not published yet.
    await this.#take('inventory')
    const client = db.connection('orders')
    const long = new Date(Date.now() - 60_000)
    await client.from('orders').whereIn('id', ids).update({ resend_at: long, resends: 0 })
    const swept = await resendDue(client, { replyTimeout: 30_000, tries: 5 }, ids.length)
    strictEqual(swept.toSorted().join(), ids.toSorted().join(), 'the sweeper told others again')
  }

  async said(to: Side) {
    await this.#take(to)
    return this.#taken[to].splice(0)
  }

  async deliver(to: Side, messages: Sent[], crash: boolean) {
    this.#dying = crash
    try {
      await this.#hand(
        to,
        messages.map(({ delivery }) => delivery)
      )
    } catch (error) {
      if (!crash) throw error
      // Another process takes over.
      this.#consumers[to] = this.#consumer(to)
      throw error
    } finally {
      this.#dying = false
    }
    strictEqual(this.#consumers[to].counts.dead, 0, 'a message was dead-lettered')
  }

  async assertSound() {
    for (const { sku, onHand, reserved, held, ...ledger } of await balances(this.#skus())) {
      if (reserved < 0 || reserved > onHand) fail(`${sku} is oversold: ${reserved} of ${onHand}`)
      strictEqual(reserved, held, `what is reserved of ${sku} is not what orders hold`)
      strictEqual(onHand, ledger.movedOnHand, `on hand of ${sku} is not the sum of its movements`)
      strictEqual(
        reserved,
        ledger.movedReserved,
        `reserved of ${sku} is not the sum of its movements`
      )
    }
  }

  async snapshot() {
    return snapshotOf(this.#ids, this.#skus(), (sku) => sku.slice(0, -this.#mark.length))
  }

  async #move(work: (trx: TransactionClientContract) => Promise<boolean>): Promise<Outcome> {
    try {
      const moved = await db.connection('orders').transaction(work)
      return moved ? 'moved' : 'unchanged'
    } catch (error) {
      if (error instanceof Problem && error.status === 409) return error.code as Outcome
      throw error
    }
  }

  async #revision(trx: TransactionClientContract, id: string): Promise<number> {
    return (await trx.from('orders').where('id', id).select('revision').firstOrFail()).revision
  }

  async #receive(trx: TransactionClientContract, sku: string, quantity: number) {
    await restock(trx, { sku: this.#marked(sku), quantity }, SYSTEM)
  }

  /** What a relay does: in the order of the outbox, and marked as published. */
  async #take(to: Side) {
    const { rows } = await db
      .connection(to === 'inventory' ? 'orders' : 'inventory')
      .rawQuery<{ rows: Row[] }>(
        `update outbox set published_at = now() where published_at is null returning *`
      )
    const others: Delivery[] = []
    for (const row of rows.toSorted((a, b) => a.id - b.id)) {
      const content = contentOf(row)
      const delivery = deliveryOf(row)
      if (content) this.#taken[to].push({ id: row.message_id, order: row.key, content, delivery })
      else others.push(delivery)
    }
    // Announcements and restocks: nobody here hears them.
    if (others.length > 0) await this.#hand(to, others)
  }

  #hand(to: Side, deliveries: Delivery[]) {
    return this.#consumers[to].handle(deliveries, async () => {})
  }

  /** A consumer that can die when all is done but the commit. */
  #consumer(name: Side): Consumer {
    const subscriptions = name === 'inventory' ? inventorySubscriptions : ordersSubscriptions
    const consumer = new Consumer({
      name,
      namespace: NAMESPACE,
      metrics: messagingMetrics(messaging.config.metrics),
      client: () => db.connection(name),
      logger,
      subscriptions: subscriptions.map(({ messages, handler }) =>
        on(
          messages,
          this.#dyingAfter(handler as BatchHandler<unknown>, () => consumer.stop())
        )
      ),
    })
    return consumer
  }

  /** Every second shop takes the plain path, one statement after the other, which must have the same effects. */
  #dyingAfter(handler: BatchHandler<unknown>, stop: () => void) {
    const die = () => {
      if (!this.#dying) return
      stop()
      throw Object.assign(new Error('the process is gone'), { code: 'ECONNRESET' })
    }
    const plain: TransactionHandler<unknown> = async (messages, trx) => {
      await handleWithin(trx, handler, messages)
      die()
    }
    const inTwoTrips: BatchHandler<unknown> = {
      reads: (messages) => handler.reads(messages),
      decide(messages, rows) {
        const effects = handler.decide(messages, rows)
        die()
        return effects
      },
    }
    return shops % 2 === 0 ? plain : inTwoTrips
  }

  #wanted(lines: Line[]): Line[] {
    return lines.map(({ sku, quantity }) => ({ sku: this.#marked(sku), quantity }))
  }

  #marked(sku: string) {
    return sku + this.#mark
  }

  #skus() {
    return SKUS.map((sku) => this.#marked(sku))
  }
}

function contentOf({ type, data: { revision, heldRevision } }: Row): Said['content'] | null {
  if (TARGETS.includes(type)) return { kind: 'target', revision }
  const outcome = OUTCOMES[type]
  return outcome ? { kind: 'stock_reply', outcome, revision, heldRevision } : null
}

function deliveryOf({ message_id: id, topic, key, type, version, ...row }: Row): Delivery {
  const time = row.created_at.toISOString()
  const json = JSON.stringify(row.data)
  const { headers } = row
  const record = encode(
    { id, source: `/${topic}`, topic, key, type, version, time, headers, json },
    NAMESPACE
  )
  return { topic, partition: 0, offset: String(row.id), record }
}
