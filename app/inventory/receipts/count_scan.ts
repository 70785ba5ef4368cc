import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { notFound } from '#http/problem'
import { run } from '#messaging/sql'
import { changeTally } from './change_tally.ts'
import { skusOf } from './find_code.ts'
import { beginReceipt, lockReceipt, openReceipt } from './open_receipt.ts'
import type { TypedCode } from './read_code.ts'

export interface Scan extends TypedCode {
  /** Of the sender's making: under the same key a scan counts once, whenever it is sent again. */
  key: string
}

/**
 * Adds a scan to the person's receipt. An unknown code is kept aside.
 *
 * @throws Problem 422 `invalid_fields` where it would be too many of one SKU
 */
export async function countScan(account: SignedIn, { key, code, quantity }: Scan) {
  await db.connection('inventory').transaction(async (trx) => {
    const { receipt, noted, sku } = await look(trx, account, key, code)
    if (noted) return
    const was = sku && (await changeTally(trx, receipt, sku, (before) => before + quantity))
    await run(trx, noteScan, [account.id, key, receipt.id, code, sku, quantity, was, false])
  })
}

/** All that a scan depends on, asked for in one write: it is read when the receipt is locked. */
async function look(trx: TransactionClientContract, account: SignedIn, key: string, code: string) {
  for (;;) {
    const [receipt, noted, skus] = await Promise.all([
      lockReceipt(trx, account),
      isNoted(trx, account, key),
      skusOf(trx, [code]),
    ])
    if (receipt) return { receipt, noted, sku: skus.get(code) ?? null }
    await beginReceipt(trx, account)
  }
}

export interface Correction {
  key: string
  sku: string
  /** Pieces, 0 to 1,000,000. */
  quantity: number
}

/**
 * Sets how many pieces of the SKU the person's receipt has.
 *
 * @throws Problem 404 for an unknown SKU
 */
export async function correctTally(account: SignedIn, { key, sku, quantity }: Correction) {
  await db.connection('inventory').transaction(async (trx) => {
    const receipt = await openReceipt(trx, account)
    if (await isNoted(trx, account, key)) return
    const item = await trx.from('stock_items').where({ sku }).first()
    if (!item) throw notFound('stock item')
    const was = await changeTally(trx, receipt, sku, () => quantity)
    await run(trx, noteScan, [account.id, key, receipt.id, sku, sku, quantity, was, true])
  })
}

const findNoted = {
  name: 'receipt_noted',
  text: /* sql */ `select from receipt_scans where account_id = $1 and key = $2`,
}

/** Read under the receipt's lock: of two that are sent at once the second finds the first. */
async function isNoted(trx: TransactionClientContract, { id }: SignedIn, key: string) {
  const noted = await run(trx, findNoted, [id, key])
  return noted.length > 0
}

const noteScan = {
  name: 'receipt_note',
  text: /* sql */ `
    insert into receipt_scans (account_id, key, import_id, code, sku, quantity, was, sets)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
}
