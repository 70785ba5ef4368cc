/*
 * What should be true, told the slow and obvious way: no deltas, no stored status. Inventory keeps whole
 * targets and asks whether all of them fit; orders looks at all that was asked and all that was heard.
 */
import type { Line } from '#contracts/messages/fields'
import type { Status, StockReply } from '#orders/order_state_machine'

/** SKU → pieces. */
export type Pieces = Record<string, number>

interface OrderModel {
  /** What was asked, by revision; the end of an order asks for nothing. */
  asked: Pieces[]
  end: 'cancelled' | 'fulfilled' | null
  /** Answers that orders has handled. */
  heard: StockReply[]
  wasConfirmed: boolean
  /** Mails and announcements, as `kind r1`. */
  mails: string[]
  says: string[]
  /** On inventory's side: its last answer, and the revision whose lines it holds. */
  answered: StockReply | null
  holds: number | null
}

/** What both sides know of one order. */
export interface OrderSnapshot {
  status: Status
  revision: number
  heldRevision: number | null
  lines: Pieces
  requestedLines: Pieces | null
  endAcknowledged: boolean
  mails: string[]
  says: string[]
  /** What inventory holds for it. */
  held: { revision: number; lines: Pieces } | null
}

export interface Snapshot {
  stock: Record<string, { onHand: number; reserved: number }>
  orders: Record<string, OrderSnapshot>
}

export type Outcome =
  'moved' | 'unchanged' | 'order_not_open' | 'order_not_confirmed' | 'revision_moved'

export class Model {
  readonly #onHand: Pieces
  readonly #orders = new Map<string, OrderModel>()

  constructor(onHand: Pieces) {
    this.#onHand = { ...onHand }
  }

