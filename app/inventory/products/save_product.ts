/*
 * Writes a product and its barcodes, and publishes it: the common part of `putProduct` and
 * `patchProduct`.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import { productChanged, productListed } from '#contracts/messages/inventory'
import { outbox } from '#messaging/outbox/outbox'
import { becomesLow, reportLowStock } from '../ledger/low_stock_events.ts'
import StockItem, { Barcode } from '../stock/stock_item.ts'
import { barcodeTaken, wrongCheckDigit } from './exceptions.ts'
import { gtinOf, hasCheckDigit } from './gtin.ts'

/** Fields of a product; a missing field stays as it is. */
export interface ProductFields {
  name?: string
  /** Minor units. */
  price?: { amount: number; currency: string }
  active?: boolean
  lowStockAt?: number | null
  /** Replaces all barcodes. */
  barcodes?: string[]
  /** Accepts new barcodes with a wrong check digit. */
  allowCheckDigit?: boolean
}

/** Locks the product for the transaction. @returns null when there is none */
export async function lockProduct(
  trx: TransactionClientContract,
  sku: string
): Promise<StockItem | null> {
  return StockItem.query({ client: trx }).where('sku', sku).forUpdate().first()
}

/**
 * Writes the given fields and publishes the product.
 *
 * @param item - locked; its barcodes are loaded when the function returns
 * @param created - whether this transaction listed the product; otherwise the version is incremented
 * @throws Problem 409 `barcode_taken` · 422 `invalid_fields` for a wrong check digit
 */
export async function saveProduct(
  trx: TransactionClientContract,
  item: StockItem,
  { name, price, active, lowStockAt, barcodes, allowCheckDigit = false }: ProductFields,
  created: boolean
) {
  if (!created) item.version++
  if (name !== undefined) item.name = name
  if (price !== undefined) item.priceAmount = price.amount
  if (price !== undefined) item.priceCurrency = price.currency
  if (active !== undefined) item.active = active
  if (lowStockAt !== undefined) item.lowStockAt = lowStockAt
  item.updatedAt = DateTime.utc()
  const { onHand, reserved, isLow, sku } = item
  const balance = { onHand, reserved, lowStockAt: item.lowStockAt, isLow }
  const nowLow = becomesLow(balance)
  item.isLow = balance.isLow
  await item.save()
  if (barcodes !== undefined) await replaceBarcodes(trx, sku, barcodes, allowCheckDigit)
  await item.load('barcodes')
  const event = created ? productListed : productChanged
  await outbox.add(trx, [event.about(sku, publishedProduct(item))])
  if (nowLow) await reportLowStock(trx, [sku], new Map([[sku, balance]]))
}

/** The data of `product_listed` and `product_changed`. */
export function publishedProduct({ sku, name, price, active, version }: StockItem) {
  return { sku, name, price, active, version }
}

/** Stores each code once, in the form in which it was sent. */
async function replaceBarcodes(
  trx: TransactionClientContract,
  sku: string,
  given: string[],
  allowCheckDigit: boolean
) {
  const byGtin = new Map(given.toReversed().map((barcode) => [gtinOf(barcode), barcode]))
  const previous = await Barcode.query({ client: trx }).where('sku', sku).delete().returning('gtin')
  if (!allowCheckDigit) rejectWrongDigit(given, new Set(previous.map(({ gtin }) => gtin)))
  const barcodes = [...byGtin.values()].sort()
  // The insert waits for a concurrent transaction with the same barcode, then skips that barcode.
  await trx.rawQuery(
    'insert into barcodes (barcode, sku) select unnest(?::text[]), ? on conflict do nothing',
    [barcodes, sku]
  )
  const taken = await Barcode.query({ client: trx })
    .whereIn('gtin', [...byGtin.keys()])
    .whereNot('sku', sku)
    .first()
  if (taken) {
    const index = given.findIndex((barcode) => gtinOf(barcode) === taken.gtin)
    throw barcodeTaken(given[index], taken, index)
  }
  await trx.from('barcode_clashes').where({ sku }).delete()
}

/** @param previous - codes that the product had: they were allowed before */
function rejectWrongDigit(given: string[], previous: Set<string>) {
  const index = given.findIndex((code) => !hasCheckDigit(code) && !previous.has(gtinOf(code)))
  if (index !== -1) throw wrongCheckDigit(given[index], index)
}
