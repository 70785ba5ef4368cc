/*
 * Scanned codes that match no product yet. They belong to the person, not to a receipt: they remain when a
 * receipt is applied.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { notFound } from '#http/problem'
import { run } from '#postgres/run'
import { lockStock } from '../ledger/ledger.ts'
import { barcodeTaken } from '../products/exceptions.ts'
import { gtinOf, hasCheckDigit, isBarcode } from '../products/gtin.ts'
import { similarSkus } from '../products/similar_skus.ts'
import { MOST_BARCODES, takenBarcodes, writeProducts } from '../products/write_products.ts'
import { changeQuantity } from './change_quantity.ts'
import { findSkus } from './find_code.ts'
import { lockOrBeginReceipt } from './lock_receipt.ts'

const MOST_SHOWN = 50

export interface UnknownCode {
  code: string
  scans: number
  units: number
  last: Date
  /** The product that has the code now: it was listed, or got the barcode, after the scan. */
  sku: string | null
  /** An existing SKU that resembles the code. */
  similar: string | null
}

const listUnknown = {
  name: 'receipt_unknown',
  text: /* sql */ `
    select code, count(*) as scans, sum(quantity) as units, max(at) as last from receipt_scans
    where account_id = $1 and sku is null and not forgotten group by code order by last desc limit ${MOST_SHOWN}`,
}

/** The codes that the person scanned last first. */
export async function unknownCodes({ id }: SignedIn): Promise<UnknownCode[]> {
  const client = db.connection('inventory')
  const rows = await run<Pick<UnknownCode, 'code' | 'scans' | 'units' | 'last'>>(
    client,
    listUnknown,
    [id]
  )
  const codes = rows.map(({ code }) => code)
  const [skus, similar] = await Promise.all([
    findSkus(client, codes),
    similarSkus(
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
  /** Units added to the receipt; 0 when the scans were already counted. */
  units: number
  /** Whether the code is now a barcode of the product. */
  attached: boolean
}

/**
 * Identifies a code as a product: adds it to the product's barcodes, if it can be a barcode, and counts
 * the scans of it.
 *
 * @throws Problem 404 · 409 `barcode_taken` · 422 `invalid_fields` for too many units of one SKU
 */
export async function identifyCode(
  account: SignedIn,
  code: string,
  sku: string
): Promise<Identified> {
  return db.connection('inventory').transaction(async (trx) => {
    const receipt = await lockOrBeginReceipt(trx, account)
    const scans = await run<{ quantity: number }>(trx, identifyScans, [
      ...[account.id, code, sku, receipt.id],
    ])
    const units = scans.reduce((sum, { quantity }) => sum + quantity, 0)
    const attached = await attach(trx, code, sku)
    if (units > 0) await changeQuantity(trx, receipt, sku, (before) => before + units)
    return { units, attached }
  })
}

const identifyScans = {
  name: 'receipt_identify_scans',
  text: /* sql */ `
    update receipt_scans set sku = $3, import_id = $4
    where account_id = $1 and code = $2 and sku is null and not forgotten returning quantity`,
}

async function attach(trx: TransactionClientContract, code: string, sku: string) {
  const balances = await lockStock(trx, [sku])
  if (!balances.has(sku)) throw notFound('stock item')
  if (!isBarcode(code) || !hasCheckDigit(code)) return false
  const row = {
    ...{ sku, name: null, priceAmount: null, priceCurrency: null, lowStockAt: null },
    ...{ barcode: code, active: null, lists: false, changesProduct: true },
  }
  const taken = await takenBarcodes(trx, [row])
  const owner = taken.get(gtinOf(code))
  if (owner) {
    if (owner.sku !== sku) throw barcodeTaken(code, owner, 0)
    return true
  }
  const [{ count }] = await trx.from('barcodes').where({ sku }).count('* as count')
  if (count >= MOST_BARCODES) return false
  await writeProducts(trx, [row], balances)
  return true
}

/** Forgets the scans of a code. @returns the number of units scanned */
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
