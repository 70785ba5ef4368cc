import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { run, runInOrder } from '#postgres/run'
import { changeQuantity } from './change_quantity.ts'
import { findSkus } from './find_code.ts'
import { beginReceipt, lockReceipt, type Receipt } from './lock_receipt.ts'
import { scannedAfterTimes, type TypedCode } from './read_code.ts'

export interface Scan extends TypedCode {
  /** The sender's key: scans with the same key count once. */
  key: string
}

/**
 * Adds a scan to the person's receipt. A scan of an unknown code is recorded but not counted.
 *
 * @throws Problem 422 `invalid_fields` for too many units of one SKU, or for two scans in one
 */
export async function countScan(account: SignedIn, scan: Scan) {
  const { key, code, quantity } = scan
  await db.connection('inventory').transaction(async (trx) => {
    const { receipt, recorded, sku } = await findScan(trx, account, scan)
    if (recorded) return
    const was = sku && (await changeQuantity(trx, receipt, sku, (before) => before + quantity))
    await run(trx, recordScan, [account.id, key, receipt.id, code, sku, quantity, was, false])
  })
}

/** Pipelines the reads that a scan depends on behind the lock of the receipt. */
async function findScan(trx: TransactionClientContract, account: SignedIn, scan: Scan) {
  const { key, code, perhapsScanned } = scan
  for (;;) {
    const [[[receipt], records], skus] = await Promise.all([
      runInOrder<[Receipt, object]>(
        trx,
        [lockReceipt, [account.id]],
        [findRecorded, [account.id, key]]
      ),
      findSkus(trx, perhapsScanned ? [code, perhapsScanned] : [code]),
    ])
    const recorded = records.length > 0
    if (perhapsScanned && !recorded && skus.has(perhapsScanned)) {
      throw scannedAfterTimes(code, perhapsScanned)
    }
    if (receipt) return { receipt, recorded, sku: skus.get(code) ?? null }
    await beginReceipt(trx, account)
  }
}

export const findRecorded = {
  name: 'receipt_find_recorded',
  text: /* sql */ `select from receipt_scans where account_id = $1 and key = $2`,
}

export const recordScan = {
  name: 'receipt_record_scan',
  text: /* sql */ `
    insert into receipt_scans (account_id, key, import_id, code, sku, quantity, was, sets)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
}
