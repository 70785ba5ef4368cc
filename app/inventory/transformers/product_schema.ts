/*
 * Products and balances as the API documents them.
 */
import {
  answer,
  flag,
  list,
  oneOf,
  orNull,
  ref,
  text,
  whole,
  type Schema,
} from '#http/openapi/schema'
import type { Holding } from '../find_stock.ts'
import type { productBody, stockBody } from './product_body.ts'

type Product = ReturnType<typeof productBody>
type StaffProduct = Extract<Product, { available: number }>

const product: Record<keyof Product, Schema> = {
  sku: text('The key, in upper case.'),
  name: text(),
  price: ref('Money'),
  availability: oneOf(
    ['in', 'low', 'out'],
    '`out`: nothing is available; `low`: no more than `lowStockAt`; `in`: more.'
  ),
  active: flag('Whether it is for sale.'),
  version: whole('The ETag.', 1),
}

const lowStockAt = orNull(
  whole('When no more than so many pieces are available, the stock is low; null: never.', 0)
)

export const stockSchemas: Record<string, Schema> = {
  Product: answer<Product>(product),
  StaffProduct: {
    ...answer<StaffProduct>({
      ...product,
      available: whole('Pieces that can be ordered.', 0),
      lowStockAt,
      barcodes: list(text()),
    }),
    description: 'A product as staff and services see it.',
  },
  StockItem: answer<ReturnType<typeof stockBody>>({
    sku: text(),
    name: text(),
    onHand: whole('Pieces on the shelf.', 0),
    reserved: whole('Pieces of them that orders hold.', 0),
    available: whole('The others.', 0),
    lowStockAt,
    version: whole('The ETag: of the product, not of the balances.', 1),
  }),
  Holding: answer<HoldingBody>({
    orderId: { type: 'string', format: 'uuid' },
    heldRevision: whole('The revision of the order whose lines are held.', 1),
    lines: list(answer<Holding['lines'][number]>({ sku: text(), quantity: whole('Pieces.', 1) })),
  }),
}

interface HoldingBody {
  orderId: string
  heldRevision: number
  lines: Holding['lines']
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
