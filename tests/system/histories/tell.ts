/*
 * Tells a history to a shop and to the model, and holds the two against each other.
 */
import { deepStrictEqual as same, fail } from 'node:assert/strict'
import type { Line } from '#contracts/messages/fields'
import type { StockReply } from '#orders/order_state_machine'
import { SKUS, type Action, type History, type Side } from './history.ts'
import { Model, type Outcome, type Pieces, type Snapshot } from './model.ts'

/** A message under way: a target at a revision for inventory, an answer for orders. */
export interface Said {
  /** Of the message. */
  id: string
  order: string
  content: { kind: 'target'; revision: number } | StockReply
}

export interface Shop<Message extends Said = Said> {
  /** Whether its transport may lose messages; what was lost, a sweep brings back. */
  readonly losesMessages: boolean
  place(lines: Line[]): Promise<string>
  revise(id: string, lines: Line[]): Promise<Outcome>
  cancel(id: string): Promise<Outcome>
  fulfil(id: string, packed: number): Promise<Outcome>
  restock(sku: string, quantity: number): Promise<void>
  /** Says the current targets of these waiting orders again, under new message ids. */
  sweep(ids: string[]): Promise<void>
  /** What that side's counterpart has said since the last time, in its order. */
  said(to: Side): Promise<Message[]>
  /**
   * Hands messages over in this order. Rejects when the consumer dies, as it does when told to: then
   * none of it has happened.
   */
  deliver(to: Side, messages: Message[], crash: boolean): Promise<void>
  /** @throws when a balance is out of bounds, or not what its movements or reservations add up to */
  assertSound(): Promise<void>
  snapshot(): Promise<Snapshot>
}

/** @throws AssertionError when the shop is not as the model says, or an order does not come to rest */
export async function tell({ stock, actions }: History, open: (stock: Pieces) => Promise<Shop>) {
  const onHand = Object.fromEntries(stock.map((quantity, place) => [SKUS[place], quantity]))
  const telling = new Telling(await open(onHand), new Model(onHand))
  for (const action of actions) await telling.perform(action)
  await telling.comeToRest()
}

/** Messages of an order come to rest after one sweep; a second must find nothing to do. */
const MOST_SWEEPS = 1

class Telling {
  readonly #underWay: Record<Side, Said[]> = { inventory: [], orders: [] }
  readonly #handled: Record<Side, Set<string>> = { inventory: new Set(), orders: new Set() }

  constructor(
    readonly shop: Shop,
    readonly model: Model
  ) {}

  async perform(action: Action) {
    const { shop, model } = this
    if (action.do === 'place') return model.place(await shop.place(action.lines), action.lines)
    if (action.do === 'restock') {
      model.restock(action.sku, action.quantity)
      await shop.restock(action.sku, action.quantity)
      return shop.assertSound()
    }
    if (action.do === 'deliver') return this.#deliver(action)
    const ids = model.ids()
    if (ids.length === 0) return
    const id = ids[action.order % ids.length]
    switch (action.do) {
      case 'revise':
        return same(await shop.revise(id, action.lines), model.revise(id, action.lines))
      case 'cancel':
        return same(await shop.cancel(id), model.cancel(id))
      case 'fulfil': {
        const held = model.heldRevision(id) ?? 1
        const packed = action.packed === 'in force' ? held : held + 1
        return same(await shop.fulfil(id, packed), model.fulfil(id, packed))
      }
      case 'sweep':
        return model.waiting().includes(id) ? shop.sweep([id]) : undefined
    }
  }

  /** Whatever is still under way arrives; then every order is at rest, and the two sides agree. */
  async comeToRest() {
    same(await this.shop.snapshot(), this.model.snapshot())
    await this.#deliverAll()
    for (let sweeps = 0; this.model.waiting().length > 0; sweeps++) {
      const most = this.shop.losesMessages ? MOST_SWEEPS : 0
      if (sweeps === most) fail(`no answer ever came for ${this.model.waiting()}`)
      await this.shop.sweep(this.model.waiting())
      await this.#deliverAll()
    }
    await this.shop.assertSound()
    const snapshot = await this.shop.snapshot()
    same(snapshot, this.model.snapshot())
    assertAtRest(snapshot)
  }

  async #deliverAll() {
    for (;;) {
      await this.#listen('inventory')
      await this.#listen('orders')
      const { inventory, orders } = this.#underWay
      if (inventory.length + orders.length === 0) return
      await this.#handOver('inventory', inventory.splice(0))
      await this.#handOver('orders', orders.splice(0))
    }
  }

  async #deliver({ to, nth, count, fate }: Extract<Action, { do: 'deliver' }>) {
    if (to === 'inventory') await this.#listen('inventory')
    const waiting = this.#underWay[to]
    if (waiting.length === 0) return
    const taken = waiting.splice(nth % waiting.length, count)
    if (fate === 'lost' && this.shop.losesMessages) return
    if (fate === 'crash') {
      const died = await this.shop.deliver(to, taken, true).then(
        () => false,
        () => true
      )
      // The transport keeps what was not acknowledged, and only that.
      if (died) waiting.push(...taken)
      return
    }
    await this.#handOver(to, taken)
    if (fate === 'again') waiting.push(...taken)
  }

  async #handOver(to: Side, messages: Said[]) {
    if (messages.length === 0) return
    await this.shop.deliver(to, messages, false)
    const expected: [string, StockReply][] = []
    for (const { id, order, content } of messages) {
      if (this.#handled[to].has(id)) continue
      this.#handled[to].add(id)
      if (content.kind === 'stock_reply') this.model.answer(order, content)
      else {
        const answer = this.model.target(order, content.revision)
        if (answer) expected.push([order, answer])
      }
    }
    if (to === 'orders') return
    const answers = await this.#listen('orders')
    same(
      answers.map(({ order, content }) => [order, content]),
      expected
    )
    await this.shop.assertSound()
  }

  /** What was said to that side since the last time is under way now. */
  async #listen(to: Side) {
    const said = await this.shop.said(to)
    this.#underWay[to].push(...said)
    return said
  }
}

/** What the two sides say of each other, without the model's help. */
function assertAtRest({ stock, orders }: Snapshot) {
  const held: Pieces = Object.fromEntries(Object.keys(stock).map((sku) => [sku, 0]))
  for (const [id, order] of Object.entries(orders)) {
    const { status, heldRevision, lines } = order
    if (status === 'pending' || status === 'updating') fail(`order ${id} never came to rest`)
    same(order.held, status === 'confirmed' ? { revision: heldRevision, lines } : null)
    same(order.endAcknowledged, status === 'cancelled' || status === 'fulfilled')
    same(order.mails.length, new Set(order.mails).size)
    for (const sku in order.held?.lines) held[sku] += order.held.lines[sku]
  }
  for (const [sku, { onHand, reserved }] of Object.entries(stock)) {
    same(reserved, held[sku])
    if (reserved < 0 || reserved > onHand) fail(`${sku} is oversold`)
  }
}
