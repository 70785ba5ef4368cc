import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { notFound } from '#http/problem'
import { run } from '#postgres/run'
import { changeQuantity } from './change_quantity.ts'
import { findRecorded, recordScan } from './count_scan.ts'
import { lockOrBeginReceipt } from './lock_receipt.ts'

export interface Correction {
  key: string
  sku: string
  /** Units, 0 to 1,000,000. */
  quantity: number
}

/**
 * Sets the quantity of an SKU in the person's receipt.
 *
 * @throws Problem 404 for an unknown SKU
 */
export async function correctQuantity(account: SignedIn, { key, sku, quantity }: Correction) {
  await db.connection('inventory').transaction(async (trx) => {
    const receipt = await lockOrBeginReceipt(trx, account)
    if (await isRecorded(trx, account, key)) return
    const item = await trx.from('stock_items').where({ sku }).first()
    if (!item) throw notFound('stock item')
    const was = await changeQuantity(trx, receipt, sku, () => quantity)
    await run(trx, recordScan, [account.id, key, receipt.id, sku, sku, quantity, was, true])
  })
}

/** Read under the receipt's lock, so that the second of two concurrent scans finds the first. */
async function isRecorded(trx: TransactionClientContract, { id }: SignedIn, key: string) {
  const recorded = await run(trx, findRecorded, [id, key])
  return recorded.length > 0
}
