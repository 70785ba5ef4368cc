import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound } from '#http/problem'
import type StockItem from '../stock/stock_item.ts'
import { productMoved } from './exceptions.ts'
import { lockProduct, saveProduct, type ProductFields } from './save_product.ts'

/** A missing field stays as it is; null clears one. */
export type ProductPatch = Omit<ProductFields, 'barcodes'> & { barcodes?: string[] | null }

/**
 * Changes the given fields. A patch without fields changes nothing.
 *
 * @param expected - the version that the caller read, in a list of several; null for any
 * @throws Problem 404 · 412 `version_moved` · 409 `barcode_taken`
 */
export async function patchProduct(
  trx: TransactionClientContract,
  sku: string,
  patch: ProductPatch,
  expected: readonly number[] | null
): Promise<StockItem> {
  const item = await lockProduct(trx, sku)
  if (!item) throw notFound('product')
  if (expected && !expected.includes(item.version)) throw productMoved(item.version)
  const fields = { ...patch, allowCheckDigit: undefined }
  if (Object.values(fields).every((value) => value === undefined)) {
    await item.load('barcodes')
    return item
  }
  const barcodes = patch.barcodes === null ? [] : patch.barcodes
  await saveProduct(trx, item, { ...patch, barcodes }, false)
  return item
}