  place(id: string, lines: Line[]) {
    this.#orders.set(id, {
      ...{
        asked: [piecesOf(lines)],
        end: null,
        heard: [],
        wasConfirmed: false,
        mails: [],
        says: [],
      },
      ...{ answered: null, holds: null },
    })
  }

  revise(id: string, lines: Line[]): Outcome {
    const order = this.#orders.get(id)!
    if (!isOpen(order)) return 'order_not_open'
    const target = requestedLines(order) ?? linesInForce(order)
    if (text(piecesOf(lines)) === text(target)) return 'unchanged'
    order.asked.push(piecesOf(lines))
    return 'moved'
  }

  cancel(id: string): Outcome {
    const order = this.#orders.get(id)!
    if (order.end === 'cancelled') return 'unchanged'
    if (!isOpen(order)) return 'order_not_open'
    return end(order, 'cancelled')
  }

  fulfil(id: string, packed: number): Outcome {
    const order = this.#orders.get(id)!
    if (order.end === 'fulfilled' && packed === heldRevision(order)) return 'unchanged'
    if (!isOpen(order)) return 'order_not_open'
    if (statusOf(order) !== 'confirmed') return 'order_not_confirmed'
    if (packed !== heldRevision(order)) return 'revision_moved'
    return end(order, 'fulfilled')
  }

  restock(sku: string, quantity: number) {
    this.#onHand[sku] += quantity
  }

  /** Inventory handles a target for the first time; what it should answer, null when nothing. */
  target(id: string, revision: number): StockReply | null {
    const order = this.#orders.get(id)!
    const seen = order.answered
    if (seen && revision < seen.revision) return null
    if (seen && revision === seen.revision) return seen
    const outcome = this.#apply(order, revision)
    return (order.answered = { kind: 'stock_reply', outcome, revision, heldRevision: order.holds })
  }

  /** Orders handles an answer for the first time. */
  answer(id: string, answer: StockReply) {
    const order = this.#orders.get(id)!
    const isNews = answer.revision === order.asked.length && isWaiting(order)
    order.heard.push(answer)
    if (!isNews || order.end) return
    const held = heldRevision(order)
    const change = answer.outcome === 'reserved' ? 'change_accepted' : 'change_declined'
    const confirmed = order.wasConfirmed ? change : 'order_confirmed'
    order.mails.push(`${held ? confirmed : 'order_rejected'} r${answer.revision}`)
    order.says.push(held ? `order_confirmed r${answer.revision} holds r${held}` : 'order_rejected')
    order.wasConfirmed ||= held !== null
  }

  ids() {
    return [...this.#orders.keys()]
  }

  waiting() {
    return this.ids().filter((id) => isWaiting(this.#orders.get(id)!))
  }

  heldRevision(id: string) {
    return heldRevision(this.#orders.get(id)!)
  }

  snapshot(): Snapshot {
    const stock = Object.keys(this.#onHand).map((sku) => {
      return [sku, { onHand: this.#onHand[sku], reserved: this.#reserved(sku) }] as const
    })
    const orders = [...this.#orders].map(([id, order]) => [id, snapshotOf(order)] as const)
    return { stock: Object.fromEntries(stock), orders: Object.fromEntries(orders) }
  }

  #apply(order: OrderModel, revision: number): StockReply['outcome'] {
    if (order.end && revision === order.asked.length) {
      const gone = order.end === 'fulfilled' ? heldBy(order) : {}
      for (const sku in gone) this.#onHand[sku] -= gone[sku]
      order.holds = null
      return order.end === 'fulfilled' ? 'deducted' : 'released'
    }
    const before = order.holds
    order.holds = revision
    if (Object.keys(order.asked[revision - 1]).every((sku) => this.#fits(sku))) return 'reserved'
    order.holds = before
    return 'rejected'
  }

  #fits(sku: string) {
    return this.#reserved(sku) <= (this.#onHand[sku] ?? 0)
  }

  #reserved(sku: string) {
    return [...this.#orders.values()].reduce((sum, order) => sum + (heldBy(order)[sku] ?? 0), 0)
  }
}

/** Two lines of one SKU are one line with the sum. */
export function piecesOf(lines: Line[]): Pieces {
  const pieces: Pieces = {}
  for (const { sku, quantity } of lines) pieces[sku] = (pieces[sku] ?? 0) + quantity
  return pieces
}

function end(order: OrderModel, how: 'cancelled' | 'fulfilled'): Outcome {
  order.asked.push({})
  order.end = how
  order.mails.push(`order_${how} r${order.asked.length}`)
  return 'moved'
}

function isWaiting({ heard, asked }: OrderModel) {
  return !heard.some(({ revision }) => revision === asked.length)
}

function statusOf(order: OrderModel): Status {
  if (order.end) return order.end
  if (isWaiting(order)) return order.wasConfirmed ? 'updating' : 'pending'
  return heldRevision(order) === null ? 'rejected' : 'confirmed'
}

function isOpen(order: OrderModel) {
  return !order.end && statusOf(order) !== 'rejected'
}

/** The highest one that any answer has named. */
function heldRevision({ heard }: OrderModel) {
  return Math.max(0, ...heard.map((answer) => answer.heldRevision ?? 0)) || null
}

/** An order that has ended keeps the lines it had. */
function linesInForce(order: OrderModel): Pieces {
  const last = order.end ? order.asked.length - 1 : order.asked.length
  return order.asked[(heldRevision(order) ?? last) - 1]
}

function requestedLines(order: OrderModel): Pieces | null {
  const held = heldRevision(order)
  const awaited = !order.end && isWaiting(order) && held !== null && held < order.asked.length
  return awaited ? order.asked.at(-1)! : null
}

function heldBy({ asked, holds }: OrderModel): Pieces {
  return holds === null ? {} : asked[holds - 1]
}

function snapshotOf(order: OrderModel): OrderSnapshot {
  return {
    status: statusOf(order),
    revision: order.asked.length,
    heldRevision: heldRevision(order),
    lines: linesInForce(order),
    requestedLines: requestedLines(order),
    endAcknowledged: order.end !== null && !isWaiting(order),
    mails: order.mails.toSorted(),
    says: order.says,
    held: order.holds === null ? null : { revision: order.holds, lines: heldBy(order) },
  }
}

function text(pieces: Pieces) {
  return Object.keys(pieces)
    .sort()
    .map((sku) => `${sku} ${pieces[sku]}`)
    .join()
}
