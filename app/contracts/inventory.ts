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

export const stockRestocked = says(
  'stock_restocked',
  vine.object({
    sku: vine.string(),
    quantity: vine.number({ strict: true }).withoutDecimals().min(1),
    onHand: vine.number({ strict: true }).withoutDecimals().min(0),
    reserved: vine.number({ strict: true }).withoutDecimals().min(0),
    reference: vine.string().nullable(),
  })
)
