import vine from '@vinejs/vine'
import { closed, email, money, sku, text, webAddress, whole } from '#http/fields'
import { flag, instant, several } from '#http/list_parameters'
import { listParameters } from '#http/pages'
import { STATUSES } from '../order_status.ts'

const HIGHEST_PRICE = 100_000_000

const line = () =>
  closed({
    sku: sku(),
    quantity: whole({ min: 1, max: 1_000_000 }),
    unitPrice: money(HIGHEST_PRICE).optional(),
  })

const lines = () => vine.array(line()).minLength(1).maxLength(100)

const shipTo = () =>
  closed({
    name: text(200),
    address: vine.array(text(200)).minLength(1).maxLength(5),
    country: vine.string().regex(/^[A-Z]{2}$/),
  })

export const placeOrderValidator = vine.compile(
  closed({
    lines: lines(),
    email: email().optional(),
    name: text(200).optional(),
    reference: text(64).nullable().optional(),
    customerId: vine.string().uuid().nullable().optional(),
    shipTo: shipTo().nullable().optional(),
    expectedTotal: money(Number.MAX_SAFE_INTEGER).optional(),
  })
)

export const reviseOrderValidator = vine.compile(
  closed({
    lines: lines().optional(),
    email: email().optional(),
    name: text(200).optional(),
    reference: text(64).nullable().optional(),
    shipTo: shipTo().nullable().optional(),
  })
)

export const cancelOrderValidator = vine.compile(
  closed({ reason: text(500).nullable().optional() })
)

export const fulfilOrderValidator = vine.compile(
  closed({
    revision: whole({ min: 1, max: 2_147_483_647 }),
    carrier: text(100).nullable().optional(),
    trackingNumber: text(100).nullable().optional(),
    trackingUrl: webAddress(2_000).nullable().optional(),
  })
)

export const orderListParameters = listParameters({
  status: several(vine.enum(STATUSES), STATUSES.length).optional(),
  customerId: vine.string().uuid().optional(),
  email: email().optional(),
  number: vine
    .string()
    .trim()
    .regex(/^(Q-)?\d{1,15}$/i)
    .optional(),
  reference: text(64).optional(),
  sku: sku().optional(),
  attention: flag().optional(),
  placedAfter: instant().optional(),
  placedBefore: instant().optional(),
  updatedAfter: instant().optional(),
})
