import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable } from '#http/problem'
import { run } from '#postgres/run'
import { MOST_AT_ONCE } from '../ledger/balance.ts'
import type { Receipt } from './lock_receipt.ts'

const removeLine = {
  name: 'receipt_remove_line',
  text: /* sql */ `
    delete from stock_import_rows where import_id = $1 and sku = $2 returning received`,
}

// The SKU that was scanned last has the highest row number.
const insertLine = {
  name: 'receipt_insert_line',
  text: /* sql */ `
    insert into stock_import_rows (import_id, row, sku, received, state)
    select $1, coalesce(max(row), 0) + 1, $2, $3, 'pending' from stock_import_rows where import_id = $1`,
}

const writeTotals = {
  name: 'receipt_totals',
  text: /* sql */ `update stock_imports set counts = $2, version = version + 1 where id = $1`,
}

/**
 * Changes the scanned quantity of an SKU in a locked receipt. At 0 the SKU leaves the receipt.
 *
 * @param change - from the current quantity to the new one
 * @returns the quantity before the change
 * @throws Problem 422 `invalid_fields` above 1,000,000
 */
export async function changeQuantity(
  trx: TransactionClientContract,
  { id, counts }: Receipt,
  sku: string,
  change: (before: number) => number
): Promise<number> {
  const [line] = await run<{ received: number }>(trx, removeLine, [id, sku])
  const before = line?.received ?? 0
  const after = change(before)
  if (after > MOST_AT_ONCE) throw tooMany(sku, before)
  const skus = counts.rows + Number(after > 0) - Number(before > 0)
  const totals = { ...counts, rows: skus, changes: skus, up: counts.up + after - before }
  await Promise.all([
    after > 0 && run(trx, insertLine, [id, sku, after]),
    run(trx, writeTotals, [id, JSON.stringify(totals)]),
  ])
  return before
}

function tooMany(sku: string, before: number) {
  const detail = `A receipt can have at most 1,000,000 units of one SKU. This one already has ${before.toLocaleString('en')} of ${sku}, so nothing was added.`
  return unprocessable('invalid_fields', detail, [{ pointer: '/quantity', code: 'max', detail }])
}
