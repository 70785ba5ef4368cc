import vine from '@vinejs/vine'
import { email, linklessText, describe, strictObject, text, webAddress, whole } from '#http/fields'
import { expectedTotal, lines, shipTo } from '../placing/validators.ts'

export const reviseOrderValidator = vine.compile(
  strictObject({
    lines: lines().use(describe('Replaces all lines of the order.')).optional(),
    email: email().use(describe('Customers can send only the e-mail of their account.')).optional(),
    name: linklessText(200).optional(),
    reference: text(64).use(describe('Null removes it.')).nullable().optional(),
    shipTo: shipTo().use(describe('Null removes it.')).nullable().optional(),
    expectedTotal: expectedTotal(),
  })
)

export const cancelOrderValidator = vine.compile(
  strictObject({ reason: text(500).nullable().optional() })
)

export const fulfilOrderValidator = vine.compile(
  strictObject({
    revision: whole({ min: 1, max: 2_147_483_647 }).use(
      describe(
        'The revision of the lines in the parcel: the `heldRevision` of the order, as printed on the slip.'
      )
    ),
    carrier: text(100).use(describe('The carrier of the parcel.')).nullable().optional(),
    trackingNumber: text(100).nullable().optional(),
    trackingUrl: webAddress(2_000)
      .use(describe('Where the customer can track the parcel.'))
      .nullable()
      .optional(),
  })
)
