/*
 * A shop in memory: the pure functions `transition` and `decide`, and around them as little as possible.
 */
import { deepStrictEqual as same, fail } from 'node:assert/strict'
import type { Line } from '#contracts/messages/fields'
import { decide, NEW_HEAD, type Head } from '#inventory/reservations/stock_plan'
import type { Balance } from '#inventory/ledger/balance'
import {
  transition,
  type Transition,
  type OrderState,
  type Request,
  type StockReply,
} from '#orders/order_state_machine'
import type { Side } from './history.ts'
import { piecesOf, type Outcome, type Pieces, type Snapshot } from './model.ts'
import type { Said, Shop } from './tell.ts'

interface Order {
  state: OrderState
  /** By revision; the end of an order has none. */
  lines: Line[][]
  mails: string[]
  says: string[]
}

export class SimulatedShop implements Shop {
  readonly losesMessages = true
  readonly #orders = new Map<string, Order>()
  readonly #heads = new Map<string, Head>()
  readonly #balances: Map<string, Balance>
  readonly #movements: { sku: string; onHand: number; reserved: number }[] = []
  readonly #inbox: Record<Side, Set<string>> = { inventory: new Set(), orders: new Set() }
  readonly #said: Record<Side, Said[]> = { inventory: [], orders: [] }
  #messages = 0

  /** @param tally - called with every transition, refusal and decision */
  constructor(
    stock: Pieces,
    readonly tally: (what: string) => void = () => {}
  ) {
    this.#balances = new Map(Object.keys(stock).map((sku) => [sku, { onHand: 0, reserved: 0 }]))
    for (const sku in stock) this.#write(sku, stock[sku], 0)
  }

  async place(lines: Line[]) {
    const id = `order ${this.#orders.size + 1}`
    const state: OrderState = {
      ...{ status: 'pending', revision: 1, heldRevision: null },
      ...{ wasConfirmed: false, endAcknowledged: false },
    }
    this.#orders.set(id, { state, lines: [lines], mails: [], says: [] })
    await this.sweep([id])
    return id
  }

  async revise(id: string, lines: Line[]) {
    const { state } = this.#orders.get(id)!
    const isOpen = transition(state, { kind: 'revise' }).outcome === 'applied'
    const target = this.#requestedLines(id) ?? this.#linesInForce(id)
    if (isOpen && sameContent(piecesOf(lines), piecesOf(target))) return 'unchanged'
    return this.#ask(id, { kind: 'revise' }, lines)
  }

