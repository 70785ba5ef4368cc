/*
 * What people do to what is on hand: each is one movement, and none takes away what orders hold.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { stockAdjusted } from '#contracts/inventory'
import { notFound } from '#http/problem'
import { outbox } from '#messaging/outbox'
import { run } from '#messaging/sql'
import { reservedExceeds, tooMuchOnHand, type Holders } from './exceptions.ts'
import { lockStock, writeLedger, type Movement, type NewMovement } from './ledger.ts'
import type { StockBalance } from './stock_plan.ts'

const MOST_ON_HAND = 2_000_000_000

export interface LockedItem {
  sku: string
  balance: StockBalance
}

/** @throws Problem 404 for an unknown SKU */
export async function lockItem(trx: TransactionClientContract, sku: string): Promise<LockedItem> {
  const balances = await lockStock(trx, [sku])
  const balance = balances.get(sku)
  if (!balance) throw notFound('stock item')
  return { sku, balance }
}

export type OnHandChange = Omit<NewMovement, 'sku' | 'reservedDelta'>

/**
 * Writes the movement of a locked item.
 *
 * @throws Problem 409 `on_hand_too_large`, `reserved_exceeds`
 */
export async function changeOnHand(
  trx: TransactionClientContract,
  { sku, balance }: LockedItem,
  change: OnHandChange
): Promise<Movement> {
  const onHand = balance.onHand + change.onHandDelta
  if (onHand > MOST_ON_HAND) throw tooMuchOnHand(sku, balance.onHand)
  if (onHand < balance.reserved) {
    throw reservedExceeds(sku, onHand, balance.reserved, await holdersOf(trx, sku))
  }
  const item = new Map([[sku, balance]])
  const [movement] = await writeLedger(trx, item, [{ ...change, sku, reservedDelta: 0 }])
  return movement
}

/** The same for what is no restock; others hear of it as `stock_adjusted`. */
export async function adjustOnHand(
  trx: TransactionClientContract,
  item: LockedItem,
  change: OnHandChange & { kind: 'adjust' | 'count' | 'import' | 'reversal' }
): Promise<Movement> {
  const movement = await changeOnHand(trx, item, change)
  await outbox.add(trx, [adjustedMessage(movement)])
  return movement
}

export function adjustedMessage(movement: Movement) {
  const { sku, kind, onHandDelta: delta, onHand, reserved } = movement
  return stockAdjusted.about(sku, {
    ...{ sku, delta, onHand, reserved },
    cause: kind as 'adjust' | 'count' | 'import' | 'reversal',
    reason: movement.reason ?? null,
    reference: movement.reference ?? null,
  })
}

const findHolders = {
  name: 'stock_holders',
  text: /* sql */ `
    select order_id as "orderId", quantity, count(*) over () as "all" from reservations
    where sku = $1 order by order_id desc limit 20`,
}

/** The orders that hold pieces of the SKU: the newest, and how many there are. */
async function holdersOf(trx: TransactionClientContract, sku: string): Promise<Holders> {
  const rows = await run<{ orderId: string; quantity: number; all: number }>(trx, findHolders, [
    sku,
  ])
  return {
    count: rows[0]?.all ?? 0,
    newest: rows.map(({ orderId, quantity }) => ({ orderId, quantity })),
  }
}
