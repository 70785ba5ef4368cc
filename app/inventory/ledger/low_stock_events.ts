/*
 * Reports an SKU whose available stock has come down to its low-stock mark: a `stock_low` message, and
 * a row in `low_crossings` for the low-stock mails. Both commit with the balance.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import { stockLow } from '#contracts/messages/inventory'
import { outbox } from '#messaging/outbox/outbox'
import { runInOrder, type Call } from '#postgres/run'
import type { LowStockBalance } from './balance.ts'

/**
 * Updates `isLow`.
 *
 * @returns true when the stock has just become low; false while it stays low
 */
export function becomesLow(balance: LowStockBalance): boolean {
  const { onHand, reserved, lowStockAt, isLow: wasLow } = balance
  balance.isLow = lowStockAt !== null && onHand - reserved <= lowStockAt
  return balance.isLow && !wasLow
}

/** @param skus - for which `becomesLow` returned true in this transaction */
export function lowStockReports(skus: string[], balances: Map<string, LowStockBalance>) {
  const low = skus.map((sku) => {
    const { onHand, reserved, lowStockAt } = balances.get(sku)!
    return { sku, onHand, reserved, available: onHand - reserved, lowStockAt: lowStockAt! }
  })
  const columns = [
    low.map(() => uuidv7()),
    low.map(({ sku }) => sku),
    low.map(({ available }) => available),
    low.map(({ lowStockAt }) => lowStockAt),
  ]
  const writes: Call[] = low.length > 0 ? [[insertCrossings, columns]] : []
  return { writes, messages: low.map((data) => stockLow.about(data.sku, data)) }
}

/** Runs `lowStockReports` in a transaction of the caller. */
export async function reportLowStock(
  trx: TransactionClientContract,
  skus: string[],
  balances: Map<string, LowStockBalance>
) {
  const { writes, messages } = lowStockReports(skus, balances)
  await runInOrder(trx, ...writes)
  await outbox.add(trx, messages)
}

const insertCrossings = {
  name: 'low_crossings_insert',
  text: /* sql */ `
    insert into low_crossings (id, sku, available, low_stock_at, at)
    select id, sku, available, low_at, now()
    from unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) as low(id, sku, available, low_at)`,
}
