/*
 * Reservation heads: one row per order, with the units that the order holds.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Shortage } from '#contracts/messages/fields'
import { run } from '#postgres/run'
import type { Head, Outcome } from './stock_plan.ts'

// The update of the id to itself locks an existing head and returns it like a new one.
const lockHeadsStatement = {
  name: 'heads_lock',
  text: /* sql */ `
    insert into reservation_heads (order_id, revision)
    select id, 0 from unnest($1::uuid[]) as id order by id
    on conflict (order_id) do update set order_id = excluded.order_id
    returning order_id, revision, outcome, held_revision, shortages`,
}

const heldStatement = {
  name: 'heads_held',
  text: 'select order_id, sku, quantity from reservations where order_id = any ($1::uuid[])',
}

interface HeadRow {
  order_id: string
  revision: number
  outcome: Outcome | null
  held_revision: number | null
  shortages: Shortage[]
}

/** Locks the heads of the orders in id order. A new order gets a head at revision 0. */
export async function lockHeads(trx: TransactionClientContract, orderIds: string[]) {
  const rows = await run<HeadRow & Record<string, unknown>>(trx, lockHeadsStatement, [orderIds])
  const heads = new Map(
    rows.map((row): [string, Head] => [
      row.order_id,
      {
        revision: row.revision,
        outcome: row.outcome,
        heldRevision: row.held_revision,
        shortages: row.shortages,
        held: new Map(),
      },
    ])
  )
  const holding = [...heads].filter(([, head]) => head.heldRevision !== null).map(([id]) => id)
  if (holding.length > 0) {
    const held = await run<{ order_id: string; sku: string; quantity: number }>(
      trx,
      heldStatement,
      [holding]
    )
    for (const { order_id: id, sku, quantity } of held) heads.get(id)!.held.set(sku, quantity)
  }
  return heads
}

const writeStatement = {
  name: 'heads_write',
  text: /* sql */ `
    with removed as (
      delete from reservations using unnest($6::uuid[], $7::text[]) as removed(order_id, sku)
      where reservations.order_id = removed.order_id and reservations.sku = removed.sku
    ), held as (
      insert into reservations (order_id, sku, quantity)
      select * from unnest($8::uuid[], $9::text[], $10::int[])
      on conflict (order_id, sku) do update set quantity = excluded.quantity
    )
    update reservation_heads set revision = head.revision, outcome = head.outcome,
      held_revision = head.held_revision, shortages = head.shortages
    from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::jsonb[])
      as head(order_id, revision, outcome, held_revision, shortages)
    where reservation_heads.order_id = head.order_id`,
}

export interface ChangedHead {
  orderId: string
  /** SKU → units held before the batch. */
  before: Map<string, number>
  head: Head
}

/** Writes the changed heads and the differences in the units that they hold. */
export async function writeHeads(trx: TransactionClientContract, changed: ChangedHead[]) {
  if (changed.length === 0) return
  const removed = changed.flatMap(({ orderId, before, head }) =>
    [...before.keys()].filter((sku) => !head.held.has(sku)).map((sku) => ({ orderId, sku }))
  )
  const held = changed.flatMap(({ orderId, before, head }) =>
    [...head.held]
      .filter(([sku, quantity]) => before.get(sku) !== quantity)
      .map(([sku, quantity]) => ({ orderId, sku, quantity }))
  )
  await run(trx, writeStatement, [
    changed.map(({ orderId }) => orderId),
    changed.map(({ head }) => head.revision),
    changed.map(({ head }) => head.outcome),
    changed.map(({ head }) => head.heldRevision),
    changed.map(({ head }) => JSON.stringify(head.shortages)),
    removed.map(({ orderId }) => orderId),
    removed.map(({ sku }) => sku),
    held.map(({ orderId }) => orderId),
    held.map(({ sku }) => sku),
    held.map(({ quantity }) => quantity),
  ])
}
