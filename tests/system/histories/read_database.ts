/*
 * What the tables of both modules say, in the model's words.
 */
import { strictEqual } from 'node:assert/strict'
import db from '@adonisjs/lucid/services/db'
import type { Line } from '#contracts/messages/fields'
import { orderColumns, recordOf, stateOf } from '#orders/store/order'
import { piecesOf, type OrderSnapshot, type Snapshot } from './model.ts'

export interface BalanceRow {
  sku: string
  onHand: number
  reserved: number
  /** What the ledger adds up to. */
  movedOnHand: number
  movedReserved: number
  /** What the reservations add up to. */
  held: number
}

export async function balances(skus: string[]): Promise<BalanceRow[]> {
  const { rows } = await db.connection('inventory').rawQuery(
    `select sku, on_hand as "onHand", reserved,
       (select coalesce(sum(on_hand_delta), 0)::int from movements where movements.sku = stock_items.sku)
         as "movedOnHand",
       (select coalesce(sum(reserved_delta), 0)::int from movements where movements.sku = stock_items.sku)
         as "movedReserved",
       (select coalesce(sum(quantity), 0)::int from reservations where reservations.sku = stock_items.sku) as held
     from stock_items where sku = any (?) order by sku`,
    [skus]
  )
  return rows
}

/** @param nameOf - how the model calls an SKU */
export async function snapshotOf(
  ids: string[],
  skus: string[],
  nameOf: (sku: string) => string
): Promise<Snapshot> {
  const pieces = (lines: Line[]) =>
    piecesOf(lines.map(({ sku, quantity }) => ({ sku: nameOf(sku), quantity })))
  const [stock, orders, held, mails, says] = await Promise.all([
    balances(skus),
    readOrders(ids),
    readHeld(ids),
    readMails(ids),
    readAnnouncements(ids),
  ])
  const snapshots = orders.map((order): [string, OrderSnapshot] => {
    const { id, status, revision, heldRevision, lines, requestedLines } = order
    const holding = held.filter((row) => row.order_id === id)
    return [
      id,
      {
        ...{ status, revision, heldRevision, lines: pieces(lines) },
        requestedLines: requestedLines && pieces(requestedLines),
        endAcknowledged: stateOf(order).endAcknowledged,
        mails: mails
          .filter(({ order_id }) => order_id === id)
          .map(({ mail }) => mail)
          .toSorted(),
        says: says.filter(({ key }) => key === id).map(({ said }) => said),
        held:
          holding.length > 0
            ? { revision: holding[0].held_revision, lines: pieces(holding) }
            : null,
      },
    ]
  })
  const named = stock.map(({ sku, onHand, reserved }) => [nameOf(sku), { onHand, reserved }])
  return { stock: Object.fromEntries(named), orders: Object.fromEntries(snapshots) }
}

/** Each with its timeline read beside it: one step for each version. */
async function readOrders(ids: string[]) {
  const { rows } = await db.connection('orders').rawQuery(
    `select ${orderColumns},
       (select array_agg(sequence order by sequence) from timeline_steps where order_id = orders.id) as steps
     from orders where id = any (?) order by placed_at`,
    [ids]
  )
  return (rows as Record<string, unknown>[]).map(({ steps, ...row }) => {
    const order = recordOf(row)
    const every = Array.from({ length: order.version }, (_, place) => place + 1)
    strictEqual(String(steps), String(every), 'each version is one step of the timeline')
    return order
  })
}

async function readHeld(
  ids: string[]
): Promise<(Line & { order_id: string; held_revision: number })[]> {
  return db
    .connection('inventory')
    .from('reservations')
    .join('reservation_heads', 'reservation_heads.order_id', 'reservations.order_id')
    .whereIn('reservations.order_id', ids)
    .select('reservations.order_id', 'sku', 'quantity', 'held_revision')
}

async function readMails(ids: string[]): Promise<{ order_id: string; mail: string }[]> {
  return db
    .connection('orders')
    .from('notifications')
    .whereIn('order_id', ids)
    .select('order_id', db.raw(`kind || ' r' || revision as mail`))
}

async function readAnnouncements(ids: string[]): Promise<{ key: string; said: string }[]> {
  return db
    .connection('orders')
    .from('outbox')
    .whereIn('key', ids)
    .whereIn('type', ['order_confirmed', 'order_rejected'])
    .orderBy('id')
    .select(
      'key',
      db.raw(`type || case type when 'order_confirmed'
        then ' r' || (data ->> 'revision') || ' holds r' || (data ->> 'heldRevision') else '' end as said`)
    )
}
