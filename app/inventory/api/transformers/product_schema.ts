/*
 * The API schemas of products and balances, with examples.
 */
import {
  object,
  flag,
  list,
  oneOf,
  orNull,
  ref,
  text,
  whole,
  type Schema,
} from '#http/openapi/schema'
import type { Holding } from '../../stock/find_stock.ts'
import type { productBody, stockBody } from './product_body.ts'

type Product = ReturnType<typeof productBody>
type StaffProduct = Extract<Product, { available: number }>

const product: Record<keyof Product, Schema> = {
  sku: text('The key, in upper case.'),
  name: text(),
  price: ref('Money'),
  availability: oneOf(
    ['in', 'low', 'out'],
    '`out`: none available; `low`: at most `lowStockAt` available; `in`: more.'
  ),
  active: flag('Whether the product is for sale.'),
  version: whole('The version in the ETag.', 1),
}

const lowStockAt = orNull(
  whole('The stock is low when at most this many units are available; null: never.', 0)
)

export const stockSchemas: Record<string, Schema> = {
  Product: object<Product>(product),
  StaffProduct: {
    ...object<StaffProduct>({
      ...product,
      available: whole('Units that can be ordered.', 0),
      lowStockAt,
      barcodes: list(text()),
    }),
    description: 'A product as staff and services see it.',
  },
  StockItem: object<ReturnType<typeof stockBody>>({
    sku: text(),
    name: text(),
    onHand: whole('Units on the shelf.', 0),
    reserved: whole('Units on hand that orders hold.', 0),
    available: whole('Units on hand that no order holds.', 0),
    lowStockAt,
    version: whole('The version of the product in the ETag; balances do not change it.', 1),
  }),
  Holding: object<Holding>({
    orderId: { type: 'string', format: 'uuid' },
    heldRevision: whole('The revision of the order whose lines are held.', 1),
    lines: list(
      object<Holding['lines'][number]>({ sku: text(), quantity: whole('Units.', 1) }, 'HoldingLine')
    ),
  }),
}

export const shownProduct: Product = {
  sku: 'MUG-RED',
  name: 'Red mug',
  price: { amount: 1250, currency: 'EUR' },
  availability: 'in',
  active: true,
  version: 3,
}

export const staffProduct: StaffProduct = {
  ...shownProduct,
  available: 40,
  lowStockAt: 5,
  barcodes: ['4006381333931'],
}

export const stockItem: ReturnType<typeof stockBody> = {
  sku: 'MUG-RED',
  name: 'Red mug',
  onHand: 43,
  reserved: 3,
  available: 40,
  lowStockAt: 5,
  version: 3,
}
