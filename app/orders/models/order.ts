import { hasMany } from '@adonisjs/lucid/orm'
import type { HasMany } from '@adonisjs/lucid/types/relations'
import type { DateTime } from 'luxon'
import type { Shortage } from '#contracts/fields'
import { OrderLineSchema, OrderSchema } from '#database/orders/schema'
import type { Status } from '../order_status.ts'
import type { PricedLine } from '../price_list.ts'

export interface ShipTo {
  name: string
  /** 1 to 5 lines. */
  address: string[]
  /** ISO 3166-1 alpha-2. */
  country: string
}

/** An order with its lines, as plain data. Times are RFC 3339. */
export interface OrderRecord {
  id: string
  /** As people see it, `Q-100001`; null until the database has drawn it. */
  number: string | null
  reference: string | null
  customerId: string | null
  status: Status
  revision: number
  heldRevision: number | null
  version: number
  attention: boolean
  email: string
  name: string
  shipTo: ShipTo | null
  currency: string
  /** Those in force: the held ones; the target while nothing is held. */
  lines: PricedLine[]
  /** Those asked for, while something else is held and an answer is awaited. */
  requestedLines: PricedLine[] | null
  shortages: Shortage[]
  placedAt: string
  updatedAt: string
  confirmedAt: string | null
  rejectedAt: string | null
  cancelledAt: string | null
  cancelReason: string | null
  fulfilledAt: string | null
  carrier: string | null
  trackingNumber: string | null
  trackingUrl: string | null
}

class OrderLine extends OrderLineSchema {
  static connection = 'orders'
  static table = 'order_lines'
}

export default class Order extends OrderSchema {
  static connection = 'orders'
  static table = 'orders'
  static selfAssignPrimaryKey = true

  /** Of all revisions. */
  @hasMany(() => OrderLine, { foreignKey: 'orderId' })
  declare lines: HasMany<typeof OrderLine>

  declare status: Status
  declare shipTo: ShipTo | null
  declare shortages: Shortage[]

  linesAt(revision: number): PricedLine[] {
    return this.lines
      .filter((line) => line.revision === revision)
      .sort((a, b) => a.position - b.position)
      .map(({ sku, name, quantity, unitPrice }) => {
        return { sku, name, quantity, unitPrice: Number(unitPrice) }
      })
  }

  /** The revision whose lines are in force: an ended order keeps its last ones. */
  get revisionInForce(): number {
    return this.heldRevision ?? Math.max(...this.lines.map((line) => line.revision))
  }

  get awaitsAnswer(): boolean {
    return this.status === 'pending' || this.status === 'updating'
  }

  record(): OrderRecord {
    const changing =
      this.awaitsAnswer && this.heldRevision !== null && this.heldRevision < this.revision
    return {
      id: this.id,
      number: `Q-${this.number}`,
      reference: this.reference,
      customerId: this.customerId,
      status: this.status,
      revision: this.revision,
      heldRevision: this.heldRevision,
      version: this.version,
      attention: this.attention,
      email: this.email,
      name: this.name,
      shipTo: this.shipTo,
      currency: this.currency,
      lines: this.linesAt(this.revisionInForce),
      requestedLines: changing ? this.linesAt(this.revision) : null,
      shortages: this.shortages,
      placedAt: rfc3339(this.placedAt),
      updatedAt: rfc3339(this.updatedAt),
      confirmedAt: rfc3339(this.confirmedAt),
      rejectedAt: rfc3339(this.rejectedAt),
      cancelledAt: rfc3339(this.cancelledAt),
      cancelReason: this.cancelReason,
      fulfilledAt: rfc3339(this.fulfilledAt),
      carrier: this.carrier,
      trackingNumber: this.trackingNumber,
      trackingUrl: this.trackingUrl,
    }
  }
}

function rfc3339<Time extends DateTime | null>(time: Time) {
  return (time === null ? null : time.toUTC().toISO()) as Time extends null ? string | null : string
}
