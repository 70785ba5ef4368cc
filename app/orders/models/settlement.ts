/*
 * The statements of a settled batch: lock, read, write once.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Shortage } from '#contracts/fields'
import { run } from '#messaging/sql'
import type { OrderState } from '../order_status.ts'
import { stepFeed } from '../live/step_feed.ts'
import type { NewStep } from './timeline.ts'

/** What settling reads and writes of an order. Times are RFC 3339. */
export interface SettledOrder extends OrderState {
  id: string
  version: number
  attention: boolean
  shortages: Shortage[]
  updatedAt: string
  /** When the current revision is said again; null while no answer is awaited. */
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

// In id order, so that two batches with the same orders wait for each other in one order.
const lockStatement = {
  name: 'settlement_lock',
  text: /* sql */ `
    select id, status, revision, held_revision as "heldRevision", confirmed_at is not null as "wasConfirmed",
      coalesce(stock_released_at, stock_deducted_at) is not null as "stockSettled",
      version, attention, shortages, to_json(resend_at) #>> '{}' as "resendAt",
      to_json(confirmed_at) #>> '{}' as "confirmedAt", to_json(rejected_at) #>> '{}' as "rejectedAt",
      to_json(stock_released_at) #>> '{}' as "stockReleasedAt",
      to_json(stock_deducted_at) #>> '{}' as "stockDeductedAt"
    from orders where id = any ($1::uuid[]) order by id for update`,
}

/** Locks the orders; the next version, which numbers the step, is drawn under this lock. */
export async function lockOrders(trx: TransactionClientContract, ids: string[]) {
  const rows = await run<SettledOrder & Record<string, unknown>>(trx, lockStatement, [ids])
  return new Map<string, SettledOrder>(rows.map((row) => [row.id, row]))
}

const linesStatement = {
  name: 'settlement_lines',
  text: /* sql */ `
    select order_id, revision, sku, quantity from order_lines
    where order_id = any ($1::uuid[]) order by order_id, revision, position`,
}

export async function linesOf(trx: TransactionClientContract, ids: string[]): Promise<LineRow[]> {
  return run<LineRow & Record<string, unknown>>(trx, linesStatement, [ids])
}

const updateStatement = {
  name: 'settlement_update',
  text: /* sql */ `
    with step as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id, detail)
      select * from unnest($13::uuid[], $14::int[], $15::timestamptz[], $16::text[], $17::text[], $18::int[],
                           $19::jsonb[], $20::uuid[], $21::jsonb[])
    )
    update orders set
      status = settled.status, held_revision = settled.held_revision, version = settled.version,
      attention = settled.attention, shortages = settled.shortages, updated_at = settled.updated_at,
      confirmed_at = settled.confirmed_at, rejected_at = settled.rejected_at,
      stock_released_at = settled.stock_released_at, stock_deducted_at = settled.stock_deducted_at,
      resend_at = settled.resend_at
    from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::bool[], $6::jsonb[], $7::timestamptz[],
                $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
      as settled(id, status, held_revision, version, attention, shortages, updated_at, confirmed_at,
                 rejected_at, stock_released_at, stock_deducted_at, resend_at)
    where orders.id = settled.id`,
}

export async function writeSettled(
  trx: TransactionClientContract,
  orders: SettledOrder[],
  steps: NewStep[]
) {
  if (orders.length === 0) return
  await run(trx, updateStatement, [
    orders.map((order) => order.id),
    orders.map((order) => order.status),
    orders.map((order) => order.heldRevision),
    orders.map((order) => order.version),
    orders.map((order) => order.attention),
    orders.map((order) => JSON.stringify(order.shortages)),
    orders.map((order) => order.updatedAt),
    orders.map((order) => order.confirmedAt),
    orders.map((order) => order.rejectedAt),
    orders.map((order) => order.stockReleasedAt),
    orders.map((order) => order.stockDeductedAt),
    orders.map((order) => order.resendAt),
    steps.map((step) => step.orderId),
    steps.map((step) => step.sequence),
    steps.map((step) => step.at),
    steps.map((step) => step.type),
    steps.map((step) => step.status),
    steps.map((step) => step.revision),
    steps.map((step) => JSON.stringify(step.actor)),
    steps.map((step) => step.messageId),
    steps.map((step) => JSON.stringify(step.detail)),
  ])
  trx.after('commit', () => stepFeed.committed())
}
