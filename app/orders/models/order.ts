/*
 * An order as plain data, and the statement that reads it. A Lucid model with its preloads took
 * thirteen times as long to read one (docs/decisions/0014-orders-are-read-by-statement.md).
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import type { Line, Shortage } from '#contracts/fields'
import { notFound } from '#http/problem'
import { run } from '#messaging/sql'
import type { OrderState, Status } from '../order_status.ts'

export interface ShipTo {
  name: string
  /** 1 to 5 lines. */
  address: string[]
  /** ISO 3166-1 alpha-2. */
  country: string
}

export interface PricedLine extends Line {
  name: string
  /** Minor units of the order's currency. */
  unitPrice: number
}

/** An order with its lines. Times are RFC 3339. */
export interface OrderRecord {
  id: string
  /** As people see it, `Q-100001`; null until the database has drawn it. */
  number: string | null
  reference: string | null
  customerId: string | null
  status: Status
  revision: number
  heldRevision: number | null
  /** Counts the changes of any kind; each is one step of the timeline, with this number. */
  version: number
  /** The version that the last caller made: what has changed since is inventory's answers. */
  editedVersion: number
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
  stockReleasedAt: string | null
  stockDeductedAt: string | null
  carrier: string | null
  trackingNumber: string | null
  trackingUrl: string | null
}

const linesAt = (revision: string) => `
  (select json_agg(json_build_object('sku', sku, 'name', name, 'quantity', quantity, 'unitPrice', unit_price)
                   order by position)
   from order_lines where order_id = orders.id and revision = ${revision})`

/** The columns of `orders` that make an `OrderRecord`, by `recordOf`. */
export const orderColumns = /* sql */ `
  id, 'Q-' || number as number, reference, customer_id as "customerId", status, revision,
  held_revision as "heldRevision", version, edited_version as "editedVersion", attention, email, name,
  ship_to as "shipTo", currency,
  ${linesAt('coalesce(held_revision, (select max(revision) from order_lines where order_id = orders.id))')} as lines,
  case when status in ('pending', 'updating') and held_revision < revision
    then ${linesAt('orders.revision')} end as "requestedLines",
  shortages, placed_at as "placedAt", updated_at as "updatedAt", confirmed_at as "confirmedAt",
  rejected_at as "rejectedAt", cancelled_at as "cancelledAt", cancel_reason as "cancelReason",
  fulfilled_at as "fulfilledAt", stock_released_at as "stockReleasedAt",
  stock_deducted_at as "stockDeductedAt", carrier, tracking_number as "trackingNumber",
  tracking_url as "trackingUrl"`

/** A row of `orderColumns`. */
export function recordOf(row: Record<string, unknown>): OrderRecord {
  for (const name in row) if (row[name] instanceof Date) row[name] = row[name].toISOString()
  return row as unknown as OrderRecord
}

const readStatement = {
  name: 'order_read',
  text: `select ${orderColumns} from orders where id = $1 and ($2::uuid is null or customer_id = $2)`,
}

/** @throws Problem 404, also when it is another customer's */
export async function readOrder(
  client: QueryClientContract,
  id: string,
  reader: SignedIn
): Promise<OrderRecord> {
  const [row] = await run(client, readStatement, [id, ownerFilter(reader)])
  if (!row) throw notFound('order')
  return recordOf(row)
}

const lockStatement = { name: 'order_lock', text: 'select from orders where id = $1 for update' }

/**
 * Locks the order against every other move, and reads it.
 *
 * @throws Problem 404, also when it is another customer's
 */
export async function lockOrder(
  trx: TransactionClientContract,
  id: string,
  reader: SignedIn
): Promise<OrderRecord> {
  // Two statements: whoever waited for the lock must read what was committed meanwhile.
  const [, order] = await Promise.all([run(trx, lockStatement, [id]), readOrder(trx, id, reader)])
  return order
}

/** Whose orders the reader may see: the account's own, or null for everyone's. */
export function ownerFilter({ role, id }: SignedIn): string | null {
  return role === 'customer' ? id : null
}

/** What decides about the order's moves. */
export function stateOf(order: OrderRecord): OrderState {
  const { status, revision, heldRevision, confirmedAt, stockReleasedAt, stockDeductedAt } = order
  return {
    status,
    revision,
    heldRevision,
    wasConfirmed: confirmedAt !== null,
    stockSettled: (stockReleasedAt ?? stockDeductedAt) !== null,
  }
}

/** What should be held: what was asked for last, or the lines in force. */
export function targetLines({ lines, requestedLines }: OrderRecord): PricedLine[] {
  return requestedLines ?? lines
}
