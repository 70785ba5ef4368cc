/*
 * What inventory says on the topic `inventory`: answers keyed by order id, the catalogue and stock
 * levels keyed by SKU.
 */
import vine from '@vinejs/vine'
import { fields, keys } from './fields.ts'
import { defineMessage, type JsonSchema } from '../messaging/message.ts'

const { object, whole, text, revision, shortages } = fields

const saysOf =
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
const saysOfOrder = saysOf(keys.order)
const saysOfSku = saysOf(keys.sku)

const sku = () => text('The SKU, as in the key.')

const product = () =>
  object({
    sku: sku(),
    name: text('For people.'),
    price: fields.money(),
    active: fields.flag('Whether it can be ordered.'),
    version: whole('Of the product: the highest is the newest.', 1),
  })

export const productListed = saysOfSku('product_listed', 'There is a new product.', product())
export const productChanged = saysOfSku(
  'product_changed',
  'A product is as it says; also said of unchanged ones, so that a price list can be built anew.',
  product()
)

/** The revision whose lines are held, null when none are. */
const heldRevision = () =>
  whole('The revision whose lines are held; null when nothing is.', 1).nullable()

const plainAnswer = () => object({ revision: revision(), heldRevision: heldRevision() })

export const stockReserved = saysOfOrder(
  'stock_reserved',
  'The lines of the revision are held.',
  plainAnswer()
)
export const stockReleased = saysOfOrder(
  'stock_released',
  'Nothing is held for the order any more; it was cancelled.',
  plainAnswer()
)
export const stockDeducted = saysOfOrder(
  'stock_deducted',
  'What was held has left the building, and nothing is held any more.',
  plainAnswer()
)
export const stockRejected = saysOfOrder(
  'stock_rejected',
  'The lines of the revision could not be had; what was held stays held.',
  object({
    revision: revision(),
    heldRevision: heldRevision(),
    shortages: shortages('What was missing.'),
  })
)

const onHand = () => whole('Pieces that are there, after this.', 0)
const reserved = () => whole('Pieces of those that are held for orders.', 0)

/** A person has changed what is on hand, otherwise than by goods received. */
export const stockAdjusted = saysOfSku(
  'stock_adjusted',
  'What is on hand was corrected: adjusted, counted, imported, or a change taken back.',
  object({
    sku: sku(),
    cause: vine.enum(['adjust', 'count', 'import', 'reversal'] as const),
    delta: whole('By how many pieces, below zero for fewer.'),
    onHand: onHand(),
    reserved: reserved(),
    reason: text('Of an adjustment, else null.').nullable(),
    reference: text('A document, as who did it named it.').nullable(),
  })
)

/** No more are available than the mark; said once, and again only after there were more. */
export const stockLow = saysOfSku(
  'stock_low',
  'No more are available than the mark; said once, and again only after there were more.',
  object({
    sku: sku(),
    onHand: onHand(),
    reserved: reserved(),
    available: whole('On hand, less reserved.', 0),
    lowStockAt: whole('The mark.', 0),
  })
)

export const stockRestocked = saysOfSku(
  'stock_restocked',
  'Goods were received.',
  object({
    sku: sku(),
    quantity: whole('Pieces.', 1),
    onHand: onHand(),
    reserved: reserved(),
    reference: text('A document, as who did it named it.').nullable(),
  })
)
