/*
 * The statements for a batch of targets: lock and read in one round trip, write in another
 * (docs/decisions/0029-two-round-trips-per-batch.md).
 *
 * A reservation is a head, one row per order, and the units that the order holds.
 */
import type { QueryResultRow } from 'pg'
import type { Shortage } from '#contracts/messages/fields'
import type { Call } from '#postgres/run'
import { bySku, lockBalances, type LockedBalanceRow } from '../ledger/ledger.ts'
import type { Head, Outcome } from './stock_plan.ts'

// In id order, so that overlapping batches do not deadlock.
const lockHeads = {
  name: 'heads_lock',
  text: /* sql */ `
    select order_id, revision, outcome, held_revision, shortages
    from reservation_heads where order_id = any ($1::uuid[]) order by order_id for update`,
}

const readHeld = {
  name: 'heads_held',
  text: 'select order_id, sku, quantity from reservations where order_id = any ($1::uuid[])',
}

// The units that the orders hold are known only to the database, so their SKUs are found here.
const lockWantedAndHeld = {
  name: 'heads_stock_lock',
  text: lockBalances(/* sql */ `sku in (
    select unnest($2::text[]) union select sku from reservations where order_id = any ($1::uuid[]))`),
}

/**
 * Lock the heads, read the units they hold, and lock the balances of these and of the wanted SKUs. They run in this
 * order: the units of a head change only under its lock.
 */
export function lockReservations(orderIds: string[], wantedSkus: string[]): Call[] {
  return [
    [lockHeads, [orderIds]],
    [readHeld, [orderIds]],
    [lockWantedAndHeld, [orderIds, wantedSkus]],
  ]
}

/** @param rows - of the statements of `lockReservations` */
export function lockedReservations([headRows, heldRows, balanceRows]: QueryResultRow[][]) {
  const heads = new Map(
    (headRows as HeadRow[]).map((row): [string, Head] => [
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
  for (const { order_id: id, sku, quantity } of heldRows as HeldRow[]) {
    heads.get(id)!.held.set(sku, quantity)
  }
  return { heads, balances: bySku(balanceRows as LockedBalanceRow[]) }
}

interface HeadRow {
  order_id: string
  revision: number
  outcome: Outcome | null
  held_revision: number | null
  shortages: Shortage[]
}

interface HeldRow {
  order_id: string
  sku: string
  quantity: number
}

// A head that was not there is inserted, in id order. If another process has inserted it since, the statement fails and
// the batch is repeated.
const writeStatement = {
  name: 'heads_write',
  text: /* sql */ `
    with removed as (
      delete from reservations using unnest($7::uuid[], $8::text[]) as removed(order_id, sku)
      where reservations.order_id = removed.order_id and reservations.sku = removed.sku
    ), held as (
      insert into reservations (order_id, sku, quantity)
      select * from unnest($9::uuid[], $10::text[], $11::int[])
      on conflict (order_id, sku) do update set quantity = excluded.quantity
    ), head as (
      select * from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::jsonb[], $6::bool[], $12::text[])
        as head(order_id, revision, outcome, held_revision, shortages, is_new, number)
    ), new as (
      insert into reservation_heads (order_id, revision, outcome, held_revision, shortages, number)
      select order_id, revision, outcome, held_revision, shortages, number
      from head where is_new order by order_id
    )
    update reservation_heads set revision = head.revision, outcome = head.outcome,
      held_revision = head.held_revision, shortages = head.shortages,
      number = coalesce(reservation_heads.number, head.number)
    from head where not is_new and reservation_heads.order_id = head.order_id`,
}

export interface ChangedHead {
  orderId: string
  /** The number of the order that people see; null if its messages do not have it. */
  number: string | null
  /** Whether it was not among the locked heads. */
  isNew: boolean
  /** SKU → units held before the batch. */
  before: Map<string, number>
  head: Head
}

/** Write the changed heads and the differences in the units that they hold. */
export function reservationWrites(changed: ChangedHead[]): Call[] {
  if (changed.length === 0) return []
  const removed = changed.flatMap(({ orderId, before, head }) =>
    [...before.keys()].filter((sku) => !head.held.has(sku)).map((sku) => ({ orderId, sku }))
  )
  const held = changed.flatMap(({ orderId, before, head }) =>
    [...head.held]
      .filter(([sku, quantity]) => before.get(sku) !== quantity)
      .map(([sku, quantity]) => ({ orderId, sku, quantity }))
  )
  const values = [
    changed.map(({ orderId }) => orderId),
    changed.map(({ head }) => head.revision),
    changed.map(({ head }) => head.outcome),
    changed.map(({ head }) => head.heldRevision),
    changed.map(({ head }) => JSON.stringify(head.shortages)),
    changed.map(({ isNew }) => isNew),
    removed.map(({ orderId }) => orderId),
    removed.map(({ sku }) => sku),
    held.map(({ orderId }) => orderId),
    held.map(({ sku }) => sku),
    held.map(({ quantity }) => quantity),
    changed.map(({ number }) => number),
  ]
  return [[writeStatement, values]]
}
