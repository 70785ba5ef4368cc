/*
 * The stock ledger: balances and movements change together, in one statement, or not at all.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import type { Actor } from '#contracts/actor'
import { run } from '#messaging/sql'
import { becomesLow, sayLow } from './low_stock/say_low.ts'
import type { StockBalance } from './stock_plan.ts'

/** And what each of them is, for people. */
export const MOVEMENT_KINDS = {
  restock: 'goods received',
  reserve: 'an order holds more',
  release: 'an order holds less',
  deduct: 'an order was shipped',
  adjust: 'corrected by hand',
  count: 'counted',
  import: 'imported',
  reversal: 'another movement undone',
}

export type MovementKind = keyof typeof MOVEMENT_KINDS

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
  /** Of an adjustment. */
  reason?: string | null
  note?: string | null
  /** The import or receipt that it is part of. */
  importId?: string | null
  /** The movement that it undoes. */
  reversalOf?: string | null
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
    select sku, on_hand as "onHand", reserved, low_stock_at as "lowStockAt", is_low as "isLow" from stock_items
    where sku = any ($1::text[]) order by sku for no key update`,
}

/** Locks the balances of the SKUs; one that does not exist is missing from the map. */
export async function lockStock(trx: TransactionClientContract, skus: string[]) {
  if (skus.length === 0) return new Map<string, StockBalance>()
  const rows = await run<{ sku: string } & StockBalance & Record<string, unknown>>(
    trx,
    lockBalances,
    [skus]
  )
  return new Map(rows.map(({ sku, ...balance }) => [sku, balance]))
}

const writeMovements = {
  name: 'ledger_write',
  text: /* sql */ `
    with movement as (
      insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, order_id,
                             revision, message_id, reference, reason, note, import_id, reversal_of, at)
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::int[], $7::int[],
        $8::jsonb[], $9::uuid[], $10::int[], $11::uuid[], $12::text[], $13::text[], $14::text[], $15::uuid[],
        $16::uuid[], $17::timestamptz[])
    )
    update stock_items set on_hand = balance.on_hand, reserved = balance.reserved, is_low = balance.is_low,
      updated_at = now()
    from unnest($18::text[], $19::int[], $20::int[], $21::bool[]) as balance(sku, on_hand, reserved, is_low)
    where stock_items.sku = balance.sku`,
}

/**
 * Writes movements, in order, and the balances after the last of each SKU; says which have become low.
 *
 * @param balances - as `lockStock` gave them in this transaction; they are moved along
 * @returns the rows as written
 */
export async function writeLedger(
  trx: TransactionClientContract,
  balances: Map<string, StockBalance>,
  movements: NewMovement[]
): Promise<Movement[]> {
  if (movements.length === 0) return []
  const at = new Date().toISOString()
  const rows = movements.map((movement): Movement => {
    const balance = balances.get(movement.sku)!
    balance.onHand += movement.onHandDelta
    balance.reserved += movement.reservedDelta
    const { onHand, reserved } = balance
    return { ...movement, id: uuidv7(), onHand, reserved, at }
  })
  const moved = [...new Set(rows.map(({ sku }) => sku))]
  const nowLow = moved.filter((sku) => becomesLow(balances.get(sku)!))
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
    rows.map((row) => row.reason),
    rows.map((row) => row.note),
    rows.map((row) => row.importId),
    rows.map((row) => row.reversalOf),
    rows.map((row) => row.at),
    moved,
    moved.map((sku) => balances.get(sku)!.onHand),
    moved.map((sku) => balances.get(sku)!.reserved),
    moved.map((sku) => balances.get(sku)!.isLow),
  ])
  await sayLow(trx, nowLow, balances)
  return rows
}
