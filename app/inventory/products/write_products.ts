/*
 * Lists and changes hundreds of products at once, for imports and receipts. A null field stays as it is.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { productChanged, productListed } from '#contracts/messages/inventory'
import { outbox } from '#messaging/outbox/outbox'
import { run } from '#postgres/run'
import type { LockedBalance } from '../ledger/balance.ts'
import { becomesLow, reportLowStock } from '../ledger/low_stock_events.ts'
import { gtinOf } from './gtin.ts'

/** Barcodes per product. */
export const MOST_BARCODES = 10

export interface ProductRow {
  sku: string
  name: string | null
  /** In minor units. */
  priceAmount: number | null
  priceCurrency: string | null
  lowStockAt: number | null
  barcode: string | null
  active: boolean | null
  /** The row lists a new product. */
  lists: boolean
  changesProduct: boolean
}

/** Finds which of these barcodes already belong to a product. @returns GTIN-14 → barcode and SKU */
export async function takenBarcodes(
  trx: TransactionClientContract,
  rows: Pick<ProductRow, 'barcode'>[]
) {
  const gtins = rows.flatMap(({ barcode }) => (barcode === null ? [] : gtinOf(barcode)))
  if (gtins.length === 0) return new Map<string, { barcode: string; sku: string }>()
  const taken = await run<{ gtin: string; barcode: string; sku: string }>(trx, findTaken, [gtins])
  return new Map(taken.map(({ gtin, barcode, sku }) => [gtin, { barcode, sku }]))
}

const findTaken = {
  name: 'import_taken_barcodes',
  text: 'select gtin, barcode, sku from barcodes where gtin = any ($1::text[])',
}

/** The versions of the products that the rows change. Lock them with `lockStock` first. */
export async function productVersions(trx: TransactionClientContract, rows: ProductRow[]) {
  const skus = rows.filter(({ changesProduct }) => changesProduct).map(({ sku }) => sku)
  if (skus.length === 0) return new Map<string, number>()
  const found = await run<{ sku: string; version: number }>(trx, findVersions, [skus])
  return new Map(found.map(({ sku, version }) => [sku, version]))
}

const findVersions = {
  name: 'import_product_versions',
  text: 'select sku, version from stock_items where sku = any ($1::text[])',
}

/**
 * Writes the products and their barcodes, and publishes them.
 *
 * @param rows - the products that they list do not exist yet
 * @param balances - from `lockStock` for all rows; the function adds new products
 * @throws DatabaseError 23505 when a concurrent transaction lists a product or uses a barcode
 */
export async function writeProducts(
  trx: TransactionClientContract,
  rows: ProductRow[],
  balances: Map<string, LockedBalance>
) {
  const written = rows.filter(({ lists, changesProduct }) => lists || changesProduct)
  if (written.length === 0) return
  const added = written.filter(({ lists }) => lists)
  const changed = written.filter(({ lists }) => !lists)
  const listed = await write(trx, insertProducts, added)
  const replaced = await write(trx, updateProducts, changed)
  await writeBarcodes(trx, written)
  for (const { sku, lowStockAt } of listed) {
    balances.set(sku, { onHand: 0, reserved: 0, lowStockAt, isLow: false, lastMovementId: null })
  }
  for (const { sku, lowStockAt } of replaced) balances.get(sku)!.lowStockAt = lowStockAt
  await outbox.add(trx, [
    ...listed.map((item) => productListed.about(item.sku, published(item))),
    ...replaced.map((item) => productChanged.about(item.sku, published(item))),
  ])
}

/** A product as the database has it. */
export interface StoredProduct extends Record<string, unknown> {
  sku: string
  name: string
  priceAmount: number
  priceCurrency: string
  active: boolean
  version: number
  lowStockAt: number | null
}

function published({ sku, name, priceAmount, priceCurrency, active, version }: StoredProduct) {
  return { sku, name, price: { amount: priceAmount, currency: priceCurrency }, active, version }
}

const GIVEN = /* sql */ `
  unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::bool[])
    as given(sku, name, price_amount, price_currency, low_stock_at, active)`

const RETURNING = /* sql */ `
  returning stock_items.sku, stock_items.name, stock_items.price_amount as "priceAmount",
    stock_items.price_currency as "priceCurrency", stock_items.active, stock_items.version,
    stock_items.low_stock_at as "lowStockAt"`

const insertProducts = {
  name: 'import_list_products',
  text: /* sql */ `
    insert into stock_items (sku, name, price_amount, price_currency, low_stock_at, active)
    select sku, name, price_amount, price_currency, low_stock_at, coalesce(active, true) from ${GIVEN} ${RETURNING}`,
}

const updateProducts = {
  name: 'import_change_products',
  text: /* sql */ `
    update stock_items set name = coalesce(given.name, stock_items.name),
      price_amount = coalesce(given.price_amount, stock_items.price_amount),
      price_currency = coalesce(given.price_currency, stock_items.price_currency),
      low_stock_at = coalesce(given.low_stock_at, stock_items.low_stock_at),
      active = coalesce(given.active, stock_items.active), version = version + 1, updated_at = now()
    from ${GIVEN} where stock_items.sku = given.sku ${RETURNING}`,
}

async function write(
  trx: TransactionClientContract,
  statement: { name: string; text: string },
  rows: ProductRow[]
): Promise<StoredProduct[]> {
  if (rows.length === 0) return []
  return run<StoredProduct>(trx, statement, [
    rows.map(({ sku }) => sku),
    rows.map(({ name }) => name),
    rows.map(({ priceAmount }) => priceAmount),
    rows.map(({ priceCurrency }) => priceCurrency),
    rows.map(({ lowStockAt }) => lowStockAt),
    rows.map(({ active }) => active),
  ])
}

/** Adds barcodes. Callers reject those of other products; here they would violate the key. */
async function writeBarcodes(trx: TransactionClientContract, rows: ProductRow[]) {
  const given = rows.filter(({ barcode }) => barcode !== null)
  if (given.length === 0) return
  await run(trx, addBarcodes, [given.map(({ barcode }) => barcode), given.map(({ sku }) => sku)])
}

const addBarcodes = {
  name: 'import_add_barcodes',
  text: /* sql */ `
    insert into barcodes (barcode, sku)
    select given.barcode, given.sku from unnest($1::text[], $2::text[]) as given(barcode, sku)
    where not exists (
      select from barcodes where barcodes.gtin = lpad(given.barcode, 14, '0') and barcodes.sku = given.sku)
    order by lpad(given.barcode, 14, '0')`,
}

/**
 * Reports products that are low because their low-stock mark was raised. Where stock moves too,
 * `writeLedger` reports them.
 *
 * @param skus - with a new mark, and without a movement in this transaction
 */
export async function updateLowStock(
  trx: TransactionClientContract,
  skus: string[],
  balances: Map<string, LockedBalance>
) {
  if (skus.length === 0) return
  const nowLow = skus.filter((sku) => becomesLow(balances.get(sku)!))
  await run(trx, writeLow, [skus, skus.map((sku) => balances.get(sku)!.isLow)])
  await reportLowStock(trx, nowLow, balances)
}

const writeLow = {
  name: 'import_low',
  text: /* sql */ `
    update stock_items set is_low = given.is_low from unnest($1::text[], $2::bool[]) as given(sku, is_low)
    where stock_items.sku = given.sku and stock_items.is_low <> given.is_low`,
}
