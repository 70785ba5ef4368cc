/*
 * The stock ledger: balances and movements change together, in one statement, or not at all.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import type { Actor } from '#contracts/actor'
import { run } from '#messaging/sql'
import type { Balance } from './stock_plan.ts'

export type MovementKind =
  'restock' | 'reserve' | 'release' | 'deduct' | 'adjust' | 'count' | 'import' | 'reversal'

export interface NewMovement {
  sku: string
  kind: MovementKind
  onHandDelta: number
  reservedDelta: number
  actor: Actor
  /** Of a reservation, release or deduction: the order, the revision and the message behind it. */
  orderId?: string
  revision?: number
  messageId?: string
  /** The caller's own, for example the number of a purchase order. */
  reference?: string | null
}

/** A row of the ledger; balances are those after it. */
export interface Movement extends NewMovement {
  id: string
  onHand: number
  reserved: number
  at: string
}

// Rows are locked in SKU order so that two overlapping orders cannot deadlock.
const lockBalances = {
  name: 'ledger_lock',
  text: /* sql */ `
    select sku, on_hand as "onHand", reserved from stock_items
    where sku = any ($1::text[]) order by sku for no key update`,
}

/** Locks the balances of the SKUs; one that does not exist is missing from the map. */
export async function lockStock(trx: TransactionClientContract, skus: string[]) {
  if (skus.length === 0) return new Map<string, Balance>()
  const rows = await run<{ sku: string } & Balance>(trx, lockBalances, [skus])
  return new Map(rows.map(({ sku, onHand, reserved }) => [sku, { onHand, reserved }]))
}

const writeMovements = {
  name: 'ledger_write',
  text: /* sql */ `
    with movement as (
      insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, order_id,
                             revision, message_id, reference, at)
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::int[], $7::int[],
        $8::jsonb[], $9::uuid[], $10::int[], $11::uuid[], $12::text[], $13::timestamptz[])
    )
    update stock_items set on_hand = balance.on_hand, reserved = balance.reserved, updated_at = now()
    from unnest($14::text[], $15::int[], $16::int[]) as balance(sku, on_hand, reserved)
    where stock_items.sku = balance.sku`,
}

/**
 * Writes movements, in order, and the balances after the last of each SKU.
 *
 * @param balances - as `lockStock` gave them in this transaction; they are moved along
 * @returns the rows as written
 */
export async function writeLedger(
  trx: TransactionClientContract,
  balances: Map<string, Balance>,
  movements: NewMovement[]
): Promise<Movement[]> {
  if (movements.length === 0) return []
  const at = new Date().toISOString()
  const rows = movements.map((movement): Movement => {
    const balance = balances.get(movement.sku)!
    balance.onHand += movement.onHandDelta
    balance.reserved += movement.reservedDelta
    return { ...movement, id: uuidv7(), ...balance, at }
  })
  const moved = [...new Set(rows.map(({ sku }) => sku))]
  await run(trx, writeMovements, [
    rows.map((row) => row.id),
    rows.map((row) => row.sku),
    rows.map((row) => row.kind),
    rows.map((row) => row.onHandDelta),
    rows.map((row) => row.reservedDelta),
    rows.map((row) => row.onHand),
    rows.map((row) => row.reserved),
    rows.map((row) => JSON.stringify(row.actor)),
    rows.map((row) => row.orderId),
    rows.map((row) => row.revision),
    rows.map((row) => row.messageId),
    rows.map((row) => row.reference),
    rows.map((row) => row.at),
    moved,
    moved.map((sku) => balances.get(sku)!.onHand),
    moved.map((sku) => balances.get(sku)!.reserved),
  ])
  return rows
}
