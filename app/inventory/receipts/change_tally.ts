import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable } from '#http/problem'
import { run } from '#messaging/sql'
import type { Receipt } from './open_receipt.ts'

/** Pieces of one SKU, as in any other change. */
const MOST = 1_000_000

const takeRow = {
  name: 'receipt_take_row',
  text: /* sql */ `
    delete from stock_import_rows where import_id = $1 and sku = $2 returning received`,
}

// What was scanned last has the highest row.
const putRow = {
  name: 'receipt_put_row',
  text: /* sql */ `
    insert into stock_import_rows (import_id, row, sku, received, state)
    select $1, coalesce(max(row), 0) + 1, $2, $3, 'pending' from stock_import_rows where import_id = $1`,
}

const writeTotals = {
  name: 'receipt_totals',
  text: /* sql */ `update stock_imports set counts = $2, version = version + 1 where id = $1`,
}

/**
 * Changes how many pieces of the SKU a locked receipt has.
 *
 * @param change - from how many, to how many; without any the SKU leaves the tally
 * @returns how many there were
 * @throws Problem 422 `invalid_fields` above 1,000,000
 */
export async function changeTally(
  trx: TransactionClientContract,
  { id, counts }: Receipt,
  sku: string,
  change: (was: number) => number
): Promise<number> {
  const [row] = await run<{ received: number }>(trx, takeRow, [id, sku])
  const was = row?.received ?? 0
  const now = change(was)
  if (now > MOST) throw tooMany(sku, was)
  const skus = counts.rows + Number(now > 0) - Number(was > 0)
  const totals = { ...counts, rows: skus, changes: skus, up: counts.up + now - was }
  await Promise.all([
    now > 0 && run(trx, putRow, [id, sku, now]),
    run(trx, writeTotals, [id, JSON.stringify(totals)]),
  ])
  return was
}

function tooMany(sku: string, was: number) {
  const detail = `A receipt takes up to 1000000 pieces of one SKU, and has ${was} of ${sku}. Nothing was added.`
  return unprocessable('invalid_fields', detail, [{ pointer: '/quantity', code: 'max', detail }])
}
