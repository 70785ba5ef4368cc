/*
 * Changes that people make to on hand. Each change is one movement, and none takes away units that
 * orders hold.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { stockAdjusted, stockRestocked } from '#contracts/messages/inventory'
import { notFound } from '#http/problem'
import { outbox } from '#messaging/outbox/outbox'
import { run } from '#postgres/run'
import { MOST_ON_HAND, type LockedBalance } from '../ledger/balance.ts'
import { lockStock, writeLedger } from '../ledger/ledger.ts'
import type { Movement, NewMovement } from '../ledger/movement.ts'
import { reservedExceeds, tooMuchOnHand, type Holders } from './exceptions.ts'

export interface LockedItem {
  sku: string
  balance: LockedBalance
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
    throw reservedExceeds(sku, change.onHandDelta, balance, await holdersOf(trx, sku))
  }
  const item = new Map([[sku, balance]])
  const [movement] = await writeLedger(trx, item, [{ ...change, sku, reservedDelta: 0 }])
  return movement
}

/** Like `changeOnHand`, and publishes `stock_adjusted`: for every change that is not a restock. */
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
  const { sku, kind, onHandDelta: delta, onHand, reserved, reason, reference } = movement
  return stockAdjusted.about(sku, {
    ...{ sku, delta, onHand, reserved, reason, reference },
    cause: kind as 'adjust' | 'count' | 'import' | 'reversal',
  })
}

export function restockedMessage(movement: Movement) {
  const { sku, onHandDelta: quantity, onHand, reserved, reference } = movement
  return stockRestocked.about(sku, { sku, quantity, onHand, reserved, reference })
}

const findHolders = {
  name: 'stock_holders',
  text: /* sql */ `
    select order_id as "orderId", number, quantity, "all" from (
      select order_id, quantity, count(*) over () as "all" from reservations
      where sku = $1 order by order_id desc limit 20
    ) as newest left join reservation_heads using (order_id) order by order_id desc`,
}

/** The number of orders that hold units of the SKU, and the newest of them. */
async function holdersOf(trx: TransactionClientContract, sku: string): Promise<Holders> {
  const rows = await run<Holders['newest'][number] & { all: number }>(trx, findHolders, [sku])
  return {
    count: rows[0]?.all ?? 0,
    newest: rows.map(({ orderId, number, quantity }) => ({ orderId, number, quantity })),
  }
}
