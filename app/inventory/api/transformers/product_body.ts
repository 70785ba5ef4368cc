import type { Role } from '#contracts/actor'
import type StockItem from '../../stock/stock_item.ts'

/** A product as the catalogue shows it. Staff and services also see the stock and the barcodes. */
export function productBody(item: StockItem, reader: Role | null) {
  const publicBody = {
    sku: item.sku,
    name: item.name,
    price: item.price,
    availability: item.availability,
    active: item.active,
    version: item.version,
  }
  if (reader === null || reader === 'customer') return publicBody
  return {
    ...publicBody,
    available: item.available,
    lowStockAt: item.lowStockAt,
    barcodes: item.barcodes.map(({ barcode }) => barcode).sort(),
  }
}

/** The balance of an SKU as the API shows it. */
export function stockBody(item: StockItem) {
  const { sku, name, onHand, reserved, available, lowStockAt, version } = item
  return { sku, name, onHand, reserved, available, lowStockAt, version }
}
