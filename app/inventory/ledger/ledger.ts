/*
 * The stock ledger. One statement writes movements and the balances they lead to.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Message } from '#messaging/message/message'
import { outbox } from '#messaging/outbox/outbox'
import { run, runInOrder, type Call } from '#postgres/run'
import type { LockedBalance } from './balance.ts'
import { becomesLow, lowStockReports } from './low_stock_events.ts'
import { movementIdAfter } from './movement_ids.ts'
import type { Movement, NewMovement } from './movement.ts'

/**
 * A query that locks the balances of SKUs in their order, so that two overlapping batches cannot deadlock. The last
 * movement is a column of the locked row because a subquery would see the state before the wait for the lock. The
 * subquery serves SKUs that have not moved since the column was added.
 *
 * @param skus - a condition on the column `sku`
 */
export function lockBalances(skus: string) {
  return /* sql */ `
    select sku, on_hand as "onHand", reserved, low_stock_at as "lowStockAt", is_low as "isLow",
      coalesce(last_movement_id, (
        select id from movements where movements.sku = stock_items.sku order by id desc limit 1
      )) as "lastMovementId"
    from stock_items where ${skus} order by sku for no key update`
}

const lockBySku = { name: 'ledger_lock', text: lockBalances('sku = any ($1::text[])') }

/** A row of `lockBalances`. */
export type LockedBalanceRow = { sku: string } & LockedBalance & Record<string, unknown>

/**
 * Locks the balances of the SKUs.
 *
 * @returns SKU → balance; unknown SKUs are missing
 */
export async function lockStock(trx: TransactionClientContract, skus: string[]) {
  if (skus.length === 0) return new Map<string, LockedBalance>()
  return bySku(await run<LockedBalanceRow>(trx, lockBySku, [skus]))
}

/** SKU → balance, of the rows of `lockBalances`. */
export function bySku(rows: LockedBalanceRow[]): Map<string, LockedBalance> {
  return new Map(rows.map(({ sku, ...balance }) => [sku, balance]))
}

const writeMovements = {
  name: 'ledger_write',
  text: /* sql */ `
    with movement as (
      insert into movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, order_id,
                             revision, message_id, reference, reason, note, import_id, reversal_of, at, counted)
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::int[], $7::int[],
        $8::jsonb[], $9::uuid[], $10::int[], $11::uuid[], $12::text[], $13::text[], $14::text[], $15::uuid[],
        $16::uuid[], $17::timestamptz[], $18::bool[])
    )
    update stock_items set on_hand = balance.on_hand, reserved = balance.reserved, is_low = balance.is_low,
      last_movement_id = balance.last_movement_id, updated_at = now()
    from unnest($19::text[], $20::int[], $21::int[], $22::bool[], $23::uuid[])
      as balance(sku, on_hand, reserved, is_low, last_movement_id)
    where stock_items.sku = balance.sku`,
}

export interface LedgerChange {
  movements: Movement[]
  writes: Call[]
  /** Reports of SKUs whose stock becomes low. */
  messages: Message<unknown>[]
}

/**
 * Applies movements to balances in order.
 *
 * @param balances - locked in this transaction; the function updates them
 * @returns the statements that write the movements, with the balance after the last movement of each SKU
 */
export function changeLedger(
  balances: Map<string, LockedBalance>,
  movements: NewMovement[]
): LedgerChange {
  if (movements.length === 0) return { movements: [], writes: [], messages: [] }
  const at = new Date()
  const rows = movements.map((movement) => applyTo(balances.get(movement.sku)!, movement, at))
  const moved = [...new Set(rows.map(({ sku }) => sku))]
  const nowLow = moved.filter((sku) => becomesLow(balances.get(sku)!))
  const low = lowStockReports(nowLow, balances)
  const write: Call = [
    writeMovements,
    [
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
      movements.map(({ counted = false }) => counted),
      moved,
      moved.map((sku) => balances.get(sku)!.onHand),
      moved.map((sku) => balances.get(sku)!.reserved),
      moved.map((sku) => balances.get(sku)!.isLow),
      moved.map((sku) => balances.get(sku)!.lastMovementId),
    ],
  ]
  return { movements: rows, writes: [write, ...low.writes], messages: low.messages }
}

/** Runs the statements of `changeLedger` in a transaction of the caller. */
export async function writeLedger(
  trx: TransactionClientContract,
  balances: Map<string, LockedBalance>,
  movements: NewMovement[]
): Promise<Movement[]> {
  const change = changeLedger(balances, movements)
  await runInOrder(trx, ...change.writes)
  await outbox.add(trx, change.messages)
  return change.movements
}

/** Moves the balance. @returns the movement with the balance after it */
function applyTo(balance: LockedBalance, movement: NewMovement, at: Date): Movement {
  balance.onHand += movement.onHandDelta
  balance.reserved += movement.reservedDelta
  balance.lastMovementId = movementIdAfter(balance.lastMovementId)
  return {
    id: balance.lastMovementId,
    sku: movement.sku,
    kind: movement.kind,
    onHandDelta: movement.onHandDelta,
    reservedDelta: movement.reservedDelta,
    onHand: balance.onHand,
    reserved: balance.reserved,
    reason: movement.reason ?? null,
    note: movement.note ?? null,
    reference: movement.reference ?? null,
    actor: movement.actor,
    orderId: movement.orderId ?? null,
    revision: movement.revision ?? null,
    messageId: movement.messageId ?? null,
    importId: movement.importId ?? null,
    reversalOf: movement.reversalOf ?? null,
    at,
  }
}