  async cancel(id: string) {
    if (this.#orders.get(id)!.state.status === 'cancelled') return 'unchanged'
    return this.#ask(id, { kind: 'cancel' }, [])
  }

  async fulfil(id: string, packed: number) {
    const { status, heldRevision } = this.#orders.get(id)!.state
    if (status === 'fulfilled' && heldRevision === packed) return 'unchanged'
    return this.#ask(id, { kind: 'fulfil', revision: packed }, [])
  }

  async restock(sku: string, quantity: number) {
    this.#write(sku, quantity, 0)
  }

  async sweep(ids: string[]) {
    for (const id of ids) {
      const { revision } = this.#orders.get(id)!.state
      this.#say('inventory', id, { kind: 'target', revision })
    }
  }

  async said(to: Side) {
    return this.#said[to].splice(0)
  }

  async deliver(to: Side, messages: Said[], crash: boolean) {
    if (crash) throw new Error('the consumer died')
    for (const { id, order, content } of messages) {
      if (this.#inbox[to].has(id)) continue
      this.#inbox[to].add(id)
      if (content.kind === 'target') this.#hold(order, content.revision)
      else this.#settle(order, content)
    }
  }

  async assertSound() {
    const held: Pieces = {}
    for (const { held: pieces } of this.#heads.values()) {
      for (const [sku, quantity] of pieces) held[sku] = (held[sku] ?? 0) + quantity
    }
    for (const [sku, { onHand, reserved }] of this.#balances) {
      if (reserved < 0 || reserved > onHand) fail(`${sku} is oversold: ${reserved} of ${onHand}`)
      same(reserved, held[sku] ?? 0, `what is reserved of ${sku} is not what orders hold`)
      const sum = { onHand: 0, reserved: 0 }
      for (const movement of this.#movements) {
        if (movement.sku !== sku) continue
        sum.onHand += movement.onHand
        sum.reserved += movement.reserved
      }
      same({ onHand, reserved }, sum, `the balance of ${sku} is not the sum of its movements`)
    }
  }

  async snapshot(): Promise<Snapshot> {
    const orders = [...this.#orders].map(([id, { state, mails, says }]) => {
      const { status, revision, heldRevision, endAcknowledged } = state
      const requested = this.#requestedLines(id)
      const head = this.#heads.get(id)
      const held = head?.heldRevision
        ? { revision: head.heldRevision, lines: Object.fromEntries(head.held) }
        : null
      const snapshot = {
        ...{ status, revision, heldRevision, endAcknowledged, mails: mails.toSorted(), says, held },
        lines: piecesOf(this.#linesInForce(id)),
        requestedLines: requested && piecesOf(requested),
      }
      return [id, snapshot] as const
    })
    return { stock: Object.fromEntries(this.#balances), orders: Object.fromEntries(orders) }
  }

  #ask(id: string, request: Request, lines: Line[]): Outcome {
    const order = this.#orders.get(id)!
    const result = transition(order.state, request)
    this.tally(result.outcome === 'refused' ? result.code : result.step)
    if (result.outcome === 'refused') return result.code
    order.lines.push(lines)
    this.#apply(order, result)
    this.#say('inventory', id, { kind: 'target', revision: order.state.revision })
    return 'moved'
  }

  #settle(id: string, reply: StockReply) {
    const order = this.#orders.get(id)!
    const result = transition(order.state, reply)
    this.tally(result.outcome === 'applied' ? result.step : `${result.outcome} reply`)
    if (result.outcome !== 'applied') return
    this.#apply(order, result)
    const { revision, heldRevision } = order.state
    if (result.emits === 'order_confirmed') {
      order.says.push(`order_confirmed r${revision} holds r${heldRevision}`)
    } else if (result.emits) order.says.push(result.emits)
  }

  #apply(order: Order, { to, mail }: Transition) {
    order.state = to
    if (mail) order.mails.push(`${mail} r${to.revision}`)
  }

  #hold(id: string, revision: number) {
    const head = this.#heads.get(id) ?? NEW_HEAD
    const { lines, state } = this.#orders.get(id)!
    const deduct = state.status === 'fulfilled' && revision === state.revision
    const target = { revision, lines: lines[revision - 1], deduct }
    const decision = decide(head, target, this.#balances)
    this.tally(decision.kind === 'changed' ? decision.head.outcome! : `${decision.kind} target`)
    if (decision.kind === 'stale') return
    if (decision.kind === 'changed') {
      this.#heads.set(id, decision.head)
      for (const { sku, onHandDelta, reservedDelta } of decision.changes) {
        this.#write(sku, onHandDelta, reservedDelta)
      }
    }
    const { outcome, heldRevision } = this.#heads.get(id)!
    this.#say('orders', id, { kind: 'stock_reply', outcome: outcome!, revision, heldRevision })
  }

  #write(sku: string, onHand: number, reserved: number) {
    const balance = this.#balances.get(sku)!
    balance.onHand += onHand
    balance.reserved += reserved
    this.#movements.push({ sku, onHand, reserved })
  }

  #say(to: Side, order: string, content: Said['content']) {
    this.#said[to].push({ id: `message ${++this.#messages}`, order, content })
  }

  #linesInForce(id: string): Line[] {
    const { state, lines } = this.#orders.get(id)!
    return lines[(state.heldRevision ?? lines.findLastIndex((asked) => asked.length > 0) + 1) - 1]
  }

  #requestedLines(id: string): Line[] | null {
    const { state, lines } = this.#orders.get(id)!
    const { status, revision, heldRevision } = state
    if (status !== 'pending' && status !== 'updating') return null
    return heldRevision !== null && heldRevision < revision ? lines[revision - 1] : null
  }
}

function sameContent(some: Pieces, others: Pieces) {
  const skus = new Set([...Object.keys(some), ...Object.keys(others)])
  return [...skus].every((sku) => some[sku] === others[sku])
}
