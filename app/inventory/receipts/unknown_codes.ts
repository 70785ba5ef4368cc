/*
 * Codes that were scanned and mean nothing to us yet. They belong to the person, not to a receipt: applying
 * it leaves them.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { notFound } from '#http/problem'
import { run } from '#messaging/sql'
import { barcodeTaken } from '../exceptions.ts'
import { similarTo } from '../imports/facts.ts'
import { takenBarcodes, writeProducts } from '../imports/write_products.ts'
import { lockStock } from '../ledger.ts'
import { asEan13 } from '../put_product.ts'
import { changeTally } from './change_tally.ts'
import { isBarcode, skusOf } from './find_code.ts'
import { openReceipt } from './open_receipt.ts'

const MOST_BARCODES = 10
/** Shown at a time. */
const MOST_SHOWN = 50

export interface UnknownCode {
  code: string
  scans: number
  pieces: number
  last: Date
  /** Whose it is by now, since somebody has listed the product or given it the barcode. */
  sku: string | null
  /** A SKU that it may have been meant for. */
  similar: string | null
}

const listUnknown = {
  name: 'receipt_unknown',
  text: /* sql */ `
    select code, count(*) as scans, sum(quantity) as pieces, max(at) as last from receipt_scans
    where account_id = $1 and sku is null and not forgotten group by code order by last desc limit ${MOST_SHOWN}`,
}

/** What was scanned last, first. */
export async function unknownCodes({ id }: SignedIn): Promise<UnknownCode[]> {
  const client = db.connection('inventory')
  const rows = await run<Pick<UnknownCode, 'code' | 'scans' | 'pieces' | 'last'>>(
    client,
    listUnknown,
    [id]
  )
  const codes = rows.map(({ code }) => code)
  const [skus, similar] = await Promise.all([
    skusOf(client, codes),
    similarTo(
      client,
      codes.map((code) => code.toUpperCase())
    ),
  ])
  return rows.map((row) => ({
    ...row,
    sku: skus.get(row.code) ?? null,
    similar: similar.get(row.code.toUpperCase()) ?? null,
  }))
}

export interface Identified {
  /** Counted in the receipt; 0 where somebody was quicker. */
  pieces: number
  /** Whether the code is a barcode of the product now. */
  attached: boolean
}

/**
 * "This is …": the code becomes a barcode of the product, if it can be one, and what was scanned of it is
 * counted.
 *
 * @throws Problem 404 · 409 `barcode_taken` · 422 `invalid_fields` where it would be too many of one SKU
 */
export async function identifyCode(
  account: SignedIn,
  code: string,
  sku: string
): Promise<Identified> {
  return db.connection('inventory').transaction(async (trx) => {
    const receipt = await openReceipt(trx, account)
    const scans = await run<{ quantity: number }>(trx, nameScans, [
      ...[account.id, code, sku, receipt.id],
    ])
    const pieces = scans.reduce((sum, { quantity }) => sum + quantity, 0)
    const attached = await attach(trx, code, sku)
    if (pieces > 0) await changeTally(trx, receipt, sku, (was) => was + pieces)
    return { pieces, attached }
  })
}

const nameScans = {
  name: 'receipt_name_scans',
  text: /* sql */ `
    update receipt_scans set sku = $3, import_id = $4
    where account_id = $1 and code = $2 and sku is null and not forgotten returning quantity`,
}

async function attach(trx: TransactionClientContract, code: string, sku: string) {
  const balances = await lockStock(trx, [sku])
  if (!balances.has(sku)) throw notFound('stock item')
  if (!isBarcode(code)) return false
  const barcode = asEan13(code)
  const row = {
    ...{ sku, name: null, priceAmount: null, priceCurrency: null, lowStockAt: null },
    ...{ barcode, active: null, lists: false, changesProduct: true },
  }
  const taken = await takenBarcodes(trx, [row])
  const owner = taken.get(barcode)
  if (owner) {
    if (owner !== sku) throw barcodeTaken(barcode, owner, 0)
    return true
  }
  const [{ count }] = await trx.from('barcodes').where({ sku }).count('* as count')
  if (count >= MOST_BARCODES) return false
  await writeProducts(trx, [row], balances)
  return true
}

/** @returns how many pieces of it were scanned */
export async function forgetCode({ id }: SignedIn, code: string): Promise<number> {
  const rows = await run<{ quantity: number }>(db.connection('inventory'), forgetScans, [id, code])
  return rows.reduce((sum, { quantity }) => sum + quantity, 0)
}

const forgetScans = {
  name: 'receipt_forget',
  text: /* sql */ `
    update receipt_scans set forgotten = true
    where account_id = $1 and code = $2 and sku is null and not forgotten returning quantity`,
}
