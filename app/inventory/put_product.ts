import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import { DateTime } from 'luxon'
import { productChanged, productListed } from '#contracts/inventory'
import { outbox } from '#messaging/outbox'
import { barcodeTaken, productMoved, skuTaken } from './exceptions.ts'
import { becomesLow, sayLow } from './low_stock/say_low.ts'
import StockItem, { Barcode } from './models/stock_item.ts'
import type { productValidator } from './validators/stock.ts'

export type Product = Infer<typeof productValidator>

/**
 * Lists a product, or replaces what is said of it: an optional field left out returns to its default.
 * Balances are not touched.
 *
 * @param expected - the version that the caller has seen, `*` for any that there is; null to list it too,
 *   `new` to list it and nothing else
 * @param trx - to be part of; one of its own without
 * @throws Problem 412 `version_moved` · 409 `barcode_taken`, `sku_taken`
 */
export async function putProduct(
  sku: string,
  product: Product,
  expected: number | '*' | 'new' | null,
  trx?: TransactionClientContract
): Promise<{ item: StockItem; created: boolean }> {
  if (!trx) {
    const inventory = db.connection('inventory')
    return inventory.transaction((own) => putProduct(sku, product, expected, own))
  }
  const lists = expected === null || expected === 'new'
  const created = lists && (await insertNew(trx, sku, product))
  if (expected === 'new' && !created) throw skuTaken(sku)
  const item = await StockItem.query({ client: trx }).where('sku', sku).forUpdate().first()
  const asSeen = typeof expected !== 'number' || item?.version === expected
  if (!item || !asSeen) throw productMoved(item?.version)
  if (!created) item.version++
  item.merge({
    name: product.name,
    priceAmount: product.price.amount,
    priceCurrency: product.price.currency,
    active: product.active ?? true,
    lowStockAt: product.lowStockAt ?? null,
    updatedAt: DateTime.utc(),
  })
  const { onHand, reserved, lowStockAt, isLow } = item
  const balance = { onHand, reserved, lowStockAt, isLow }
  const nowLow = becomesLow(balance)
  item.isLow = balance.isLow
  await item.save()
  await replaceBarcodes(trx, sku, product.barcodes ?? [])
  await item.load('barcodes')
  const says = created ? productListed : productChanged
  await outbox.add(trx, [says.about(sku, listing(item))])
  if (nowLow) await sayLow(trx, [sku], new Map([[sku, balance]]))
  return { item, created }
}

/** What inventory publishes of a product. */
export function listing(item: StockItem) {
  const { sku, name, active, version } = item
  const price = { amount: Number(item.priceAmount), currency: item.priceCurrency }
  return { sku, name, price, active, version }
}

async function insertNew(trx: TransactionClientContract, sku: string, { name, price }: Product) {
  const { rowCount } = await trx.rawQuery<{ rowCount: number }>(
    `insert into stock_items (sku, name, price_amount, price_currency) values (?, ?, ?, ?)
     on conflict (sku) do nothing`,
    [sku, name, price.amount, price.currency]
  )
  return rowCount === 1
}

async function replaceBarcodes(trx: TransactionClientContract, sku: string, given: string[]) {
  const normalised = given.map(asEan13)
  const barcodes = [...new Set(normalised)].sort()
  await Barcode.query({ client: trx }).where('sku', sku).delete()
  // An insert waits for whoever is giving the same barcode away at this moment, and then yields.
  await trx.rawQuery(
    'insert into barcodes (barcode, sku) select unnest(?::text[]), ? on conflict do nothing',
    [barcodes, sku]
  )
  const taken = await Barcode.query({ client: trx })
    .whereIn('barcode', barcodes)
    .whereNot('sku', sku)
    .first()
  if (taken) throw barcodeTaken(taken.barcode, taken.sku, normalised.indexOf(taken.barcode))
}

/** A UPC-A of 12 digits is the EAN-13 with a 0 before it. */
export function asEan13(barcode: string) {
  return barcode.length === 12 ? `0${barcode}` : barcode
}
