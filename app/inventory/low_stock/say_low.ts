/*
 * What is said when no more are left than the mark: a message to everyone, and a row for the mails. Both
 * commit with the balance.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import { stockLow } from '#contracts/inventory'
import { outbox } from '#messaging/outbox'
import { run } from '#messaging/sql'
import type { StockBalance } from '../stock_plan.ts'

/** Brings `isLow` up to date. @returns whether it has become true: said once, until there are more again */
export function becomesLow(balance: StockBalance): boolean {
  const { onHand, reserved, lowStockAt, isLow: was } = balance
  balance.isLow = lowStockAt !== null && onHand - reserved <= lowStockAt
  return balance.isLow && !was
}

/** @param skus - of which `becomesLow` is true in this transaction */
export async function sayLow(
  trx: TransactionClientContract,
  skus: string[],
  balances: Map<string, StockBalance>
) {
  if (skus.length === 0) return
  const low = skus.map((sku) => {
    const { onHand, reserved, lowStockAt } = balances.get(sku)!
    return { sku, onHand, reserved, available: onHand - reserved, lowStockAt: lowStockAt! }
  })
  await outbox.add(
    trx,
    low.map((said) => stockLow.about(said.sku, said))
  )
  await run(trx, insertCrossings, [
    low.map(() => uuidv7()),
    low.map(({ sku }) => sku),
    low.map(({ available }) => available),
    low.map(({ lowStockAt }) => lowStockAt),
  ])
}

const insertCrossings = {
  name: 'low_crossings_insert',
  text: /* sql */ `
    insert into low_crossings (id, sku, available, low_stock_at, at)
    select id, sku, available, low_at, now()
    from unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) as low(id, sku, available, low_at)`,
}
