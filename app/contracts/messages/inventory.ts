/*
 * The messages of inventory on the topic `inventory`: replies keyed by order id, products and stock levels
 * keyed by SKU.
 */
import vine from '@vinejs/vine'
import { fields, keys } from './fields.ts'
import { defineMessage, type JsonSchema } from '#messaging/message/message'

const { object, whole, text, revision, shortages } = fields

const defineWithKey =
  (keySchema: JsonSchema) =>
  <T extends Parameters<typeof vine.compile>[0]>(type: string, summary: string, data: T) =>
    defineMessage({
      module: 'inventory',
      type,
      version: 1,
      summary,
      keySchema,
      data: vine.compile(data),
    })
const defineForOrder = defineWithKey(keys.order)
const defineForSku = defineWithKey(keys.sku)

const sku = () => text('The SKU, as in the key.')

const product = () =>
  object({
    sku: sku(),
    name: text('The display name.'),
    price: fields.money(),
    active: fields.flag('Whether it can be ordered.'),
    version: whole('The version of the product; the highest is the newest.', 1),
  })

export const productListed = defineForSku('product_listed', 'A product was listed.', product())
export const productChanged = defineForSku(
  'product_changed',
  'The current state of a product. Also published for unchanged products, to rebuild price lists.',
  product()
)

const heldRevision = () =>
  whole('The revision whose lines are held; null if none are.', 1).nullable()

const plainReply = () => object({ revision: revision(), heldRevision: heldRevision() })

export const stockReserved = defineForOrder(
  'stock_reserved',
  'The lines of the revision are reserved.',
  plainReply()
)
export const stockReleased = defineForOrder(
  'stock_released',
  'The order was cancelled and holds nothing.',
  plainReply()
)
export const stockDeducted = defineForOrder(
  'stock_deducted',
  'What the order held was deducted from on hand. It holds nothing.',
  plainReply()
)
export const stockRejected = defineForOrder(
  'stock_rejected',
  'Stock does not suffice for the lines of the revision. The order keeps what it held.',
  object({
    revision: revision(),
    heldRevision: heldRevision(),
    shortages: shortages('The lines that stock could not meet.'),
  })
)

const onHand = () => whole('Units on hand after this change.', 0)
const reserved = () => whole('Units of these that orders hold.', 0)

/** On hand was changed by a person, except for goods received. */
export const stockAdjusted = defineForSku(
  'stock_adjusted',
  'On hand was corrected: adjusted, counted, imported, or a change undone.',
  object({
    sku: sku(),
    cause: vine.enum(['adjust', 'count', 'import', 'reversal'] as const),
    delta: whole('Change in units, negative for fewer.'),
    onHand: onHand(),
    reserved: reserved(),
    reason: text('The reason of an adjustment, otherwise null.').nullable(),
    reference: text('The document number that the person entered.').nullable(),
  })
)

export const stockLow = defineForSku(
  'stock_low',
  'Available units reached the low-stock level. Published once per crossing.',
  object({
    sku: sku(),
    onHand: onHand(),
    reserved: reserved(),
    available: whole('On hand minus reserved.', 0),
    lowStockAt: whole('The low-stock level.', 0),
  })
)

export const stockRestocked = defineForSku(
  'stock_restocked',
  'Goods were received.',
  object({
    sku: sku(),
    quantity: whole('Units.', 1),
    onHand: onHand(),
    reserved: reserved(),
    reference: text('The document number that the person entered.').nullable(),
  })
)
