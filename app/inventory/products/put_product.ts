import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type StockItem from '../stock/stock_item.ts'
import { productExists, productMoved, skuTaken, versionRequired } from './exceptions.ts'
import { lockProduct, saveProduct, type ProductFields } from './save_product.ts'

/** All fields of a product; an optional field that is missing gets its default. */
export type Product = ProductFields & Required<Pick<ProductFields, 'name' | 'price'>>

/**
 * The state that the caller expects: a version, or one of several; `*` an existing product of any version; `none` no
 * product; `new` no product either, for the form of the admin page. With null the product is listed
 * if it is new, and an existing one is not replaced.
 */
export type Expected = number | readonly number[] | '*' | 'none' | 'new' | null

/**
 * Lists a product, or replaces all of its fields. Balances do not change.
 *
 * @param trx - the caller's transaction; without it the function opens one
 * @throws Problem 412 `version_moved` · 428 `if_match_required` · 409 `barcode_taken`, `sku_taken`
 */
export async function putProduct(
  sku: string,
  product: Product,
  expected: Expected,
  trx?: TransactionClientContract
): Promise<{ item: StockItem; created: boolean }> {
  if (!trx) {
    const inventory = db.connection('inventory')
    return inventory.transaction((own) => putProduct(sku, product, expected, own))
  }
  const lists = expected === null || expected === 'none' || expected === 'new'
  const created = lists && (await insertNew(trx, sku, product))
  const item = await lockProduct(trx, sku)
  if (item && !created) assertExpected(item, expected)
  if (!item) throw productMoved(undefined)
  const defaults = { active: true, lowStockAt: null, barcodes: [] }
  await saveProduct(trx, item, { ...defaults, ...withoutUndefined(product) }, created)
  return { item, created }
}

/** Validators set optional fields that are missing to undefined, which would hide the defaults. */
function withoutUndefined(product: Product) {
  return Object.fromEntries(
    Object.entries(product).filter(([, value]) => value !== undefined)
  ) as Product
}

async function insertNew(trx: TransactionClientContract, sku: string, { name, price }: Product) {
  const { rowCount } = await trx.rawQuery<{ rowCount: number }>(
    `insert into stock_items (sku, name, price_amount, price_currency) values (?, ?, ?, ?)
     on conflict (sku) do nothing`,
    [sku, name, price.amount, price.currency]
  )
  return rowCount === 1
}

function assertExpected({ sku, version }: StockItem, expected: Expected) {
  if (expected === null) throw versionRequired(sku, version)
  if (expected === 'none') throw productExists(sku, version)
  if (expected === 'new') throw skuTaken(sku)
  if (expected !== '*' && ![expected].flat().includes(version)) throw productMoved(version)
}
