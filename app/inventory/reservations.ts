/*
 * Reservation heads and what they hold.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Shortage } from '#contracts/fields'
import { run } from '#messaging/sql'
import type { Head, Outcome } from './stock_plan.ts'

// Writing the id over itself locks a head that is there and gives it back like a new one.
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

/** Locks the heads of the orders, in order of their ids; a new order gets one at revision 0. */
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
    with gone as (
      delete from reservations using unnest($6::uuid[], $7::text[]) as gone(order_id, sku)
      where reservations.order_id = gone.order_id and reservations.sku = gone.sku
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

export interface MovedHead {
  orderId: string
  /** SKU → pieces, before the batch. */
  before: Map<string, number>
  head: Head
}

/** Writes each moved head and the difference in what it holds. */
export async function writeHeads(trx: TransactionClientContract, moved: MovedHead[]) {
  if (moved.length === 0) return
  const gone = moved.flatMap(({ orderId, before, head }) =>
    [...before.keys()].filter((sku) => !head.held.has(sku)).map((sku) => ({ orderId, sku }))
  )
  const held = moved.flatMap(({ orderId, before, head }) =>
    [...head.held]
      .filter(([sku, quantity]) => before.get(sku) !== quantity)
      .map(([sku, quantity]) => ({ orderId, sku, quantity }))
  )
  await run(trx, writeStatement, [
    moved.map(({ orderId }) => orderId),
    moved.map(({ head }) => head.revision),
    moved.map(({ head }) => head.outcome),
    moved.map(({ head }) => head.heldRevision),
    moved.map(({ head }) => JSON.stringify(head.shortages)),
    gone.map(({ orderId }) => orderId),
    gone.map(({ sku }) => sku),
    held.map(({ orderId }) => orderId),
    held.map(({ sku }) => sku),
    held.map(({ quantity }) => quantity),
  ])
}
