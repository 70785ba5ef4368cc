import { BarcodeSchema, StockItemSchema } from '#database/inventory/schema'
import { column, hasMany } from '@adonisjs/lucid/orm'
import type { HasMany } from '@adonisjs/lucid/types/relations'

export class Barcode extends BarcodeSchema {
  static connection = 'inventory'
  static table = 'barcodes'
  static selfAssignPrimaryKey = true
}

export default class StockItem extends StockItemSchema {
  static connection = 'inventory'
  static table = 'stock_items'
  static selfAssignPrimaryKey = true

  @column()
  declare priceAmount: number

  @hasMany(() => Barcode, { foreignKey: 'sku', localKey: 'sku' })
  declare barcodes: HasMany<typeof Barcode>

  get price() {
    return { amount: this.priceAmount, currency: this.priceCurrency }
  }

  get available(): number {
    return this.onHand - this.reserved
  }

  /** The stock level that customers see. */
  get availability(): 'in' | 'low' | 'out' {
    if (this.available <= 0) return 'out'
    return this.lowStockAt !== null && this.available <= this.lowStockAt ? 'low' : 'in'
  }
}

/** @param text - in upper case */
export function isSku(text: string): boolean {
  return /^[A-Z0-9][A-Z0-9._-]{0,63}$/.test(text)
}
