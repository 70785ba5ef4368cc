/*
 * What orders says on the topic `orders`, keyed by order id. Inventory hears the first four: each
 * carries the target lines at a revision, what should be held for the order from now on.
 */
import vine from '@vinejs/vine'
import { fields } from './fields.ts'
import { defineMessage } from '../messaging/message.ts'

const says = <T extends Parameters<typeof vine.compile>[0]>(type: string, data: T) =>
  defineMessage({ module: 'orders', type, version: 1, data: vine.compile(data) })

export const orderPlaced = says(
  'order_placed',
  vine.object({ revision: fields.revision(), lines: fields.lines() })
)

export const orderRevised = says(
  'order_revised',
  vine.object({ revision: fields.revision(), lines: fields.lines() })
)

export const orderCancelled = says(
  'order_cancelled',
  vine.object({
    revision: fields.revision(),
    lines: fields.lines(),
    reason: vine.string().nullable(),
  })
)

export const orderFulfilled = says(
  'order_fulfilled',
  vine.object({
    revision: fields.revision(),
    lines: fields.lines(),
    deduct: vine.boolean({ strict: true }),
  })
)

/** At every settling: `lines` are those in force, `declined` the shortages of a refused change. */
export const orderConfirmed = says(
  'order_confirmed',
  vine.object({
    revision: fields.revision(),
    heldRevision: fields.revision(),
    lines: fields.lines(),
    declined: fields.shortages().nullable(),
  })
)

export const orderRejected = says(
  'order_rejected',
  vine.object({
    revision: fields.revision(),
    lines: fields.lines(),
    shortages: fields.shortages(),
  })
)
