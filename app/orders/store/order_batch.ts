/*
 * The statements for a batch of stock replies: lock the orders and read their lines in one round trip, write all changes
 * in another (docs/decisions/0029-two-round-trips-per-batch.md).
 */
import type { QueryResultRow } from 'pg'
import type { Shortage } from '#contracts/messages/fields'
import type { Call } from '#postgres/run'
import type { OrderState } from '../order_state_machine.ts'
import { columnsOf } from './columns_of.ts'
import type { NewStep } from './timeline.ts'

/** The columns of an order that a stock reply can change. Times are RFC 3339. */
export interface LockedOrder extends OrderState {
  id: string
  number: string
  version: number
  attention: boolean
  shortages: Shortage[]
  updatedAt: string
  /** When to re-send the current target; null if no reply is awaited. */
  resendAt: string | null
  confirmedAt: string | null
  rejectedAt: string | null
  stockReleasedAt: string | null
  stockDeductedAt: string | null
}

export interface LineRow {
  order_id: string
  revision: number
  sku: string
  quantity: number
}

// In id order, so that two batches with the same orders do not deadlock.
const lockStatement = {
  name: 'order_batch_lock',
  text: /* sql */ `
    select id, 'Q-' || number as number, status, revision, held_revision as "heldRevision", confirmed_at is not null as "wasConfirmed",
      coalesce(stock_released_at, stock_deducted_at) is not null as "endAcknowledged",
      version, attention, shortages, to_json(resend_at) #>> '{}' as "resendAt",
      to_json(confirmed_at) #>> '{}' as "confirmedAt", to_json(rejected_at) #>> '{}' as "rejectedAt",
      to_json(stock_released_at) #>> '{}' as "stockReleasedAt",
      to_json(stock_deducted_at) #>> '{}' as "stockDeductedAt"
    from orders where id = any ($1::uuid[]) order by id for update`,
}

const linesStatement = {
  name: 'order_batch_lines',
  text: /* sql */ `
    select order_id, revision, sku, quantity from order_lines
    where order_id = any ($1::uuid[]) order by order_id, revision, position`,
}

/**
 * Lock the orders until the transaction ends, so that their next versions can be assigned, and read their lines under
 * the lock.
 */
export function lockOrders(ids: string[]): Call[] {
  return [
    [lockStatement, [ids]],
    [linesStatement, [ids]],
  ]
}

/** @param rows - of the statements of `lockOrders` */
export function lockedOrders([orderRows, lineRows]: QueryResultRow[][]) {
  return {
    orders: new Map((orderRows as LockedOrder[]).map((row) => [row.id, row])),
    linesOf: Map.groupBy(lineRows as LineRow[], ({ order_id: id }) => id),
  }
}

const updateStatement = {
  name: 'order_batch_update',
  text: /* sql */ `
    with step as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id, detail)
      select * from unnest($13::uuid[], $14::int[], $15::timestamptz[], $16::text[], $17::text[], $18::int[],
                           $19::jsonb[], $20::uuid[], $21::jsonb[])
    )
    update orders set
      status = changed.status, held_revision = changed.held_revision, version = changed.version,
      attention = changed.attention, shortages = changed.shortages, updated_at = changed.updated_at,
      confirmed_at = changed.confirmed_at, rejected_at = changed.rejected_at,
      stock_released_at = changed.stock_released_at, stock_deducted_at = changed.stock_deducted_at,
      resend_at = changed.resend_at
    from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::bool[], $6::jsonb[], $7::timestamptz[],
                $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
      as changed(id, status, held_revision, version, attention, shortages, updated_at, confirmed_at,
                 rejected_at, stock_released_at, stock_deducted_at, resend_at)
    where orders.id = changed.id`,
}

/** Write the changed orders and their steps. After the commit, call `stepsCommitted`. */
export function orderWrites(orders: LockedOrder[], steps: NewStep[]): Call[] {
  if (orders.length === 0) return []
  const values = [
    ...columnsOf(orders, ['id', 'status', 'heldRevision', 'version', 'attention', 'shortages']),
    ...columnsOf(orders, ['updatedAt', 'confirmedAt', 'rejectedAt']),
    ...columnsOf(orders, ['stockReleasedAt', 'stockDeductedAt', 'resendAt']),
    ...columnsOf(steps, ['orderId', 'sequence', 'at', 'type', 'status', 'revision', 'actor']),
    ...columnsOf(steps, ['messageId', 'detail']),
  ]
  return [[updateStatement, values]]
}
