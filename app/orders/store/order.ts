/*
 * An order as plain data, and the statement that reads it. Reading one through a Lucid model with preloads
 * took 13 times as long (docs/decisions/0014-orders-are-read-by-statement.md).
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import type { Line, Shortage } from '#contracts/messages/fields'
import { run, runInOrder } from '#postgres/run'
import type { OrderState, Status } from '../order_state_machine.ts'

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
  /** The number that people see, `Q-100001`; null until the database has assigned it. */
  number: string | null
  reference: string | null
  customerId: string | null
  status: Status
  revision: number
  /** Not cleared when the order ends; `heldNow` is null then. */
  heldRevision: number | null
  /** Incremented by every change. Each version is one step of the timeline, with this number. */
  version: number
  /** The version of the last caller's change; later versions come from replies and the sweeper. */
  editedVersion: number
  attention: boolean
  email: string
  name: string
  shipTo: ShipTo | null
  currency: string
  /** The lines in force: the held lines, or the target while nothing is held. */
  lines: PricedLine[]
  /** The target while other lines are held and inventory has not replied; else null. */
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

/** The select list of an `OrderRecord`, for `recordOf`. */
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

/** @param row - selected with `orderColumns` */
export function recordOf(row: Record<string, unknown>): OrderRecord {
  for (const name in row) if (row[name] instanceof Date) row[name] = row[name].toISOString()
  return row as unknown as OrderRecord
}

const readStatement = {
  name: 'order_read',
  text: `select ${orderColumns} from orders where id = $1 and ($2::uuid is null or customer_id = $2)`,
}

/** @returns null if there is no such order, or the reader may not see it */
export async function readOrder(
  client: QueryClientContract,
  id: string,
  reader: SignedIn
): Promise<OrderRecord | null> {
  return found(await run(client, readStatement, [id, ownerFilter(reader)]))
}

function found([row]: Record<string, unknown>[]): OrderRecord | null {
  return row ? recordOf(row) : null
}

const lockStatement = { name: 'order_lock', text: 'select from orders where id = $1 for update' }

/**
 * Locks the order against other changes until the transaction ends, and reads it.
 *
 * @returns null if there is no such order, or the reader may not see it
 */
export async function lockOrder(
  trx: TransactionClientContract,
  id: string,
  reader: SignedIn
): Promise<OrderRecord | null> {
  const [, rows] = await runInOrder(
    trx,
    [lockStatement, [id]],
    [readStatement, [id, ownerFilter(reader)]]
  )
  return found(rows)
}

/** The customer whose orders the reader may see; null for all orders. */
export function ownerFilter({ role, id }: SignedIn): string | null {
  return role === 'customer' ? id : null
}

/** The state that decides which transitions are possible. */
export function stateOf(order: OrderRecord): OrderState {
  const { status, revision, heldRevision, confirmedAt, stockReleasedAt, stockDeductedAt } = order
  return {
    status,
    revision,
    heldRevision,
    wasConfirmed: confirmedAt !== null,
    endAcknowledged: (stockReleasedAt ?? stockDeductedAt) !== null,
  }
}

/**
 * The revision whose lines are held; null if none are, or once the stock of an ended order has been released or
 * deducted. The record keeps `heldRevision` to recognise repeated fulfilments and late replies.
 */
export function heldNow({ heldRevision, stockReleasedAt, stockDeductedAt }: OrderRecord) {
  return (stockReleasedAt ?? stockDeductedAt) === null ? heldRevision : null
}

/** The target: the requested lines, or else the lines in force. */
export function targetLines({ lines, requestedLines }: OrderRecord): PricedLine[] {
  return requestedLines ?? lines
}
