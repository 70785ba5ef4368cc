/*
 * What inventory says on the topic `inventory`: answers keyed by order id, the catalogue and stock
 * levels keyed by SKU.
 */
import vine from '@vinejs/vine'
import { fields } from './fields.ts'
import { defineMessage } from '../messaging/message.ts'

const says = <T extends Parameters<typeof vine.compile>[0]>(type: string, data: T) =>
  defineMessage({ module: 'inventory', type, version: 1, data: vine.compile(data) })

const product = () =>
  vine.object({
    sku: vine.string(),
    name: vine.string(),
    price: fields.money(),
    active: vine.boolean({ strict: true }),
    version: vine.number({ strict: true }).withoutDecimals().min(1),
  })

export const productListed = says('product_listed', product())
export const productChanged = says('product_changed', product())

const answer = {
  revision: fields.revision,
  heldRevision: fields.heldRevision,
}
const plainAnswer = () =>
  vine.object({ revision: answer.revision(), heldRevision: answer.heldRevision() })

export const stockReserved = says('stock_reserved', plainAnswer())
export const stockReleased = says('stock_released', plainAnswer())
export const stockDeducted = says('stock_deducted', plainAnswer())
export const stockRejected = says(
  'stock_rejected',
  vine.object({
    revision: answer.revision(),
    heldRevision: answer.heldRevision(),
    shortages: fields.shortages(),
  })
)

const pieces = () => vine.number({ strict: true }).withoutDecimals()

/** A person has changed what is on hand, otherwise than by goods received. */
export const stockAdjusted = says(
  'stock_adjusted',
  vine.object({
    sku: vine.string(),
    cause: vine.enum(['adjust', 'count', 'import', 'reversal'] as const),
    delta: pieces(),
    onHand: pieces().min(0),
    reserved: pieces().min(0),
    /** Of an adjustment. */
    reason: vine.string().nullable(),
    reference: vine.string().nullable(),
  })
)

/** No more are available than the mark; said once, and again only after there were more. */
export const stockLow = says(
  'stock_low',
  vine.object({
    sku: vine.string(),
    onHand: pieces().min(0),
    reserved: pieces().min(0),
    available: pieces().min(0),
    lowStockAt: pieces().min(0),
  })
)

export const stockRestocked = says(
  'stock_restocked',
  vine.object({
    sku: vine.string(),
    quantity: pieces().min(1),
    onHand: pieces().min(0),
    reserved: pieces().min(0),
    reference: vine.string().nullable(),
  })
)
