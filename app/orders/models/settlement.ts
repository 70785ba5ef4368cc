/*
 * The statements of a settled batch: lock, read, write once.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import type { Shortage } from '#contracts/fields'
import { run } from '#messaging/sql'
import type { OrderState, StepType } from '../order_status.ts'

/** What settling reads and writes of an order. Times are RFC 3339. */
export interface SettledOrder extends OrderState {
  id: string
  /** Of the last step in its timeline. */
  sequence: number
  version: number
  attention: boolean
  shortages: Shortage[]
  updatedAt: string
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

export interface NewStep {
  orderId: string
  sequence: number
  at: string
  type: StepType
  status: string
  revision: number
  actor: Actor
  messageId: string | null
  detail: Record<string, unknown>
}

// In id order, so that two batches with the same orders wait for each other in one order.
const lockStatement = {
  name: 'settlement_lock',
  text: /* sql */ `
    select id, status, revision, held_revision as "heldRevision", confirmed_at is not null as "wasConfirmed",
      coalesce(stock_released_at, stock_deducted_at) is not null as "stockSettled",
      version, attention, shortages,
      to_json(confirmed_at) #>> '{}' as "confirmedAt", to_json(rejected_at) #>> '{}' as "rejectedAt",
      to_json(stock_released_at) #>> '{}' as "stockReleasedAt",
      to_json(stock_deducted_at) #>> '{}' as "stockDeductedAt",
      (select max(sequence) from timeline_steps where order_id = orders.id) as sequence
    from orders where id = any ($1::uuid[]) order by id for update`,
}

/** Locks the orders; the sequence of an order's steps is drawn under this lock. */
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
      select * from unnest($12::uuid[], $13::int[], $14::timestamptz[], $15::text[], $16::text[], $17::int[],
                           $18::jsonb[], $19::uuid[], $20::jsonb[])
    )
    update orders set
      status = settled.status, held_revision = settled.held_revision, version = settled.version,
      attention = settled.attention, shortages = settled.shortages, updated_at = settled.updated_at,
      confirmed_at = settled.confirmed_at, rejected_at = settled.rejected_at,
      stock_released_at = settled.stock_released_at, stock_deducted_at = settled.stock_deducted_at
    from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::bool[], $6::jsonb[], $7::timestamptz[],
                $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
      as settled(id, status, held_revision, version, attention, shortages, updated_at, confirmed_at,
                 rejected_at, stock_released_at, stock_deducted_at)
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
}
