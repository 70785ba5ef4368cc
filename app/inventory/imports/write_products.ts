/*
 * What rows say of products, for hundreds at once: to each it does what `putProduct` does to one, but what a
 * row does not say stays as it is.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { productChanged, productListed } from '#contracts/inventory'
import { outbox } from '#messaging/outbox'
import { run } from '#messaging/sql'
import type { StockBalance } from '../stock_plan.ts'
import { becomesLow, sayLow } from '../low_stock/say_low.ts'

export interface ProductRow {
  sku: string
  name: string | null
  priceAmount: number | null
  priceCurrency: string | null
  lowStockAt: number | null
  barcode: string | null
  active: boolean | null
  /** It is a new product. */
  lists: boolean
  changesProduct: boolean
}

/** Barcode → SKU, of those that the rows give. */
export async function takenBarcodes(trx: TransactionClientContract, rows: ProductRow[]) {
  const barcodes = rows.flatMap(({ barcode }) => barcode ?? [])
  if (barcodes.length === 0) return new Map<string, string>()
  const taken = await run<{ barcode: string; sku: string }>(trx, findTaken, [barcodes])
  return new Map(taken.map(({ barcode, sku }) => [barcode, sku]))
}

const findTaken = {
  name: 'import_taken_barcodes',
  text: 'select barcode, sku from barcodes where barcode = any ($1::text[])',
}

/** SKU → version, of those products that the rows change; locked by `lockStock`. */
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
 * @param rows - what they list is not there yet
 * @param balances - as `lockStock` gave them for all rows; new products are added
 * @throws DatabaseError 23505 when somebody lists one of them, or gives a barcode away, at the same moment
 */
export async function writeProducts(
  trx: TransactionClientContract,
  rows: ProductRow[],
  balances: Map<string, StockBalance>
) {
  const written = rows.filter(({ lists, changesProduct }) => lists || changesProduct)
  if (written.length === 0) return
  const news = written.filter(({ lists }) => lists)
  const changed = written.filter(({ lists }) => !lists)
  const listed = await write(trx, insertProducts, news)
  const replaced = await write(trx, updateProducts, changed)
  await writeBarcodes(trx, written)
  for (const { sku, lowStockAt } of listed) {
    balances.set(sku, { onHand: 0, reserved: 0, lowStockAt, isLow: false })
  }
  for (const { sku, lowStockAt } of replaced) balances.get(sku)!.lowStockAt = lowStockAt
  await outbox.add(trx, [
    ...listed.map((item) => productListed.about(item.sku, said(item))),
    ...replaced.map((item) => productChanged.about(item.sku, said(item))),
  ])
}

interface Written extends Record<string, unknown> {
  sku: string
  name: string
  priceAmount: number
  priceCurrency: string
  active: boolean
  version: number
  lowStockAt: number | null
}

function said({ sku, name, priceAmount, priceCurrency, active, version }: Written) {
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
): Promise<Written[]> {
  if (rows.length === 0) return []
  return run<Written>(trx, statement, [
    rows.map(({ sku }) => sku),
    rows.map(({ name }) => name),
    rows.map(({ priceAmount }) => priceAmount),
    rows.map(({ priceCurrency }) => priceCurrency),
    rows.map(({ lowStockAt }) => lowStockAt),
    rows.map(({ active }) => active),
  ])
}

/** Added to those that a product has. Another's is refused before; here it would break the key. */
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
    where not exists (select from barcodes where barcodes.barcode = given.barcode and barcodes.sku = given.sku)
    order by given.barcode`,
}

/**
 * A new mark may be above what is available already. Where stock moves too, the ledger sees to it.
 *
 * @param skus - with a new mark, of which nothing has moved
 */
export async function updateLow(
  trx: TransactionClientContract,
  skus: string[],
  balances: Map<string, StockBalance>
) {
  if (skus.length === 0) return
  const nowLow = skus.filter((sku) => becomesLow(balances.get(sku)!))
  await run(trx, writeLow, [skus, skus.map((sku) => balances.get(sku)!.isLow)])
  await sayLow(trx, nowLow, balances)
}

const writeLow = {
  name: 'import_low',
  text: /* sql */ `
    update stock_items set is_low = given.is_low from unnest($1::text[], $2::bool[]) as given(sku, is_low)
    where stock_items.sku = given.sku and stock_items.is_low <> given.is_low`,
}
